import { type Floats, writeElements } from "../tensor/dtype.js";
import { Encoding, type Part } from "../tensor/encoding.js";
import type { Method } from "./method.js";

/** Whole, for tensors that another method would not make shorter. */
export const dense: Method = {
    encoding: Encoding.DENSE,
    suits: () => 0,
    encode(part: Part, from: Floats, payload: Buffer): void {
        writeElements(payload.subarray(part.offset, part.offset + part.bytes), part.dtype.code, from);
    },
};
