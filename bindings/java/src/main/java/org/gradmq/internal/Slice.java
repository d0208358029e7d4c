package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;

/** One part of a payload: what it says of which tensor, and where its octets stand. */
public record Slice(
        TensorSpec spec,
        int tensor,
        Encoding encoding,
        DType dtype,
        long count,
        long offset,
        long bytes) {

    /** A part with the length that its encoding makes it; ARGUMENT, UNSUPPORTED, LENGTH. */
    public static Slice of(
            Layout layout, int tensor, Encoding encoding, DType dtype, long count, long offset) {
        TensorSpec spec = layout.tensors().get(tensor);
        long bytes = encoding.bytes(spec, dtype, count);
        return new Slice(spec, tensor, encoding, dtype, count, offset, bytes);
    }

    /** Octets of indices or scales. */
    public long headBytes() {
        return encoding.headBytes(spec, count);
    }

    /** Octets of one element. */
    public int elementBytes() {
        return encoding.elementBytes(dtype);
    }

    /** Does octet `at` of the part begin an element, an index or a scale, or is it the end? */
    public boolean boundary(long at) {
        long head = headBytes();
        return at < head ? at % Encoding.HEAD_UNIT == 0 : (at - head) % elementBytes() == 0;
    }
}
