package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Payloads: whether their frames are right, where to cut them, what they stand for. */
public final class Payloads {
    private Payloads() {}

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    /** One DENSE part for each tensor. */
    public static List<Slice> whole(Layout layout, DType dtype) {
        return whole(layout, Encoding.DENSE, dtype);
    }

    public static List<Slice> whole(Layout layout, Encoding encoding, DType dtype) {
        List<Slice> slices = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < layout.tensors().size(); i++) {
            Slice slice = Slice.of(layout, i, encoding, dtype, 0, offset);
            slices.add(slice);
            offset += slice.bytes();
        }
        return slices;
    }

    /** Octets of all parts. */
    public static long bytes(List<Slice> slices) {
        if (slices.isEmpty()) {
            return 0;
        }
        Slice last = slices.get(slices.size() - 1);
        return last.offset() + last.bytes();
    }

    /** Do frames of these lengths hold these parts? FRAMES, LENGTH, ALIGNMENT (W-11 to W-13). */
    public static void checkFrames(long[] frames, List<Slice> slices) {
        if (frames.length > Limits.PAYLOAD_FRAMES) {
            throw refuse(ErrorCode.FRAMES, "the payload has " + frames.length + " frames");
        }
        long total = 0;
        for (long frame : frames) {
            if (frame == 0) {
                throw refuse(ErrorCode.LENGTH, "a frame of the payload is empty");
            }
            total += frame;
        }
        if (total != bytes(slices)) {
            throw refuse(
                    ErrorCode.LENGTH,
                    "the payload has " + total + " bytes; its header makes it " + bytes(slices));
        }
        long end = 0;
        int at = 0;
        for (long frame : frames) {
            end += frame;
            while (at < slices.size() && slices.get(at).offset() + slices.get(at).bytes() <= end) {
                at++;
            }
            if (at < slices.size()
                    && end > slices.get(at).offset()
                    && !slices.get(at).boundary(end - slices.get(at).offset())) {
                throw refuse(
                        ErrorCode.ALIGNMENT, "a frame ends inside an element, an index or a scale");
            }
        }
    }

    /** Are indices increasing and in range? ARGUMENT (L-6). */
    public static void checkIndices(ByteBuffer payload, Slice slice) {
        if (slice.encoding() != Encoding.ROWS && slice.encoding() != Encoding.TOP_K) {
            return;
        }
        TensorSpec spec = slice.spec();
        long most = slice.encoding() == Encoding.ROWS ? spec.rows() : spec.elements();
        long before = -1;
        for (long i = 0; i < slice.count(); i++) {
            long index = index(payload, slice, i);
            if (index <= before || index >= most) {
                throw refuse(
                        ErrorCode.ARGUMENT,
                        "tensor "
                                + spec.name()
                                + ": index "
                                + index
                                + " behind "
                                + before
                                + "; they increase, and stay below "
                                + most);
            }
            before = index;
        }
    }

    private static long index(ByteBuffer payload, Slice slice, long i) {
        return payload.getInt((int) (slice.offset() + i * Encoding.HEAD_UNIT)) & 0xffffffffL;
    }

    /** Where the frames of a payload end: about every CUT_BYTES, never inside an element. */
    public static int[] cut(List<Slice> slices) {
        List<Integer> ends = new ArrayList<>();
        long begun = 0;
        long total = bytes(slices);
        for (Slice slice : slices) {
            long end = slice.offset() + slice.bytes();
            while (end - begun > Limits.CUT_BYTES) {
                long cut = boundaryBelow(slice, begun + Limits.CUT_BYTES);
                ends.add((int) cut);
                begun = cut;
            }
        }
        if (begun < total) {
            ends.add((int) total);
        }
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    private static long boundaryBelow(Slice slice, long at) {
        if (at <= slice.offset()) {
            return slice.offset();
        }
        long inside = at - slice.offset();
        long head = slice.headBytes();
        if (inside < head) {
            return slice.offset() + inside / Encoding.HEAD_UNIT * Encoding.HEAD_UNIT;
        }
        long element = slice.elementBytes();
        return slice.offset() + head + (inside - head) / element * element;
    }

    /** All elements of the part's tensor, 0 where it has none. */
    public static double[] decode(ByteBuffer payload, Slice slice) {
        TensorSpec spec = slice.spec();
        double[] to = new double[Math.toIntExact(spec.elements())];
        int at = (int) (slice.offset() + slice.headBytes());
        switch (slice.encoding()) {
            case DENSE -> Numbers.read(payload, at, slice.dtype(), to, 0, to.length);
            case ROWS -> {
                int row = (int) spec.row();
                for (int i = 0; i < slice.count(); i++) {
                    int first = (int) index(payload, slice, i) * row;
                    int from = at + i * row * slice.dtype().bytes();
                    Numbers.read(payload, from, slice.dtype(), to, first, row);
                }
            }
            case TOP_K -> {
                for (int i = 0; i < slice.count(); i++) {
                    int from = at + i * slice.dtype().bytes();
                    int element = (int) index(payload, slice, i);
                    Numbers.read(payload, from, slice.dtype(), to, element, 1);
                }
            }
            case INT8 -> {
                for (int i = 0; i < to.length; i++) {
                    int scale = (int) slice.offset() + i / Encoding.BLOCK * Encoding.HEAD_UNIT;
                    to[i] = (double) payload.getFloat(scale) * payload.get(at + i);
                }
            }
            case LOW_RANK -> lowRank(payload, slice, to);
        }
        return to;
    }

    private static void lowRank(ByteBuffer payload, Slice slice, double[] to) {
        int rank = (int) slice.count();
        int rows = (int) slice.spec().rows();
        int row = (int) slice.spec().row();
        double[] left = new double[rows * rank];
        double[] right = new double[rank * row];
        int at = (int) slice.offset();
        Numbers.read(payload, at, slice.dtype(), left, 0, left.length);
        at += left.length * slice.dtype().bytes();
        Numbers.read(payload, at, slice.dtype(), right, 0, right.length);
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < rank; k++) {
                for (int j = 0; j < row; j++) {
                    to[i * row + j] += left[i * rank + k] * right[k * row + j];
                }
            }
        }
    }
}
