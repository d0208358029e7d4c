package org.gradmq.internal;

import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.Compression;
import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;

class CompressorTest {
    private static final Layout LAYOUT =
            Layout.of(DType.F32, new TensorSpec("m", 20, 30), new TensorSpec("v", 10));

    private static double[] encode(Compressor compressor, float[] gradient) {
        ByteBuffer to = payload(compressor);
        compressor.encode(FloatBuffer.wrap(gradient), 1, to);
        return decode(compressor, to);
    }

    private static ByteBuffer payload(Compressor compressor) {
        return ByteBuffer.allocate((int) compressor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static double[] decode(Compressor compressor, ByteBuffer payload) {
        double[] all = new double[(int) LAYOUT.elements()];
        for (Slice slice : compressor.slices()) {
            Payloads.checkIndices(payload, slice);
            double[] part = Payloads.decode(payload, slice);
            System.arraycopy(part, 0, all, (int) LAYOUT.offset(slice.tensor()), part.length);
        }
        return all;
    }

    private static float[] random(long seed) {
        Random random = new Random(seed);
        float[] values = new float[(int) LAYOUT.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Compressor of(Compression how) {
        Compressor compressor = new Compressor(how);
        compressor.prepare(LAYOUT);
        return compressor;
    }

    @Test
    void int8IsWithinHalfAScale() {
        float[] values = random(1);
        double[] got = encode(of(Compression.int8()), values);
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], got[i], 5.0 / 127 / 2);
        }
    }

    @Test
    void scalesAreTheLeastThatAreNotBelow() {
        assertEquals(1f, Int8Method.scale(127));
        assertTrue(127.0 * Int8Method.scale(Math.nextUp(127.0)) >= Math.nextUp(127.0));
        assertEquals(0f, Int8Method.scale(0));
        assertEquals(Float.MIN_VALUE, Int8Method.scale(Float.MIN_VALUE));
        assertEquals(Float.MAX_VALUE, Int8Method.scale(Double.MAX_VALUE));
    }

    @Test
    void topKTakesTheGreatestAndTheLowerIndexOfEqualOnes() {
        float[] values = new float[(int) LAYOUT.elements()];
        values[5] = -9;
        for (int i = 10; i < 60; i++) {
            values[i] = 2;
        }
        double[] got = encode(of(Compression.topK(0.01)), values);
        assertEquals(-9, got[5]);
        assertEquals(2, got[10]);
        assertEquals(2, got[14]);
        assertEquals(0, got[15]);
    }

    @Test
    void lowRankFindsWhatHasLowRank() {
        float[] values = new float[(int) LAYOUT.elements()];
        for (int i = 0; i < 600; i++) {
            values[i] = (i / 30 + 1) * 0.1f * (i % 30 - 7);
        }
        double[] got = encode(of(Compression.lowRank(2)), values);
        for (int i = 0; i < 600; i++) {
            assertEquals(values[i], got[i], 1e-4);
        }
    }

    @Test
    void whatIsLeftOutComesLater() {
        for (Compression how :
                new Compression[] {
                    Compression.int8(), Compression.topK(0.1), Compression.lowRank(2)
                }) {
            Compressor compressor = of(how);
            float[] values = random(2);
            double[] sum = encode(compressor, values);
            for (int step = 0; step < 40; step++) {
                double[] more = encode(compressor, new float[values.length]);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += more[i];
                }
            }
            for (int i = 0; i < sum.length; i++) {
                assertEquals(values[i], sum[i], 1e-3, how.method().name());
            }
        }
    }

    @Test
    void whatWasNotUsedGoesAgainOnce() {
        Compressor compressor = of(Compression.int8());
        float[] values = random(3);
        ByteBuffer lost = payload(compressor);
        compressor.encode(FloatBuffer.wrap(values), 1, lost);
        compressor.giveBack(new Returned(compressor.generation(), lost));
        compressor.giveBack(new Returned(compressor.generation() + 1, lost));
        double[] got = encode(compressor, new float[values.length]);
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], got[i], 5.0 / 127);
        }
    }

    @Test
    void withoutFeedbackNothingStays() {
        Compressor compressor = of(Compression.topK(0.01).withoutFeedback());
        encode(compressor, random(4));
        assertArrayEquals(
                new double[(int) LAYOUT.elements()],
                encode(compressor, new float[(int) LAYOUT.elements()]));
    }

    @Test
    void nonFiniteChangesNothing() {
        Compressor compressor = of(Compression.int8());
        float[] bad = random(5);
        bad[600] = Float.NaN;
        GradmqException e = assertThrows(GradmqException.class, () -> encode(compressor, bad));
        assertEquals(ErrorCode.NON_FINITE, e.code());
        assertArrayEquals(new double[bad.length], encode(compressor, new float[bad.length]));
    }

    @Test
    void badOptionsAreRefused() {
        refused(ErrorCode.ARGUMENT, () -> Compression.topK(0));
        refused(ErrorCode.ARGUMENT, () -> Compression.topK(Double.NaN));
        refused(ErrorCode.ARGUMENT, () -> Compression.lowRank(0));
    }
}
