const MASK = (1n << 64n) - 1n;

/** Random numbers that are the same everywhere: SplitMix64. */
export class Random {
    constructor(private state: bigint) {}

    next(): bigint {
        this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK;
        let z = this.state;
        z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
        return z ^ (z >> 31n);
    }

    /** A whole number from 0, below `bound`. */
    below(bound: number): number {
        return Number(this.next() % BigInt(bound));
    }

    /** From -1 to 1. */
    signed(): number {
        return Number(this.next() >> 11n) * 2 ** -52 - 1;
    }

    shuffle(numbers: number[]): void {
        for (let i = numbers.length; i > 1; i--) {
            const j = this.below(i);
            const kept = numbers[i - 1] as number;
            numbers[i - 1] = numbers[j] as number;
            numbers[j] = kept;
        }
    }
}
