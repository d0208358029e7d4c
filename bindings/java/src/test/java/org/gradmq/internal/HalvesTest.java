package org.gradmq.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalvesTest {
    @Test
    void everyF16ComesBack() {
        for (int bits = 0; bits <= 0xffff; bits++) {
            float value = Halves.fromF16((short) bits);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(Halves.fromF16(Halves.toF16(value))));
            } else {
                assertEquals((short) bits, Halves.toF16(value), "bits " + bits);
            }
        }
    }

    @Test
    void everyBf16ComesBack() {
        for (int bits = 0; bits <= 0xffff; bits++) {
            float value = Halves.fromBf16((short) bits);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(Halves.fromBf16(Halves.toBf16(value))));
            } else {
                assertEquals((short) bits, Halves.toBf16(value), "bits " + bits);
            }
        }
    }

    @Test
    void tiesGoToEven() {
        assertEquals(0x3c00, Halves.toF16(1 + 0x1p-11));
        assertEquals(0x3c02, Halves.toF16(1 + 3 * 0x1p-11));
        assertEquals(0x3c01, Halves.toF16(Math.nextUp(1 + 0x1p-11)));
        assertEquals(0x0000, Halves.toF16(0x1p-25));
        assertEquals(0x0001, Halves.toF16(Math.nextUp(0x1p-25)));
        assertEquals(0x0400, Halves.toF16(0x1p-14 - 0x1p-26));
        assertEquals(0x3f80, Halves.toBf16(1 + 0x1p-8));
        assertEquals(0x3f82, Halves.toBf16(1 + 3 * 0x1p-8));
    }

    @Test
    void nothingIsRoundedTwice() {
        //  To F32 first, this would become a tie, and then even.
        assertEquals(0x3c01, Halves.toF16(1 + 0x1p-11 + 0x1p-40));
    }

    @Test
    void finiteStaysFinite() {
        assertEquals(0x7bff, Halves.toF16(1e300));
        assertEquals((short) 0xfbff, Halves.toF16(-65520));
        assertEquals(0x7f7f, Halves.toBf16(Double.MAX_VALUE));
        assertEquals(0x7c00, Halves.toF16(Double.POSITIVE_INFINITY));
        assertEquals((short) 0xff80, Halves.toBf16(Double.NEGATIVE_INFINITY));
    }
}
