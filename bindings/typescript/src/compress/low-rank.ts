import { type DtypeRow, type Floats, writeElements } from "../tensor/dtype.js";
import { Encoding, type Part } from "../tensor/encoding.js";
import type { TensorInfo } from "../tensor/layout.js";
import type { Method } from "./method.js";

//  PowerSGD: one step of power iteration a gradient, begun where the last one ended.
//  Source: Vogels, Karimireddy, Jaggi 2019, "PowerSGD", algorithms 1 and 2.

/** A column that loses this much of its length to those before it has no direction of its own. */
const LEAST_SHARE = 1e-6;

/** Something to go on from, the same each time. */
function seed(row: Float64Array, from: number): void {
    let state = BigInt(from);
    for (let j = 0; j < row.length; j++) {
        state = BigInt.asUintN(64, (state + BigInt(j) + 1n) * 6364136223846793005n + 1442695040888963407n);
        row[j] = Number(state >> 11n) / 2 ** 52 - 1;
    }
}

function length(left: Float64Array, m: number, r: number, k: number): number {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += (left[i * r + k] as number) ** 2;
    return Math.sqrt(sum);
}

/** Modified Gram-Schmidt on the columns; one without a direction of its own becomes 0. */
function orthonormal(left: Float64Array, m: number, r: number): void {
    for (let k = 0; k < r; k++) {
        const before = length(left, m, r, k);
        for (let j = 0; j < k; j++) {
            let along = 0;
            for (let i = 0; i < m; i++) along += (left[i * r + j] as number) * (left[i * r + k] as number);
            for (let i = 0; i < m; i++)
                left[i * r + k] = (left[i * r + k] as number) - along * (left[i * r + j] as number);
        }
        const after = length(left, m, r, k);
        const scale = after > LEAST_SHARE * before ? 1 / after : 0;
        const factor = Number.isFinite(scale) ? scale : 0;
        for (let i = 0; i < m; i++) left[i * r + k] = (left[i * r + k] as number) * factor;
    }
}

/** left = M right' */
function multiply(
    left: Float64Array,
    matrix: Floats,
    right: Float64Array,
    m: number,
    n: number,
    r: number,
): void {
    for (let i = 0; i < m; i++)
        for (let k = 0; k < r; k++) {
            let sum = 0;
            for (let j = 0; j < n; j++) sum += (matrix[i * n + j] as number) * (right[k * n + j] as number);
            left[i * r + k] = sum;
        }
}

/** right = left' M */
function multiplyBack(
    right: Float64Array,
    matrix: Floats,
    left: Floats,
    m: number,
    n: number,
    r: number,
): void {
    right.fill(0);
    for (let i = 0; i < m; i++)
        for (let k = 0; k < r; k++) {
            const factor = left[i * r + k] as number;
            for (let j = 0; j < n; j++)
                right[k * n + j] = (right[k * n + j] as number) + factor * (matrix[i * n + j] as number);
        }
}

/** Of each matrix two thin factors; other tensors go whole. */
export function lowRank(rank: number): Method {
    /** Right factors of the last gradient, by tensor: where the next one begins. */
    const warm = new Map<number, Float64Array>();
    return {
        encoding: Encoding.LOW_RANK,
        suits(tensor: TensorInfo, _master: DtypeRow): number | undefined {
            const { rows, row, elements, shape } = tensor;
            const shorter = rank < rows && rank < row && rank * (rows + row) < elements;
            return shape.length >= 2 && shorter ? rank : undefined;
        },
        encode(part: Part, from: Floats, payload: Buffer): void {
            const { rows: m, row: n, index } = part.tensor;
            let right = warm.get(index);
            if (right?.length !== n * rank) {
                right = new Float64Array(n * rank);
                warm.set(index, right);
            }
            for (let k = 0; k < rank; k++) {
                const row = right.subarray(k * n, (k + 1) * n);
                if (!row.some((value) => value !== 0)) seed(row, k);
            }
            const left = new Float64Array(m * rank);
            multiply(left, from, right, m, n, rank);
            orthonormal(left, m, rank);
            //  As it is sent: in the model's own dtype.
            const sent = from instanceof Float64Array ? left : Float32Array.from(left);
            multiplyBack(right, from, sent, m, n, rank);
            const middle = part.offset + m * rank * part.dtype.size;
            writeElements(payload.subarray(part.offset, middle), part.dtype.code, sent);
            writeElements(payload.subarray(middle, part.offset + part.bytes), part.dtype.code, right);
        },
    };
}
