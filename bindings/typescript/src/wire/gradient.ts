import { create } from "@bufbuild/protobuf";

import { type Gradient, GradientSchema } from "../gen/gradmq/v1/gradient_pb.js";
import { Kind } from "../names.js";
import type { DtypeRow } from "../tensor/dtype.js";
import { Encoding, type Part } from "../tensor/encoding.js";
import { type BaseInput, wireBase } from "../tensor/parameters.js";

/** A number that is reported with a gradient. */
export interface Metric {
    readonly name: string;
    readonly value: number;
    readonly weight: number;
}

/** What a push says beyond the numbers, checked. */
export interface Said {
    readonly kind: number;
    readonly weight: number;
    readonly lossScale: number;
    readonly base: BaseInput | null | undefined;
    readonly clock: number | undefined;
    readonly lastOfClock: boolean;
    readonly metrics: readonly Metric[];
}

/** Who pushes, and what number it has. */
export interface Identity {
    readonly model: string;
    readonly worker: string;
    readonly incarnation: bigint;
    readonly sequence: number;
    readonly lowWater: number;
}

/** What stands in a gradient's header. `parts` undefined: every tensor, dense. */
export interface Content {
    readonly layoutId: bigint;
    /** Undefined: a skip. */
    readonly dtype: DtypeRow | undefined;
    /** The model's own dtype, which need not be stated. */
    readonly master: DtypeRow;
    readonly parts: readonly Part[] | undefined;
    readonly base: BaseInput | undefined;
}

function wirePart(part: Part) {
    return {
        tensor: part.tensor.index,
        dtype: part.dtype.code,
        bytes: BigInt(part.bytes),
        ...(part.encoding === Encoding.DENSE ? {} : { encoding: part.encoding }),
        ...(part.count ? { count: BigInt(part.count) } : {}),
    };
}

/** A gradient's header as a message. What is at its default is left out. */
export function makeGradient(identity: Identity, said: Said, content: Content): Gradient {
    const { clock, kind, lossScale, metrics, weight } = said;
    const { base, dtype, layoutId, master, parts } = content;
    return create(GradientSchema, {
        model: identity.model,
        worker: identity.worker,
        incarnation: identity.incarnation,
        sequence: BigInt(identity.sequence),
        lowWater: BigInt(identity.lowWater),
        layout: layoutId,
        ...(base ? { basedOn: wireBase(base) } : {}),
        ...(clock === undefined ? {} : { clock: BigInt(clock) }),
        ...(said.lastOfClock ? { lastOfClock: true } : {}),
        ...(kind === Kind.GRADIENT ? {} : { kind }),
        ...(weight === 1 ? {} : { weight }),
        ...(dtype && dtype !== master ? { dtype: dtype.code } : {}),
        ...(lossScale === 1 ? {} : { lossScale }),
        ...(parts ? { parts: parts.map(wirePart) } : {}),
        metrics: metrics.map((metric) => ({
            name: metric.name,
            value: metric.value,
            ...(metric.weight === 1 ? {} : { weight: metric.weight }),
        })),
    });
}
