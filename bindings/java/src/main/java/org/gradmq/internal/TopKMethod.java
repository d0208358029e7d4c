package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.TensorSpec;

import java.nio.ByteBuffer;

/** The k greatest magnitudes of each tensor; of equal ones those with the lower index. */
final class TopKMethod implements Compressor.Method {
    private static final long U32_MAX = 0xffffffffL;

    private final double fraction;
    private double[] magnitudes = {};

    TopKMethod(double fraction) {
        this.fraction = fraction;
    }

    @Override
    public Encoding encoding() {
        return Encoding.TOP_K;
    }

    @Override
    public void prepare() {
        magnitudes = new double[0];
    }

    @Override
    public long count(TensorSpec tensor, DType master) {
        long count = Math.max(1, (long) Math.ceil(fraction * tensor.elements()));
        boolean shorter =
                count * (Encoding.HEAD_UNIT + master.bytes()) < tensor.elements() * master.bytes();
        return shorter && tensor.elements() <= U32_MAX ? count : -1;
    }

    @Override
    public void encode(double[] elements, int first, Slice slice, ByteBuffer to) {
        int n = (int) slice.spec().elements();
        int k = (int) slice.count();
        double least = kthGreatest(elements, first, n, k);
        int above = 0;
        for (int i = 0; i < n; i++) {
            above += Math.abs(elements[first + i]) > least ? 1 : 0;
        }
        int equal = k - above;
        int index = (int) slice.offset();
        int value = (int) (slice.offset() + slice.headBytes());
        int size = slice.dtype().bytes();
        for (int i = 0; i < n; i++) {
            double magnitude = Math.abs(elements[first + i]);
            boolean takes = magnitude > least || magnitude == least && equal-- > 0;
            if (takes) {
                to.putInt(index, i);
                Numbers.put(to, value, slice.dtype(), elements[first + i]);
                elements[first + i] -= Numbers.get(to, value, slice.dtype());
                index += Encoding.HEAD_UNIT;
                value += size;
            }
        }
    }

    //  Quickselect on a copy, in O(n) on average.
    private double kthGreatest(double[] elements, int first, int n, int k) {
        if (magnitudes.length < n) {
            magnitudes = new double[n];
        }
        for (int i = 0; i < n; i++) {
            magnitudes[i] = Math.abs(elements[first + i]);
        }
        int low = 0;
        int high = n - 1;
        int wanted = n - k;
        while (low < high) {
            double pivot =
                    middle(magnitudes[low], magnitudes[(low + high) >>> 1], magnitudes[high]);
            int i = low;
            int j = high;
            while (i <= j) {
                while (magnitudes[i] < pivot) {
                    i++;
                }
                while (magnitudes[j] > pivot) {
                    j--;
                }
                if (i <= j) {
                    double swapped = magnitudes[i];
                    magnitudes[i++] = magnitudes[j];
                    magnitudes[j--] = swapped;
                }
            }
            if (wanted <= j) {
                high = j;
            } else if (wanted >= i) {
                low = i;
            } else {
                break;
            }
        }
        return magnitudes[wanted];
    }

    private static double middle(double a, double b, double c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }
}
