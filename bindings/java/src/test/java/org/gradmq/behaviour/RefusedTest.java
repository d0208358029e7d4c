package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.ConnectOptions;
import org.gradmq.Coordinator;
import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.Part;
import org.gradmq.PushOptions;
import org.gradmq.TensorSpec;
import org.gradmq.Worker;
import org.gradmq.support.Bed;
import org.gradmq.support.Refuser;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

/** Errors of some states only, and those that a client in order is never given. */
class RefusedTest {
    private static void says(GradmqException e, String words) {
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void errorShape() throws Exception {
        try (Bed bed = Bed.running()) {
            GradmqException e =
                    refused(
                            ErrorCode.SHAPE,
                            () ->
                                    bed.load(
                                            Layout.of(
                                                    DType.F32,
                                                    new TensorSpec("a", 1, 1, 1, 1, 1, 1, 1, 1, 1)),
                                            0));
            says(e, "8 dimensions");
            assertArrayEquals(new float[10], bed.parameters());
        }
    }

    @Test
    void errorBase() throws Exception {
        try (Bed bed = Bed.running()) {
            bed.set("max_staleness", 2);
            List<Part> parts = List.of(Part.of("a", filled(6, 1)), Part.of("b", filled(4, 1)));
            PushOptions without = PushOptions.NONE.withoutBase();
            GradmqException e =
                    refused(
                            ErrorCode.BASE,
                            () -> bed.coordinator().addGradients(parts, without, false));
            says(e, "max_staleness");
            assertArrayEquals(new float[10], bed.parameters());
            bed.coordinator().addGradients(filled(10, 1));
            assertArrayEquals(filled(10, -1), bed.parameters());
        }
    }

    @Test
    void errorLate() throws Exception {
        try (Bed bed = Bed.running("settings/policy=bsp")) {
            Worker worker = bed.worker("w1");
            bed.parameters();
            step(worker);
            GradmqException e =
                    refused(ErrorCode.LATE, () -> bed.coordinator().addGradients(filled(10, 1)));
            says(e, "round");
            step(worker);
            assertArrayEquals(filled(10, -2), bed.parameters());
        }
    }

    private static void step(Worker worker) throws Exception {
        worker.nextParameters();
        worker.push(filled(10, 1));
        worker.flush(Bed.LONG);
    }

    @Test
    void errorEveryCode() throws Exception {
        try (Bed bed = Bed.running();
                Refuser refuser = Refuser.before(bed.daemon());
                Coordinator coordinator =
                        Coordinator.open(ConnectOptions.to(refuser.control()).timeout(Bed.LONG))) {
            //  BUSY is asked again until the time is over.
            Coordinator hasty = coordinator.within(Duration.ofSeconds(2));
            for (ErrorCode code : ErrorCode.values()) {
                if (code.number() < 1 || code.number() >= 64) {
                    continue;
                }
                Coordinator asked = code == ErrorCode.BUSY ? hasty : coordinator;
                GradmqException e =
                        refused(code, () -> asked.startRecording("code-" + code.number()));
                if (code != ErrorCode.BUSY) {
                    says(e, "the code " + code.number());
                }
            }
            assertEquals(63, refused(() -> coordinator.startRecording("code-63")).number());
            assertEquals("RUNNING", coordinator.status().state());
        }
    }
}
