package org.gradmq.internal;

import org.gradmq.DType;

import java.nio.ByteBuffer;

/** Elements of any type, in little-endian buffers. */
public final class Numbers {
    private Numbers() {}

    /** `count` elements from octet `at` on. */
    public static void read(
            ByteBuffer from, int at, DType dtype, double[] to, int first, int count) {
        for (int i = 0; i < count; i++) {
            to[first + i] = get(from, at + i * dtype.bytes(), dtype);
        }
    }

    public static double get(ByteBuffer from, int at, DType dtype) {
        return switch (dtype) {
            case F32 -> from.getFloat(at);
            case F64 -> from.getDouble(at);
            case F16 -> Halves.fromF16(from.getShort(at));
            case BF16 -> Halves.fromBf16(from.getShort(at));
        };
    }

    public static void put(ByteBuffer to, int at, DType dtype, double value) {
        switch (dtype) {
            case F32 -> to.putFloat(at, (float) value);
            case F64 -> to.putDouble(at, value);
            case F16 -> to.putShort(at, Halves.toF16(value));
            case BF16 -> to.putShort(at, Halves.toBf16(value));
        }
    }
}
