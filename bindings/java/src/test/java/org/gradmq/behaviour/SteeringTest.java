package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.Coordinator;
import org.gradmq.Disposition;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Settings;
import org.gradmq.Worker;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The coordinator from afar: steering it. */
class SteeringTest {
    @Test
    void startStop() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Worker worker = bed.worker("w1");
            worker.push(filled(10, 1));
            Soon.until("it is queued", () -> bed.coordinator().status().queuedGradients() == 1);
            assertEquals(0, bed.version());
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            assertArrayEquals(filled(10, -1), bed.parameters());
            refused(ErrorCode.STATE, () -> bed.coordinator().start());
            bed.coordinator().stop();
            //  Section 7 of the protocol: Stop while stopped is done, and nothing changes.
            bed.coordinator().stop();
            assertEquals("STOPPED", bed.coordinator().status().state());
        }
    }

    @Test
    void clearGradients() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Worker worker = bed.worker("w1");
            AtomicReference<Disposition> told = new AtomicReference<>();
            worker.onVerdict(verdict -> told.set(verdict.disposition()));
            for (int i = 0; i < 3; i++) {
                worker.push(filled(10, 1));
            }
            Soon.until("3 wait", () -> bed.coordinator().status().queuedGradients() == 3);
            long epoch = bed.coordinator().position().epoch();
            assertEquals(3, bed.coordinator().clearGradients(false));
            assertEquals(epoch, bed.coordinator().position().epoch());
            worker.flush(Bed.LONG);
            assertEquals(Disposition.DISCARDED, told.get());
            assertEquals(0, bed.coordinator().clearGradients(true));
            assertTrue(bed.coordinator().status().position().epoch() > epoch);
        }
    }

    @Test
    void checkpointRestore() throws Exception {
        try (Bed bed = Bed.running("state/directory=SCRATCH/state")) {
            bed.coordinator().addGradients(filled(10, 3));
            bed.coordinator().checkpoint();
            bed.coordinator().addGradients(filled(10, 4));
            assertArrayEquals(filled(10, -7), bed.parameters());
            long epoch = bed.coordinator().position().epoch();
            bed.coordinator().restore();
            assertArrayEquals(filled(10, -3), bed.parameters());
            assertTrue(bed.coordinator().position().epoch() > epoch);
            refused(ErrorCode.ARGUMENT, () -> bed.coordinator().restore("no-such"));
        }
    }

    @Test
    void record() throws Exception {
        try (Bed bed = Bed.running("record/directory=SCRATCH")) {
            bed.coordinator().startRecording("run");
            refused(ErrorCode.STATE, () -> bed.coordinator().startRecording("other"));
            bed.coordinator().addGradients(filled(10, 1));
            bed.coordinator().stopRecording();
            long size = Files.size(bed.scratch().resolve("run"));
            assertTrue(size > 100, "the recording has " + size + " bytes");
            refused(ErrorCode.STATE, () -> bed.coordinator().stopRecording());
        }
    }

    @Test
    void destroy() throws Exception {
        try (Bed bed = Bed.running()) {
            Coordinator coordinator = bed.coordinator();
            coordinator.destroy(false);
            assertEquals(0, bed.daemon().ended());
            long begun = System.nanoTime();
            GradmqException e = refused(() -> coordinator.within(Duration.ofMillis(300)).status());
            assertTrue(
                    Set.of(ErrorCode.CLOSED, ErrorCode.CONNECT, ErrorCode.TIMEOUT)
                            .contains(e.code()),
                    e.toString());
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(20));
        }
    }

    @Test
    void onlyIf() throws Exception {
        try (Bed bed = Bed.running()) {
            Coordinator coordinator = bed.coordinator();
            long epoch = coordinator.status().position().epoch();
            refused(ErrorCode.CONDITION, () -> coordinator.ifEpoch(epoch + 1).stop());
            refused(ErrorCode.CONDITION, () -> coordinator.ifVersion(9).stop());
            assertEquals("RUNNING", coordinator.status().state());
            coordinator.ifEpoch(epoch).ifVersion(0).stop();
            assertEquals("STOPPED", coordinator.status().state());
        }
    }

    @Test
    void requestRepeated() throws Exception {
        try (Bed bed = Bed.running()) {
            AtomicReference<String> why = new AtomicReference<>("");
            Coordinator coordinator =
                    bed.track(
                            Coordinator.open(
                                    bed.options()
                                            .requestTimeout(Duration.ofMillis(50))
                                            .onWait(why::set)));
            long revision = coordinator.getParameters().revision();
            bed.daemon().hold();
            CompletableFuture<Settings> changed =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return coordinator.setParameters(Map.of("clip_norm", 4));
                                } catch (InterruptedException e) {
                                    throw new AssertionError(e);
                                }
                            });
            Soon.until("it is asked again", () -> why.get().matches(".*asked [3-9] times.*"));
            bed.daemon().letGo();
            assertEquals(revision + 1, changed.get(60, TimeUnit.SECONDS).revision());
            assertEquals(revision + 1, coordinator.getParameters().revision());
        }
    }
}
