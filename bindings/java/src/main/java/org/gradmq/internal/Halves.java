package org.gradmq.internal;

/**
 * binary16 and bfloat16, rounded to nearest, ties to even (N-3); a finite number that does not fit
 * becomes the greatest of its sign (U-7).
 */
public final class Halves {
    private static final int F16_INFINITY = 0x7c00;
    private static final int BF16_INFINITY = 0x7f80;

    private Halves() {}

    public static short toF16(double value) {
        return pack(value, 10, -14, F16_INFINITY);
    }

    public static short toBf16(double value) {
        return pack(value, 7, -126, BF16_INFINITY);
    }

    //  `digits` of the fraction; `least` exponent of a normal number.
    private static short pack(double value, int digits, int least, int infinity) {
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            return (short) (sign | infinity | 1 << digits - 1);
        }
        if (Double.isInfinite(value)) {
            return (short) (sign | infinity);
        }
        int exponent = Math.max(Math.getExponent(magnitude), least);
        //  Scaling by a power of two is exact, and rint rounds ties to even. A fraction that is
        //  rounded up to the next power carries into the exponent by itself.
        double fraction = Math.rint(Math.scalb(magnitude, digits - exponent));
        if (exponent > infinity >> digits) {
            return (short) (sign | infinity - 1);
        }
        long bits = ((long) (exponent - least) << digits) + (long) fraction;
        return (short) (sign | (int) Math.min(bits, infinity - 1));
    }

    public static float fromF16(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
        }
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
    }

    public static float fromBf16(short half) {
        return Float.intBitsToFloat(half << 16);
    }
}
