package digits;

/**
 * Minibatches of one worker's part of the images: all of the part in a random order, then again.
 */
final class Batch {
    private static final double NOISE = 0.35;
    private static final long SEEDS = 1000;

    /** Some images with a little noise, so that none comes twice. */
    record Some(float[][] pixels, int[] labels) {}

    private final Images images;
    private final int[] order;
    private final int size;
    private final Dice dice;
    private int next;

    /** Images part, part + parts, part + 2 parts ... */
    Batch(Images images, int part, int parts, int size, long seed) {
        this.images = images;
        this.size = size;
        this.dice = new Dice(SEEDS + seed);
        int count = (images.labels.length - part + parts - 1) / parts;
        if (part < 0 || part >= parts || count < size) {
            throw new IllegalArgumentException(
                    "part " + (part + 1) + " of " + parts + " has fewer images than a batch");
        }
        order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = part + i * parts;
        }
        next = count;
    }

    Some next() {
        if (order.length - next < size) {
            dice.shuffle(order);
            next = 0;
        }
        float[][] pixels = new float[size][];
        int[] labels = new int[size];
        for (int i = 0; i < size; i++) {
            int image = order[next++];
            pixels[i] = images.pixels[image].clone();
            labels[i] = images.labels[image];
            for (int k = 0; k < pixels[i].length; k++) {
                pixels[i][k] += (float) (NOISE * dice.signed());
            }
        }
        return new Some(pixels, labels);
    }
}
