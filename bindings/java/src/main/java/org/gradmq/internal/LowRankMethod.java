package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.TensorSpec;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * PowerSGD: one step of power iteration a gradient, begun where the last one ended. After Vogels,
 * Karimireddy, Jaggi 2019, "PowerSGD", algorithms 1 and 2.
 */
final class LowRankMethod implements Compressor.Method {
    //  A column that loses this much of its length to those before it has no direction of its own.
    private static final double LEAST_SHARE = 1e-6;

    private final int rank;
    private final Map<Integer, double[]> warm = new HashMap<>();

    LowRankMethod(int rank) {
        this.rank = rank;
    }

    @Override
    public Encoding encoding() {
        return Encoding.LOW_RANK;
    }

    @Override
    public void prepare() {
        warm.clear();
    }

    //  Matrices whose factors are shorter than themselves.
    @Override
    public long count(TensorSpec tensor, DType master) {
        boolean suits =
                tensor.rank() >= 2
                        && rank < tensor.rows()
                        && rank < tensor.row()
                        && rank * (tensor.rows() + tensor.row()) < tensor.elements();
        return suits ? rank : -1;
    }

    @Override
    public void encode(double[] elements, int first, Slice slice, ByteBuffer to) {
        int m = (int) slice.spec().rows();
        int n = (int) slice.spec().row();
        double[] right = warm.computeIfAbsent(slice.tensor(), tensor -> new double[rank * n]);
        seed(right, n);
        double[] left = new double[m * rank];
        for (int i = 0; i < m; i++) {
            for (int k = 0; k < rank; k++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += elements[first + i * n + j] * right[k * n + j];
                }
                left[i * rank + k] = sum;
            }
        }
        orthonormal(left, m);
        int at = (int) slice.offset();
        round(left, slice.dtype(), to, at);
        Arrays.fill(right, 0);
        for (int i = 0; i < m; i++) {
            for (int k = 0; k < rank; k++) {
                double by = left[i * rank + k];
                for (int j = 0; j < n; j++) {
                    right[k * n + j] += by * elements[first + i * n + j];
                }
            }
        }
        round(right, slice.dtype(), to, at + left.length * slice.dtype().bytes());
        for (int i = 0; i < m; i++) {
            for (int k = 0; k < rank; k++) {
                double by = left[i * rank + k];
                for (int j = 0; j < n; j++) {
                    elements[first + i * n + j] -= by * right[k * n + j];
                }
            }
        }
    }

    //  Write numbers, and keep what was written.
    private static void round(double[] numbers, DType dtype, ByteBuffer to, int at) {
        for (int i = 0; i < numbers.length; i++) {
            Numbers.put(to, at + i * dtype.bytes(), dtype, numbers[i]);
            numbers[i] = Numbers.get(to, at + i * dtype.bytes(), dtype);
        }
    }

    //  A row that has nothing to go on from; the same on every machine.
    private void seed(double[] right, int n) {
        for (int k = 0; k < rank; k++) {
            boolean empty = true;
            for (int j = 0; j < n && empty; j++) {
                empty = right[k * n + j] == 0;
            }
            if (empty) {
                SplittableRandom random = new SplittableRandom(k);
                for (int j = 0; j < n; j++) {
                    right[k * n + j] = random.nextDouble() * 2 - 1;
                }
            }
        }
    }

    private double length(double[] left, int m, int k) {
        double sum = 0;
        for (int i = 0; i < m; i++) {
            sum += left[i * rank + k] * left[i * rank + k];
        }
        return Math.sqrt(sum);
    }

    //  Modified Gram-Schmidt; a column without a direction of its own becomes 0.
    private void orthonormal(double[] left, int m) {
        for (int k = 0; k < rank; k++) {
            double before = length(left, m, k);
            for (int j = 0; j < k; j++) {
                double along = 0;
                for (int i = 0; i < m; i++) {
                    along += left[i * rank + j] * left[i * rank + k];
                }
                for (int i = 0; i < m; i++) {
                    left[i * rank + k] -= along * left[i * rank + j];
                }
            }
            double length = length(left, m, k);
            double scale = length > LEAST_SHARE * before ? 1 / length : 0;
            for (int i = 0; i < m; i++) {
                left[i * rank + k] *= Double.isFinite(scale) ? scale : 0;
            }
        }
    }
}
