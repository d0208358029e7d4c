package org.gradmq;

import org.gradmq.internal.Numbers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * A model's parameters at one version. Immutable, and valid as long as it is referred to; with
 * {@link ConnectOptions#reuseParameters()} only until the next ones are asked for.
 */
public final class Parameters {
    private final Layout layout;
    private final DType dtype;
    private final long epoch;
    private final long version;
    private final ByteBuffer data;

    Parameters(Layout layout, DType dtype, long epoch, long version, ByteBuffer data) {
        this.layout = layout;
        this.dtype = dtype;
        this.epoch = epoch;
        this.version = version;
        this.data = data;
    }

    /**
     * Names and shapes.
     *
     * @return the model's layout at this version
     */
    public Layout layout() {
        return layout;
    }

    /**
     * The type of the elements.
     *
     * @return the stream's; of int8 F32
     */
    public DType dtype() {
        return dtype;
    }

    /**
     * The line of versions.
     *
     * @return a number that only grows
     */
    public long epoch() {
        return epoch;
    }

    /**
     * The version within its epoch.
     *
     * @return 0 when a model was just loaded
     */
    public long version() {
        return version;
    }

    /**
     * How many elements all tensors have.
     *
     * @return that of the layout
     */
    public int elements() {
        return Math.toIntExact(layout.elements());
    }

    /**
     * The packed parameters, without a copy.
     *
     * @return a read-only, little-endian view
     */
    public ByteBuffer bytes() {
        return data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * All parameters as floats; without a copy where they are F32, else converted.
     *
     * @return tensors one after the other
     */
    public FloatBuffer floats() {
        return floats(0, elements());
    }

    /**
     * One tensor as floats; without a copy where it is F32, else converted.
     *
     * @param tensor its name
     * @return row-major
     * @throws GradmqException NAME: there is none
     */
    public FloatBuffer floats(String tensor) {
        int index = layout.indexOf(tensor);
        return floats((int) layout.offset(index), (int) layout.tensors().get(index).elements());
    }

    private FloatBuffer floats(int first, int count) {
        if (dtype == DType.F32) {
            return bytes().asFloatBuffer().slice(first, count);
        }
        FloatBuffer to = FloatBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
            to.put(i, (float) Numbers.get(data, (first + i) * dtype.bytes(), dtype));
        }
        return to;
    }

    /**
     * All parameters as doubles; without a copy where they are F64, else converted.
     *
     * @return tensors one after the other
     */
    public DoubleBuffer doubles() {
        return doubles(0, elements());
    }

    /**
     * One tensor as doubles; without a copy where it is F64, else converted.
     *
     * @param tensor its name
     * @return row-major
     * @throws GradmqException NAME: there is none
     */
    public DoubleBuffer doubles(String tensor) {
        int index = layout.indexOf(tensor);
        return doubles((int) layout.offset(index), (int) layout.tensors().get(index).elements());
    }

    private DoubleBuffer doubles(int first, int count) {
        if (dtype == DType.F64) {
            return bytes().asDoubleBuffer().slice(first, count);
        }
        DoubleBuffer to = DoubleBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
            to.put(i, Numbers.get(data, (first + i) * dtype.bytes(), dtype));
        }
        return to;
    }

    /**
     * A copy of all parameters.
     *
     * @return tensors one after the other
     */
    public float[] toFloatArray() {
        float[] to = new float[elements()];
        floats().get(to);
        return to;
    }

    /**
     * A copy of all parameters.
     *
     * @return tensors one after the other
     */
    public double[] toDoubleArray() {
        double[] to = new double[elements()];
        doubles().get(to);
        return to;
    }

    @Override
    public String toString() {
        return "version " + version + " of epoch " + epoch + ", " + dtype;
    }
}
