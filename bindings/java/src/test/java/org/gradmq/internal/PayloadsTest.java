package org.gradmq.internal;

import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;

class PayloadsTest {
    private static final int MIB = Limits.CUT_BYTES;

    private static void checkCut(List<Slice> slices) {
        int[] ends = Payloads.cut(slices);
        long[] lengths = new long[ends.length];
        for (int i = 0; i < ends.length; i++) {
            lengths[i] = ends[i] - (i == 0 ? 0 : ends[i - 1]);
            assertTrue(lengths[i] <= MIB, "a frame of " + lengths[i]);
        }
        Payloads.checkFrames(lengths, slices);
    }

    @Test
    void framesEndWhereElementsDo() {
        Layout odd =
                Layout.of(
                        DType.F32,
                        new TensorSpec("odd", 3, 174763),
                        new TensorSpec("one"),
                        new TensorSpec("wide", 1 << 19));
        checkCut(Payloads.whole(odd, DType.F64));
        checkCut(Payloads.whole(odd, DType.F16));
        checkCut(Payloads.whole(odd, Encoding.INT8, DType.F32));
        Slice halves = Slice.of(odd, 1, Encoding.DENSE, DType.F16, 0, 0);
        Slice rows = Slice.of(odd, 2, Encoding.ROWS, DType.F64, 300_001, halves.bytes());
        checkCut(List.of(halves, rows));
    }

    @Test
    void whatIsEmptyHasNoFrames() {
        assertArrayEquals(new int[0], Payloads.cut(List.of()));
        assertEquals(0, Payloads.bytes(List.of()));
    }

    @Test
    void smallOnesAreOneFrame() {
        Layout layout = Layout.of(DType.F32, new TensorSpec("w", 10));
        assertArrayEquals(new int[] {40}, Payloads.cut(Payloads.whole(layout, DType.F32)));
    }

    @Test
    void sendsExactlyTheFrames() {
        ByteBuffer payload = ByteBuffer.allocateDirect(100);
        for (int i = 0; i < 100; i++) {
            payload.put(i, (byte) i);
        }
        List<ByteBuffer> frames = Sockets.frames(payload, new int[] {40, 96});
        assertEquals(List.of(40, 56), frames.stream().map(ByteBuffer::capacity).toList());
        assertEquals(40, frames.get(1).get(0));
    }

    @Test
    void hugeShapesAreRefused() {
        refused(
                ErrorCode.SHAPE,
                () -> Layout.of(DType.F32, new TensorSpec("w", 1L << 21, 1L << 20)));
        refused(
                ErrorCode.SHAPE,
                () -> Layout.of(DType.F32, new TensorSpec("w", 1L << 62, 1L << 62)));
        TensorSpec[] many = new TensorSpec[8192];
        for (int i = 0; i < many.length; i++) {
            many[i] = new TensorSpec("tensor " + i + " " + "x".repeat(115), 1);
        }
        refused(ErrorCode.TOO_LARGE, () -> Layout.of(DType.F32, many));
    }

    @Test
    void arrivalsAreChecked() {
        Layout layout = Layout.of(DType.F32, new TensorSpec("w", 3));
        Arrival good =
                new Arrival(1, 0, layout.id(), 3, 1, List.of(new byte[] {0, 60}, new byte[4]));
        assertEquals(6, good.assemble(layout, null).remaining());
        Arrival cut = new Arrival(1, 0, layout.id(), 3, 1, List.of(new byte[1], new byte[5]));
        refused(ErrorCode.ALIGNMENT, () -> cut.assemble(layout, null));
        Arrival shorter = new Arrival(1, 0, layout.id(), 3, 1, List.of(new byte[4]));
        refused(ErrorCode.LENGTH, () -> shorter.assemble(layout, null));
        Arrival unknown = new Arrival(1, 0, layout.id(), 9, 1, List.of(new byte[6]));
        refused(ErrorCode.UNSUPPORTED, () -> unknown.assemble(layout, null));
        Arrival rows = new Arrival(1, 0, layout.id(), 1, 2, List.of(new byte[12]));
        refused(ErrorCode.UNSUPPORTED, () -> rows.assemble(layout, null));
    }

    @Test
    void noOctetsCrashTheReader() {
        java.util.Random random = new java.util.Random(5);
        byte[] good =
                Wire.encode(
                        Wire.Kind.EVENT,
                        org.gradmq.v1.Event.newBuilder()
                                .setHeartbeat(
                                        org.gradmq.v1.Heartbeat.newBuilder()
                                                .setModel("m")
                                                .setState(3)
                                                .addWaitingFor("w1"))
                                .build());
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                Wire.event(cut);
            } catch (GradmqException e) {
                assertTrue(e.getMessage().length() > 10);
            }
        }
    }

    @Test
    void wildcardsTakeTheHostOfControl() {
        String control = "tcp://train.example:5570";
        assertEquals(
                "tcp://train.example:5571",
                Endpoints.choose(List.of("ipc:///x", "tcp://*:5571"), control, "gradients"));
        assertEquals("tcp://train.example:1", Endpoints.resolve("tcp://0.0.0.0:1", control));
        assertEquals("tcp://[::1]:7", Endpoints.resolve("tcp://[::]:7", "tcp://[::1]:5570"));
        assertEquals("tcp://10.0.0.1:7", Endpoints.resolve("tcp://10.0.0.1:7", control));
        assertThrows(
                GradmqException.class,
                () -> Endpoints.choose(List.of("ipc:///x"), control, "events"));
        refused(ErrorCode.ARGUMENT, () -> Endpoints.checkReachable("ipc:///run/x"));
    }
}
