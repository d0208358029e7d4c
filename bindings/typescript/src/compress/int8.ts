import { Dtype, type Floats } from "../tensor/dtype.js";
import { Encoding, HEAD_UNIT, INT8_BLOCK, type Part } from "../tensor/encoding.js";
import type { Method } from "./method.js";

const MOST = 127;
const bits = new DataView(new ArrayBuffer(4));

/** The least binary32 number that is not below a positive one. */
function roundUp(value: number): number {
    const nearest = Math.fround(value);
    if (nearest >= value) return nearest;
    bits.setFloat32(0, nearest);
    bits.setUint32(0, bits.getUint32(0) + 1);
    return bits.getFloat32(0);
}

/** To the nearest whole number, ties to even. */
function roundEven(value: number): number {
    const rounded = Math.round(value);
    return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Octets with a scale for 256 of them (section 5 of the protocol). */
export const int8: Method = {
    encoding: Encoding.INT8,
    dtype: Dtype.F32,
    suits: () => 0,
    encode(part: Part, from: Floats, payload: Buffer): void {
        let octet = part.offset + part.head;
        for (let start = 0, block = 0; start < from.length; start += INT8_BLOCK, block++) {
            const end = Math.min(start + INT8_BLOCK, from.length);
            let greatest = 0;
            for (let i = start; i < end; i++) greatest = Math.max(greatest, Math.abs(from[i] as number));
            const scale = roundUp(greatest / MOST);
            payload.writeFloatLE(scale, part.offset + block * HEAD_UNIT);
            for (let i = start; i < end; i++) {
                const value = scale > 0 ? roundEven((from[i] as number) / scale) : 0;
                payload.writeInt8(Math.max(-MOST, Math.min(MOST, value)), octet++);
            }
        }
    },
};
