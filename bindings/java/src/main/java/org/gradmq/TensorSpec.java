package org.gradmq;

import java.util.Arrays;

/** Name and shape of one tensor of a model. Immutable. */
public final class TensorSpec {
    private final String name;
    private final long[] shape;
    private final long elements;
    private final long rows;

    /**
     * A tensor; whether name and shape are possible is looked at when a {@link Layout} is made.
     *
     * @param name unique in a layout
     * @param shape dimensions, row-major; none: a scalar
     */
    public TensorSpec(String name, long... shape) {
        this.name = name;
        this.shape = shape.clone();
        long product = 1;
        for (long dimension : shape) {
            product = multiply(product, dimension);
        }
        elements = product;
        rows = shape.length == 0 ? 1 : shape[0];
    }

    private static long multiply(long a, long b) {
        if (a < 0 || b < 0) {
            return -1;
        }
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        return high != 0 || low < 0 ? -1 : low;
    }

    /**
     * The tensor's name.
     *
     * @return unique in its layout
     */
    public String name() {
        return name;
    }

    /**
     * The dimensions.
     *
     * @return a copy; empty: a scalar
     */
    public long[] shape() {
        return shape.clone();
    }

    /**
     * How many dimensions.
     *
     * @return 0 for a scalar
     */
    public int rank() {
        return shape.length;
    }

    /**
     * The product of the dimensions.
     *
     * @return 1 for a scalar; -1 where it is beyond 63 bits
     */
    public long elements() {
        return elements;
    }

    /**
     * The first dimension.
     *
     * @return 1 for a scalar
     */
    public long rows() {
        return rows;
    }

    /**
     * Elements of a row: the product of all dimensions but the first.
     *
     * @return 1 for a scalar or a vector
     */
    public long row() {
        return rows <= 0 ? 0 : elements / rows;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorSpec that
                && name.equals(that.name)
                && Arrays.equals(shape, that.shape);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
