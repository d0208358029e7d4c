/**
 * A 64-bit number of a message as a JavaScript number. Counts, versions and times never get near 2^53; one
 * beyond it, which no honest peer sends, becomes the greatest exact number.
 */
export function toNumber(value: bigint): number {
    return value > MOST ? Number.MAX_SAFE_INTEGER : Number(value);
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER);
