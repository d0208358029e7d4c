package digits;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A network of one hidden layer, 64 - 128 - 10: rectified linear, then softmax, trained on cross
 * entropy. Its parameters are packed: hidden.weight, hidden.bias, output.weight, output.bias; a
 * weight has a row for each output of its layer.
 */
final class Network {
    private static final int HIDDEN = 128;
    private static final int HIDDEN_BIAS = HIDDEN * Images.PIXELS;
    private static final int OUTPUT_WEIGHT = HIDDEN_BIAS + HIDDEN;
    private static final int OUTPUT_BIAS = OUTPUT_WEIGHT + Images.CLASSES * HIDDEN;
    static final int PARAMETERS = OUTPUT_BIAS + Images.CLASSES;

    private final float[] weights = new float[PARAMETERS];
    private final float[][] hidden;
    private final float[] slope = new float[HIDDEN];

    Network(int batch) {
        hidden = new float[batch][HIDDEN];
    }

    /** The mean loss of some images; `gradient` becomes its derivative by the parameters. */
    double gradient(FloatBuffer parameters, Batch.Some some, float[] gradient) {
        parameters.get(0, weights);
        Arrays.fill(gradient, 0);
        double loss = 0;
        int count = some.labels().length;
        for (int image = 0; image < count; image++) {
            forward(some.pixels()[image], hidden[image]);
            double[] scores = scores(hidden[image]);
            loss += softmax(scores, some.labels()[image]);
            backward(some.pixels()[image], hidden[image], scores, count, gradient);
        }
        return loss / count;
    }

    private void forward(float[] pixels, float[] out) {
        for (int h = 0; h < HIDDEN; h++) {
            float sum = weights[HIDDEN_BIAS + h];
            for (int p = 0; p < pixels.length; p++) {
                sum += weights[h * Images.PIXELS + p] * pixels[p];
            }
            out[h] = Math.max(0, sum);
        }
    }

    private double[] scores(float[] layer) {
        double[] scores = new double[Images.CLASSES];
        for (int c = 0; c < scores.length; c++) {
            scores[c] = weights[OUTPUT_BIAS + c];
            for (int h = 0; h < HIDDEN; h++) {
                scores[c] += weights[OUTPUT_WEIGHT + c * HIDDEN + h] * layer[h];
            }
        }
        return scores;
    }

    //  The loss; scores become what their softmax is off the truth.
    private static double softmax(double[] scores, int label) {
        double most = Arrays.stream(scores).max().orElseThrow();
        double sum = Arrays.stream(scores).map(score -> Math.exp(score - most)).sum();
        double loss = Math.log(sum) + most - scores[label];
        for (int c = 0; c < scores.length; c++) {
            scores[c] = Math.exp(scores[c] - most) / sum - (c == label ? 1 : 0);
        }
        return loss;
    }

    private void backward(
            float[] pixels, float[] layer, double[] off, int count, float[] gradient) {
        Arrays.fill(slope, 0);
        for (int c = 0; c < off.length; c++) {
            float by = (float) (off[c] / count);
            gradient[OUTPUT_BIAS + c] += by;
            for (int h = 0; h < HIDDEN; h++) {
                gradient[OUTPUT_WEIGHT + c * HIDDEN + h] += by * layer[h];
                slope[h] += by * weights[OUTPUT_WEIGHT + c * HIDDEN + h];
            }
        }
        for (int h = 0; h < HIDDEN; h++) {
            if (layer[h] <= 0) {
                continue;
            }
            gradient[HIDDEN_BIAS + h] += slope[h];
            for (int p = 0; p < pixels.length; p++) {
                gradient[h * Images.PIXELS + p] += slope[h] * pixels[p];
            }
        }
    }
}
