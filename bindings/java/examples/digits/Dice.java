package digits;

/** Random numbers that are the same everywhere for the same seed: SplitMix64. */
final class Dice {
    private long state;

    Dice(long seed) {
        state = seed;
    }

    private long next() {
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** At least 0, below the bound. */
    int below(int bound) {
        return (int) Long.remainderUnsigned(next(), bound);
    }

    /** From the interval [-1, 1). */
    double signed() {
        return (next() >>> 11) * 0x1p-52 - 1;
    }

    /** Put numbers in a random order. */
    void shuffle(int[] numbers) {
        for (int i = numbers.length; i > 1; i--) {
            int other = below(i);
            int swapped = numbers[i - 1];
            numbers[i - 1] = numbers[other];
            numbers[other] = swapped;
        }
    }
}
