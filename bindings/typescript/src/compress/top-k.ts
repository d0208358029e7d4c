import { type DtypeRow, type Floats, writeElements } from "../tensor/dtype.js";
import { Encoding, HEAD_UNIT, type Part } from "../tensor/encoding.js";
import type { TensorInfo } from "../tensor/layout.js";
import type { Method } from "./method.js";

const INDICES_MOST = 2 ** 32 - 1;

/** Of numbers in any order the one that has `k` - 1 greater or equal ones; orders them partly. */
function kthGreatest(numbers: Float64Array, k: number): number {
    let low = 0;
    let high = numbers.length - 1;
    const wanted = k - 1;
    while (low < high) {
        const pivot = numbers[(low + high) >> 1] as number;
        let i = low;
        let j = high;
        while (i <= j) {
            while ((numbers[i] as number) > pivot) i++;
            while ((numbers[j] as number) < pivot) j--;
            if (i <= j) {
                const kept = numbers[i] as number;
                numbers[i++] = numbers[j] as number;
                numbers[j--] = kept;
            }
        }
        if (wanted <= j) high = j;
        else if (wanted >= i) low = i;
        else break;
    }
    return numbers[wanted] as number;
}

/** Indices of the `k` greatest magnitudes, ascending; of equal ones those with the lower index. */
export function greatest(from: Floats, k: number): Uint32Array {
    const magnitudes = Float64Array.from(from, Math.abs);
    const least = kthGreatest(magnitudes, k);
    let ties = k;
    for (const value of from) if (Math.abs(value) > least) ties--;
    const indices = new Uint32Array(k);
    let count = 0;
    for (let i = 0; count < k; i++) {
        const size = Math.abs(from[i] as number);
        if (size > least || (size === least && ties-- > 0)) indices[count++] = i;
    }
    return indices;
}

/** Of each tensor a share of its elements, one at least. */
export function topK(fraction: number): Method {
    return {
        encoding: Encoding.TOP_K,
        suits(tensor: TensorInfo, master: DtypeRow): number | undefined {
            const count = Math.max(1, Math.ceil(fraction * tensor.elements));
            const shorter = count * (HEAD_UNIT + master.size) < tensor.elements * master.size;
            return shorter && tensor.elements <= INDICES_MOST ? count : undefined;
        },
        encode(part: Part, from: Floats, payload: Buffer): void {
            const indices = greatest(from, part.count);
            const values = from.slice(0, part.count);
            indices.forEach((index, i) => {
                payload.writeUInt32LE(index, part.offset + i * HEAD_UNIT);
                values[i] = from[index] as number;
            });
            const at = part.offset + part.head;
            writeElements(payload.subarray(at, part.offset + part.bytes), part.dtype.code, values);
        },
    };
}
