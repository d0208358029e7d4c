package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.TensorSpec;

import java.nio.ByteBuffer;

/** Octets with a scale for each block: |x - octet x scale| is at most scale / 2. */
final class Int8Method implements Compressor.Method {
    private static final double GREATEST_OCTET = 127;

    @Override
    public Encoding encoding() {
        return Encoding.INT8;
    }

    @Override
    public DType dtype(DType master) {
        return DType.F32;
    }

    @Override
    public long count(TensorSpec tensor, DType master) {
        return 0;
    }

    /** The least F32 that is not below a 127th of the greatest magnitude. */
    static float scale(double most) {
        if (most >= GREATEST_OCTET * Float.MAX_VALUE) {
            return Float.MAX_VALUE;
        }
        float scale = (float) (most / GREATEST_OCTET);
        return GREATEST_OCTET * scale < most ? Math.nextUp(scale) : scale;
    }

    @Override
    public void encode(double[] elements, int first, Slice slice, ByteBuffer to) {
        int count = (int) slice.spec().elements();
        int octets = (int) (slice.offset() + slice.headBytes());
        for (int block = 0; block < count; block += Encoding.BLOCK) {
            int end = Math.min(count, block + Encoding.BLOCK);
            double most = 0;
            for (int i = block; i < end; i++) {
                most = Math.max(most, Math.abs(elements[first + i]));
            }
            float scale = scale(most);
            to.putFloat((int) slice.offset() + block / Encoding.BLOCK * Encoding.HEAD_UNIT, scale);
            for (int i = block; i < end; i++) {
                double rounded = scale > 0 ? Math.rint(elements[first + i] / scale) : 0;
                byte octet = (byte) Math.max(-GREATEST_OCTET, Math.min(GREATEST_OCTET, rounded));
                to.put(octets + i, octet);
                elements[first + i] -= (double) scale * octet;
            }
        }
    }
}
