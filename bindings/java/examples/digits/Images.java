package digits;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Images to train on: pixels from 0 to 1, and the digit that each shows. */
final class Images {
    static final int PIXELS = 64;
    static final int CLASSES = 10;
    private static final float DARKEST = 16;
    private static final int HELD_OUT = 5;
    private static final long SPLIT_SEED = 1;

    final float[][] pixels;
    final int[] labels;

    private Images(float[][] pixels, int[] labels) {
        this.pixels = pixels;
        this.labels = labels;
    }

    /**
     * Read a file of lines of 64 numbers and a digit; every fifth image of each class is left out.
     */
    static Images read(Path file) throws IOException {
        List<float[]> pixels = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] numbers = line.split(",");
            if (numbers.length != PIXELS + 1) {
                throw new IOException(file + ": not 64 numbers and a digit: " + line);
            }
            float[] image = new float[PIXELS];
            for (int i = 0; i < PIXELS; i++) {
                image[i] = Integer.parseInt(numbers[i]) / DARKEST;
            }
            pixels.add(image);
            labels.add(Integer.parseInt(numbers[PIXELS]));
        }
        return split(pixels, labels);
    }

    //  The same split in every process and language: by class, and within a class at random.
    private static Images split(List<float[]> pixels, List<Integer> labels) {
        Dice dice = new Dice(SPLIT_SEED);
        List<Integer> order = new ArrayList<>();
        for (int label = 0; label < CLASSES; label++) {
            List<Integer> these = new ArrayList<>();
            for (int i = 0; i < labels.size(); i++) {
                if (labels.get(i) == label) {
                    these.add(i);
                }
            }
            int[] shuffled = these.stream().mapToInt(Integer::intValue).toArray();
            dice.shuffle(shuffled);
            for (int one : shuffled) {
                order.add(one);
            }
        }
        List<float[]> trained = new ArrayList<>();
        List<Integer> truth = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            if (i % HELD_OUT != 0) {
                trained.add(pixels.get(order.get(i)));
                truth.add(labels.get(order.get(i)));
            }
        }
        return new Images(
                trained.toArray(float[][]::new),
                truth.stream().mapToInt(Integer::intValue).toArray());
    }
}
