package org.gradmq.internal;

import org.gradmq.Compression;
import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Compressed gradients with error feedback: what a push leaves out stays here and goes with a later
 * one. No sockets. p = residual + g; send D = C (p); residual = p - D.
 *
 * <p>After Seide et al. 2014 and Karimireddy et al. 2019, "Error Feedback Fixes SignSGD", algorithm
 * 2. Encoding is its caller's turn by turn; what comes back may come from any thread.
 */
public final class Compressor {
    private static long generations;

    private final Compression how;
    private final Method method;
    private final Queue<Returned> returned = new ConcurrentLinkedQueue<>();
    private Layout layout;
    private long generation;
    private List<Slice> slices = List.of();
    private double[] residual;

    public Compressor(Compression how) {
        this.how = how;
        this.method =
                switch (how.method()) {
                    case INT8 -> new Int8Method();
                    case TOP_K -> new TopKMethod(how.fraction());
                    case LOW_RANK -> new LowRankMethod(how.rank());
                };
    }

    private static synchronized long nextGeneration() {
        return ++generations;
    }

    /** Get ready for gradients of this layout; where it is another one, nothing remains; MEMORY. */
    public void prepare(Layout of) {
        if (layout != null && layout.id() == of.id()) {
            return;
        }
        if (of.elements() > Integer.MAX_VALUE - 8) {
            throw GradmqException.of(
                    ErrorCode.TOO_LARGE, "a model of so many elements cannot be compressed here");
        }
        try {
            residual = new double[(int) of.elements()];
        } catch (OutOfMemoryError e) {
            throw new GradmqException(
                    ErrorCode.MEMORY, "no memory for a residual of the model's size", e);
        }
        layout = of;
        generation = nextGeneration();
        method.prepare();
        List<Slice> plan = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < of.tensors().size(); i++) {
            Slice slice = plan(i, offset);
            plan.add(slice);
            offset += slice.bytes();
        }
        slices = plan;
    }

    private Slice plan(int index, long offset) {
        TensorSpec tensor = layout.tensors().get(index);
        DType master = layout.dtype();
        long count = method.count(tensor, master);
        if (count < 0) {
            return Slice.of(layout, index, Encoding.DENSE, master, 0, offset);
        }
        return Slice.of(layout, index, method.encoding(), method.dtype(master), count, offset);
    }

    /** The parts of every gradient that is pushed. */
    public List<Slice> slices() {
        return slices;
    }

    /** Which pushes the residual knows of. */
    public long generation() {
        return generation;
    }

    /** Octets of a payload. */
    public long bytes() {
        return Payloads.bytes(slices);
    }

    /** A payload was not used: what it held goes with a later one. Any thread. */
    public void giveBack(Returned payload) {
        returned.add(payload);
    }

    /**
     * Encode residual + factor x data; NON_FINITE, and nothing is changed.
     *
     * @param data FloatBuffer or DoubleBuffer, as long as the model
     */
    public void encode(Object data, double factor, ByteBuffer to) {
        takeBack();
        Source source = source(data);
        double most = layout.dtype() == DType.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        for (int i = 0; i < residual.length; i++) {
            if (!(Math.abs(residual[i] + factor * source.get(i)) <= most)) {
                throw GradmqException.of(
                        ErrorCode.NON_FINITE,
                        "a value of the gradient is not finite, or too large to compute with; it"
                                + " was not pushed");
            }
        }
        for (int i = 0; i < residual.length; i++) {
            residual[i] += factor * source.get(i);
        }
        for (Slice slice : slices) {
            int first = (int) layout.offset(slice.tensor());
            if (slice.encoding() == Encoding.DENSE) {
                dense(slice, first, to);
            } else {
                method.encode(residual, first, slice, to);
            }
        }
        if (!how.feedback()) {
            java.util.Arrays.fill(residual, 0);
        }
    }

    private interface Source {
        double get(int index);
    }

    private static Source source(Object data) {
        if (data instanceof FloatBuffer floats) {
            int at = floats.position();
            return i -> floats.get(at + i);
        }
        DoubleBuffer doubles = (DoubleBuffer) data;
        int at = doubles.position();
        return i -> doubles.get(at + i);
    }

    private void dense(Slice slice, int first, ByteBuffer to) {
        int at = (int) slice.offset();
        int size = slice.dtype().bytes();
        for (int i = 0; i < slice.spec().elements(); i++) {
            Numbers.put(to, at + i * size, slice.dtype(), residual[first + i]);
            residual[first + i] -= Numbers.get(to, at + i * size, slice.dtype());
        }
    }

    private void takeBack() {
        for (Returned one = returned.poll(); one != null; one = returned.poll()) {
            if (one.generation() != generation || !how.feedback()) {
                continue;
            }
            for (Slice slice : slices) {
                int first = (int) layout.offset(slice.tensor());
                double[] held = Payloads.decode(one.payload(), slice);
                for (int i = 0; i < held.length; i++) {
                    residual[first + i] += held[i];
                }
            }
        }
    }

    /** A way to compress. */
    interface Method {
        Encoding encoding();

        /** The type of its parts. */
        default DType dtype(DType master) {
            return master;
        }

        /** The count of a part for this tensor; -1: the tensor goes as it is. */
        long count(TensorSpec tensor, DType master);

        /** A model of another layout begins. */
        default void prepare() {}

        /** Write the part that stands for the elements from `first` on, and take it from them. */
        void encode(double[] elements, int first, Slice slice, ByteBuffer to);
    }
}
