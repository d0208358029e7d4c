import { GradmqError } from "../errors.js";
import type { Base } from "../gen/gradmq/v1/types_pb.js";
import { Dtype, type DtypeRow, dtypeOf, type Floats, makeFloats } from "./dtype.js";
import { Encoding, streamParts } from "./encoding.js";
import type { Layout } from "./layout.js";
import { framesBytes, readPacked } from "./payload.js";

/** Names of the streams that this library reads, with how they are encoded. */
const STREAMS: Readonly<Record<string, { encoding: number; dtype: number }>> = {
    f32: { encoding: Encoding.DENSE, dtype: Dtype.F32 },
    f64: { encoding: Encoding.DENSE, dtype: Dtype.F64 },
    f16: { encoding: Encoding.DENSE, dtype: Dtype.F16 },
    bf16: { encoding: Encoding.DENSE, dtype: Dtype.BF16 },
    int8: { encoding: Encoding.INT8, dtype: Dtype.F32 },
};

/** Refuse a stream that this library does not read: UNSUPPORTED. */
export function checkStream(stream: string): void {
    if (!(stream in STREAMS))
        throw new GradmqError(
            "UNSUPPORTED",
            `this library does not read the stream ${stream}; it reads ${Object.keys(STREAMS).join(", ")}`,
        );
}

/** One tensor of some parameters. */
export interface ParameterTensor {
    readonly name: string;
    /** Its dimensions, row-major; none: a scalar. */
    readonly shape: readonly number[];
    /** Its elements: a view into the parameters' `data`. */
    readonly data: Float32Array | Float64Array;
}

/**
 * A model's parameters at one version. They are the caller's own: nothing changes them later, and nobody minds
 * when they are changed.
 */
export class Parameters {
    /** The line of versions that they belong to. */
    readonly epoch: bigint;
    /** Their version. */
    readonly version: number;
    /** The tensors' names and shapes. */
    readonly layout: Layout;
    /** All tensors packed, one after the other in the layout's order, row-major. */
    readonly data: Float32Array | Float64Array;
    private views: ReadonlyMap<string, ParameterTensor> | undefined;

    /** `data` is packed, `layout.elements` long, and not copied. */
    constructor(layout: Layout, data: Floats, epoch: bigint, version: number) {
        this.layout = layout;
        this.data = data;
        this.epoch = epoch;
        this.version = version;
    }

    /** The tensors by name, in the layout's order, as views into `data`. */
    get tensors(): ReadonlyMap<string, ParameterTensor> {
        this.views ??= new Map(
            this.layout.tensors.map(({ name, shape, first, elements }) => [
                name,
                { name, shape, data: this.data.subarray(first, first + elements) },
            ]),
        );
        return this.views;
    }

    /** One tensor's elements, as a view into `data`. Refused with LAYOUT where there is none of that name. */
    tensor(name: string): Float32Array | Float64Array {
        const found = this.tensors.get(name);
        if (!found) throw new GradmqError("LAYOUT", `the model has no tensor ${name}`);
        return found.data;
    }
}

/** What a message says of the parameters that come with it. */
export interface Described {
    readonly epoch: bigint;
    readonly version: number;
    readonly layoutId: bigint;
    /** 0: the master dtype. */
    readonly dtype: number;
    /** 0: DENSE. */
    readonly encoding: number;
}

/**
 * Read a payload into numbers: f16 and bf16 become f32, and so does int8. Refused with UNSUPPORTED and LENGTH.
 */
export function readParameters(layout: Layout, told: Described, frames: readonly Uint8Array[]): Parameters {
    const dtype: DtypeRow | undefined = told.dtype ? dtypeOf(told.dtype) : layout.master;
    const encoding = told.encoding || Encoding.DENSE;
    const known = Object.values(STREAMS).some(
        (row) => row.encoding === encoding && row.dtype === dtype?.code,
    );
    if (!dtype || !known)
        throw new GradmqError(
            "UNSUPPORTED",
            `the parameters came in dtype ${told.dtype} and encoding ${told.encoding}; this library reads the ` +
                `streams ${Object.keys(STREAMS).join(", ")}`,
        );
    const parts = streamParts(layout, encoding, dtype);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (framesBytes(frames) !== bytes)
        throw new GradmqError(
            "LENGTH",
            `the parameters came with ${framesBytes(frames)} bytes, and ${layout.elements} elements have ${bytes}`,
        );
    const data = makeFloats(dtype.code === Dtype.F64 ? Dtype.F64 : Dtype.F32, layout.elements);
    readPacked(parts, frames, data);
    return new Parameters(layout, data, told.epoch, told.version);
}

/** Parameters, or just where they stand. */
export interface BaseInput {
    readonly epoch: bigint;
    readonly version: number;
}

/** A base as messages have it. */
export function wireBase({ epoch, version }: BaseInput): Pick<Base, "epoch" | "version"> {
    return { epoch, version: BigInt(version) };
}
