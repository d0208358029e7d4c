package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Whole parameters as they came: what a header said of them, and the frames. They are put together
 * only for who wants them.
 */
public record Arrival(
        long epoch,
        long version,
        long layoutId,
        int dtypeCode,
        int encodingCode,
        List<byte[]> frames) {

    /** What a payload of this stream holds for a layout; UNSUPPORTED, LENGTH, ALIGNMENT. */
    private List<Slice> slices(Layout layout) {
        DType dtype = dtypeCode == 0 ? layout.dtype() : DType.of(dtypeCode);
        Encoding encoding = encodingCode == 0 ? Encoding.DENSE : Encoding.of(encodingCode);
        if (dtype == null || encoding != Encoding.DENSE && encoding != Encoding.INT8) {
            throw GradmqException.of(
                    ErrorCode.UNSUPPORTED,
                    "the parameters came in dtype "
                            + dtypeCode
                            + " and encoding "
                            + encodingCode
                            + "; this library reads the streams f32, f64, f16, bf16 and int8");
        }
        List<Slice> slices = Payloads.whole(layout, encoding, dtype);
        long[] lengths = frames.stream().mapToLong(frame -> frame.length).toArray();
        Payloads.checkFrames(lengths, slices);
        return slices;
    }

    /** The type that the elements have when they are put together. */
    public DType dtype(Layout layout) {
        DType dtype = dtypeCode == 0 ? layout.dtype() : DType.of(dtypeCode);
        return dtype == null ? layout.dtype() : dtype;
    }

    /**
     * All elements, packed, in memory of `reuse` where that is as long.
     *
     * @return little-endian
     */
    public ByteBuffer assemble(Layout layout, ByteBuffer reuse) {
        List<Slice> slices = slices(layout);
        boolean octets = slices.get(0).encoding() == Encoding.INT8;
        long bytes = layout.elements() * dtype(layout).bytes();
        if (bytes > Integer.MAX_VALUE) {
            throw GradmqException.of(
                    ErrorCode.TOO_LARGE,
                    "parameters of " + bytes + " bytes; a buffer of Java holds less than 2 GiB");
        }
        ByteBuffer to =
                reuse != null && reuse.capacity() == bytes
                        ? reuse.clear()
                        : ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (octets) {
            decode(slices, joined(), to);
        } else {
            frames.forEach(to::put);
        }
        return to.flip();
    }

    private ByteBuffer joined() {
        int total = frames.stream().mapToInt(frame -> frame.length).sum();
        ByteBuffer to = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        frames.forEach(to::put);
        return to.flip();
    }

    private static void decode(List<Slice> slices, ByteBuffer from, ByteBuffer to) {
        for (Slice slice : slices) {
            int scales = (int) slice.offset();
            int octets = scales + (int) slice.headBytes();
            int count = (int) slice.spec().elements();
            for (int i = 0; i < count; i++) {
                float scale = from.getFloat(scales + i / Encoding.BLOCK * Encoding.HEAD_UNIT);
                to.putFloat(scale * from.get(octets + i));
            }
        }
    }
}
