/** Element types by the names that the library uses. */
export type DtypeName = "f32" | "f64" | "f16" | "bf16";

/** Numbers of element types on the wire. */
export const Dtype = { F32: 1, F64: 2, F16: 3, BF16: 4 } as const;

/** Numbers that a model, or a gradient, can consist of in memory. */
export type Floats = Float32Array | Float64Array;

export interface DtypeRow {
    readonly code: number;
    readonly name: DtypeName;
    readonly size: number;
    /** Whether a model can be held in it. */
    readonly master: boolean;
}

const ROWS: readonly DtypeRow[] = [
    { code: Dtype.F32, name: "f32", size: 4, master: true },
    { code: Dtype.F64, name: "f64", size: 8, master: true },
    { code: Dtype.F16, name: "f16", size: 2, master: false },
    { code: Dtype.BF16, name: "bf16", size: 2, master: false },
];

export function dtypeOf(code: number): DtypeRow | undefined {
    return ROWS.find((row) => row.code === code);
}

export function dtypeNamed(name: string): DtypeRow | undefined {
    return ROWS.find((row) => row.name === name);
}

/** Room for so many elements, not cleared. */
export function makeFloats(code: number, count: number): Floats {
    const f64 = code === Dtype.F64;
    const buffer = Buffer.allocUnsafeSlow(count * (f64 ? 8 : 4)).buffer as ArrayBuffer;
    return f64 ? new Float64Array(buffer) : new Float32Array(buffer);
}

/** The octets of an array, as a view. */
export function octetsOf(array: ArrayBufferView): Buffer {
    return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

const scratch = new DataView(new ArrayBuffer(8));

/** The binary16 number nearest to `value`, ties to even, as its 16 bits; of what is too large the greatest finite. */
export function toF16(value: number): number {
    scratch.setFloat64(0, value);
    const high = scratch.getUint32(0);
    const sign = (high >>> 16) & 0x8000;
    const size = Math.abs(value);
    if (Number.isNaN(value)) return sign | 0x7e00;
    if (size >= 65520) return sign | (size === Number.POSITIVE_INFINITY ? 0x7c00 : 0x7bff);
    if (size < 2 ** -14) return sign | nearestEven(size * 2 ** 24);
    const exponent = ((high >>> 20) & 0x7ff) - 1023;
    //  1024 to 2047, and 2048 where it is rounded up into the next power of two.
    const mantissa = nearestEven(size * 2 ** (10 - exponent));
    return sign | (((exponent + 14) << 10) + mantissa);
}

/** A number at least 0 and far below 2^52, rounded to nearest, ties to even. */
function nearestEven(value: number): number {
    return value + 2 ** 52 - 2 ** 52;
}

export function fromF16(bits: number): number {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const mantissa = bits & 0x3ff;
    if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** The bfloat16 number nearest to `value` as binary32, ties to even; of what is too large the greatest finite. */
export function toBf16(value: number): number {
    scratch.setFloat32(0, value);
    const bits = scratch.getUint32(0);
    if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
    const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
    return (rounded & 0x7fff) === 0x7f80 && Number.isFinite(value) ? rounded - 1 : rounded;
}

export function fromBf16(bits: number): number {
    scratch.setUint32(0, bits << 16);
    return scratch.getFloat32(0);
}

/** Write numbers as elements of a dtype, rounded to nearest, ties to even. `to` has room for all. */
export function writeElements(to: Buffer, code: number, values: Floats): void {
    const view = new DataView(to.buffer, to.byteOffset, to.byteLength);
    const own = values instanceof Float64Array ? Dtype.F64 : Dtype.F32;
    if (code === own && littleEndian) {
        to.set(octetsOf(values));
        return;
    }
    for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        if (code === Dtype.F32) view.setFloat32(i * 4, value, true);
        else if (code === Dtype.F64) view.setFloat64(i * 8, value, true);
        else view.setUint16(i * 2, code === Dtype.F16 ? toF16(value) : toBf16(value), true);
    }
}

/** Read elements of a dtype as numbers, exactly; `from` may stand anywhere in memory. */
export function readElements(to: Floats, code: number, from: Uint8Array): void {
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
    const own = to instanceof Float64Array ? Dtype.F64 : Dtype.F32;
    if (code === own && littleEndian) {
        octetsOf(to).set(from);
        return;
    }
    for (let i = 0; i < to.length; i++) {
        if (code === Dtype.F32) to[i] = view.getFloat32(i * 4, true);
        else if (code === Dtype.F64) to[i] = view.getFloat64(i * 8, true);
        else {
            const bits = view.getUint16(i * 2, true);
            to[i] = code === Dtype.F16 ? fromF16(bits) : fromBf16(bits);
        }
    }
}

/** Memory is as the wire is, so that numbers can be copied as octets. */
export const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
