import type { DtypeRow, Floats } from "../tensor/dtype.js";
import type { Part } from "../tensor/encoding.js";
import type { TensorInfo } from "../tensor/layout.js";

/** A way to compress one tensor. Numbers are of the model's own dtype. */
export interface Method {
    readonly encoding: number;
    /** Dtype of its parts; undefined: the model's own. */
    readonly dtype?: number;
    /** Does it go with this tensor, and with what count? Undefined: the tensor goes whole. */
    suits(tensor: TensorInfo, master: DtypeRow): number | undefined;
    /** Write the part that stands for `from`, at its place in the payload. */
    encode(part: Part, from: Floats, payload: Buffer): void;
}
