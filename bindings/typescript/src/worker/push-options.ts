import { GradmqError } from "../errors.js";
import { METRICS } from "../limits.js";
import { Kind } from "../names.js";
import type { DtypeName } from "../tensor/dtype.js";
import type { BaseInput } from "../tensor/parameters.js";
import type { Metric, Said } from "../wire/gradient.js";
import { metricNameValid } from "../wire/name.js";

/** What a push carries: a gradient (async, bsp, ssp), or under merge a change of parameters, or parameters. */
export type PushKind = "gradient" | "delta" | "modelParameters";

/** A number that is reported with a gradient: the value, or the value with its weight. */
export type MetricInput = number | { readonly value: number; readonly weight?: number };

/** What a push may say beyond the numbers. */
export interface PushOptions {
    /** What the numbers are sent as; by default what they are given as. */
    dtype?: DtypeName | undefined;
    /** Its share in a step that weighs; above 0, 1 by default. */
    weight?: number | undefined;
    /** The coordinator divides by it; above 0, 1 by default. */
    lossScale?: number | undefined;
    /**
     * The parameters that it was made from; by default those that this worker was given last. `null`: none is
     * stated, and it is taken in any epoch with this layout.
     */
    base?: BaseInput | null | undefined;
    /** Which clock it belongs to: under bsp the round, under ssp 1 + `stats.clock`. By default one of its own. */
    clock?: number | undefined;
    /** With `clock`: whether it is the last one of it. */
    lastOfClock?: boolean | undefined;
    /** Numbers that are reported with it, such as the loss, by name. */
    metrics?: Readonly<Record<string, MetricInput>> | undefined;
    /** What it is; a gradient by default. */
    kind?: PushKind | undefined;
    /**
     * `false`: send straight from the caller's arrays, which must not change until it is settled. By default they
     * are copied, and are the caller's again when the call returns.
     */
    copy?: boolean | undefined;
}

const KINDS: Readonly<Record<PushKind, number>> = {
    gradient: Kind.GRADIENT,
    delta: Kind.DELTA,
    modelParameters: Kind.MODEL_PARAMETERS,
};

function positive(value: number | undefined, what: string): number {
    const number = value ?? 1;
    if (!(number > 0 && Number.isFinite(number)))
        throw new GradmqError("ARGUMENT", `${what} is ${number}; it has to be finite and above 0`);
    return number;
}

function checkMetrics(metrics: Readonly<Record<string, MetricInput>>): Metric[] {
    const entries = Object.entries(metrics);
    if (entries.length > METRICS)
        throw new GradmqError("ARGUMENT", `${entries.length} metrics are given; ${METRICS} can go`);
    return entries.map(([name, input]) => {
        const { value, weight } = typeof input === "number" ? { value: input, weight: undefined } : input;
        if (!metricNameValid(name))
            throw new GradmqError(
                "NAME",
                `${JSON.stringify(name)} is no name of a metric: 1 to 64 bytes of UTF-8 without control characters`,
            );
        if (!Number.isFinite(value))
            throw new GradmqError("ARGUMENT", `metric ${name} is ${value}; it has to be finite`);
        return { name, value, weight: positive(weight, `the weight of metric ${name}`) };
    });
}

/** Check what a caller says. Refused with ARGUMENT and NAME. */
export function checkPush(options: PushOptions, otherwise: PushKind = "gradient"): Said {
    const kind = KINDS[options.kind ?? otherwise];
    if (kind === undefined)
        throw new GradmqError(
            "ARGUMENT",
            `there is no kind ${options.kind}: ${Object.keys(KINDS).join(", ")} are there`,
        );
    const { clock } = options;
    if (clock !== undefined && !(Number.isSafeInteger(clock) && clock >= 0))
        throw new GradmqError("ARGUMENT", `clock ${clock} is not a whole number of at least 0`);
    return {
        kind,
        weight: positive(options.weight, "weight"),
        lossScale: positive(options.lossScale, "lossScale"),
        base: options.base,
        clock,
        lastOfClock: options.lastOfClock ?? false,
        metrics: checkMetrics(options.metrics ?? {}),
    };
}
