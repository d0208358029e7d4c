package org.gradmq;

import org.gradmq.internal.Numbers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * One tensor's share of a partial gradient: all of its elements, or some rows of them. What is
 * given is copied when it is pushed, and not before.
 */
public final class Part {
    private final String tensor;
    private final Object values;
    private final long[] rows;

    private Part(String tensor, Object values, long[] rows) {
        this.tensor = tensor;
        this.values = values;
        this.rows = rows;
    }

    /**
     * All elements of a tensor.
     *
     * @param tensor its name
     * @param values row-major
     * @return a part
     */
    public static Part of(String tensor, float[] values) {
        return new Part(tensor, FloatBuffer.wrap(values), null);
    }

    /**
     * All elements of a tensor.
     *
     * @param tensor its name
     * @param values row-major, from position to limit
     * @return a part
     */
    public static Part of(String tensor, FloatBuffer values) {
        return new Part(tensor, values.duplicate(), null);
    }

    /**
     * All elements of a tensor.
     *
     * @param tensor its name
     * @param values row-major
     * @return a part
     */
    public static Part of(String tensor, double[] values) {
        return new Part(tensor, DoubleBuffer.wrap(values), null);
    }

    /**
     * Some rows of a tensor. A row is all that has the same first index.
     *
     * @param tensor its name
     * @param rows strictly increasing
     * @param values these rows, one after the other
     * @return a part
     */
    public static Part rows(String tensor, long[] rows, float[] values) {
        return new Part(tensor, FloatBuffer.wrap(values), rows.clone());
    }

    /**
     * Some rows of a tensor.
     *
     * @param tensor its name
     * @param rows strictly increasing
     * @param values these rows, one after the other, from position to limit
     * @return a part
     */
    public static Part rows(String tensor, long[] rows, FloatBuffer values) {
        return new Part(tensor, values.duplicate(), rows.clone());
    }

    /**
     * Some rows of a tensor.
     *
     * @param tensor its name
     * @param rows strictly increasing
     * @param values these rows, one after the other
     * @return a part
     */
    public static Part rows(String tensor, long[] rows, double[] values) {
        return new Part(tensor, DoubleBuffer.wrap(values), rows.clone());
    }

    /**
     * The tensor's name.
     *
     * @return as it was given
     */
    public String tensor() {
        return tensor;
    }

    //  null: the whole tensor.
    long[] rows() {
        return rows;
    }

    DType dtype() {
        return values instanceof FloatBuffer ? DType.F32 : DType.F64;
    }

    long count() {
        return values instanceof FloatBuffer floats
                ? floats.remaining()
                : ((DoubleBuffer) values).remaining();
    }

    //  Writes at the position of a little-endian buffer.
    void write(ByteBuffer to, DType dtype) {
        Values.write(values, to, dtype);
    }

    /** Numbers of any kind into a payload. */
    static final class Values {
        private Values() {}

        static void write(Object values, ByteBuffer to, DType dtype) {
            int at = to.position();
            if (values instanceof FloatBuffer floats) {
                FloatBuffer from = floats.duplicate();
                int count = from.remaining();
                if (dtype == DType.F32) {
                    to.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(from);
                } else {
                    for (int i = 0; i < count; i++) {
                        Numbers.put(to, at + i * dtype.bytes(), dtype, from.get());
                    }
                }
                to.position(at + count * dtype.bytes());
            } else {
                DoubleBuffer from = ((DoubleBuffer) values).duplicate();
                int count = from.remaining();
                if (dtype == DType.F64) {
                    to.order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(from);
                } else {
                    for (int i = 0; i < count; i++) {
                        Numbers.put(to, at + i * dtype.bytes(), dtype, from.get());
                    }
                }
                to.position(at + count * dtype.bytes());
            }
        }
    }
}
