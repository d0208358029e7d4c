package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.Coordinator;
import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqClosedException;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.Parameters;
import org.gradmq.PushOptions;
import org.gradmq.TensorSpec;
import org.gradmq.Verdict;
import org.gradmq.Worker;
import org.gradmq.WorkerInfo;
import org.gradmq.WorkerStats;
import org.gradmq.internal.CoordinatorLoop;
import org.gradmq.internal.Session;
import org.gradmq.support.Background;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.gradmq.v1.LeaveRequest;
import org.gradmq.v1.Request;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A worker: membership, coordinators that end and come back. */
class MembershipTest {
    @Test
    void lease() throws Exception {
        try (Bed bed = Bed.running()) {
            bed.set("lease_ms", 1000);
            Worker worker = bed.worker("w1");
            long incarnation = worker.stats().incarnation();
            Coordinator coordinator = bed.coordinator();
            Duration begun = coordinator.status().uptime();
            //  The computation: this thread does nothing with the worker for three leases.
            Soon.until(
                    "time passes",
                    () -> {
                        List<WorkerInfo> members = coordinator.listWorkers();
                        assertEquals(1, members.size(), "it is a member all the time");
                        Duration now = coordinator.status().uptime();
                        return now.minus(begun).toMillis() > 3000;
                    });
            assertEquals(incarnation, coordinator.listWorkers().get(0).incarnation());
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            assertEquals(0, worker.stats().resent());
            assertEquals(1, worker.stats().applied());
        }
    }

    @Test
    void rejoin() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            WorkerStats before = worker.stats();
            CoordinatorLoop other =
                    new CoordinatorLoop(new Session(bed.options().name("other").model("model")));
            bed.track(() -> other.close().join());
            LeaveRequest leave =
                    LeaveRequest.newBuilder()
                            .setWorker("w1")
                            .setIncarnation(before.incarnation())
                            .setLastSequence(1)
                            .build();
            long deadline = TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) + 60_000;
            other.ask(Request.newBuilder().setLeave(leave), List.of(), deadline)
                    .get(60, TimeUnit.SECONDS);
            assertEquals(List.of(), bed.coordinator().listWorkers());
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            assertEquals(before.incarnation(), worker.stats().incarnation());
            assertEquals(2, worker.stats().applied());
            assertEquals(1, bed.coordinator().listWorkers().size());
            assertArrayEquals(filled(10, -2), bed.parameters());
        }
    }

    @Test
    void fenced() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker first = bed.worker("same");
            first.parameters();
            CompletableFuture<Parameters> waits = Background.of(first::nextParameters);
            Worker second = bed.worker("same");
            Exception e =
                    org.junit.jupiter.api.Assertions.assertThrows(
                            Exception.class, () -> waits.get(60, TimeUnit.SECONDS));
            assertInstanceOf(GradmqClosedException.class, e.getCause());
            assertTrue(e.getCause().getMessage().contains("a name of its own"));
            refused(ErrorCode.FENCED, () -> first.push(filled(10, 1)));
            refused(ErrorCode.FENCED, first::parameters);
            second.push(filled(10, 1));
            second.flush(Bed.LONG);
            assertEquals(1, bed.version());
        }
    }

    @Test
    void epochChanged() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = new CopyOnWriteArrayList<>();
            worker.onVerdict(verdicts::add);
            Parameters before = worker.nextParameters();
            worker.push(filled(10, 1));
            worker.push(filled(10, 1));
            bed.load(Bed.TWO, filled(10, 100));
            bed.coordinator().start();
            Parameters now = worker.nextParameters();
            assertTrue(now.epoch() > before.epoch());
            assertArrayEquals(filled(10, 100), now.toFloatArray());
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            assertEquals(2, verdicts.size(), verdicts.toString());
            for (Verdict verdict : verdicts) {
                assertEquals(ErrorCode.EPOCH, verdict.code());
            }
            assertEquals(1, worker.stats().applied());
            assertArrayEquals(filled(10, 99), bed.parameters());
        }
    }

    @Test
    void layoutChanged() throws Exception {
        Layout other = Layout.of(DType.F32, new TensorSpec("w", 5));
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            worker.nextParameters();
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            assertEquals(1, worker.nextParameters().version());
            bed.load(other, filled(5, 3));
            Parameters now = worker.nextParameters();
            assertEquals(other, now.layout());
            assertEquals(other, worker.layout());
            assertArrayEquals(filled(5, 3), now.toFloatArray());
            worker.push(filled(5, 1));
            worker.flush(Bed.LONG);
            assertArrayEquals(filled(5, 2), bed.parameters());
        }
    }

    //  Pushes until told to stop, each of 1; what became of them is counted.
    private static void pushThrough(Worker worker, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            worker.push(filled(worker.layout().tensors().size() == 1 ? 4 : 10, 1));
        }
    }

    @Test
    void killedMemory() throws Exception {
        Path model = Bed.safetensors(new float[4]);
        try (Bed bed =
                Bed.empty("model/load=" + model, "model/start=true", "settings/learning_rate=1")) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = new CopyOnWriteArrayList<>();
            worker.onVerdict(verdicts::add);
            worker.parameters();
            pushThrough(worker, 5);
            worker.flush(Bed.LONG);
            bed.daemon().hold();
            pushThrough(worker, 3);
            bed.daemon().kill();
            bed.daemon().start();
            worker.flush(Bed.LONG);
            //  What was made from the former process's parameters is refused, each of them once.
            assertEquals(
                    new TreeSet<>(List.of(6L, 7L, 8L)),
                    new TreeSet<>(verdicts.stream().map(Verdict::sequence).toList()));
            assertEquals(3, verdicts.size());
            verdicts.forEach(verdict -> assertEquals(ErrorCode.EPOCH, verdict.code()));
            Parameters now = worker.nextParameters();
            assertArrayEquals(new float[4], now.toFloatArray());
            pushThrough(worker, 2);
            worker.flush(Bed.LONG);
            WorkerStats stats = worker.stats();
            assertEquals(10, stats.pushed());
            assertEquals(7, stats.applied());
            assertEquals(3, stats.refused());
            assertArrayEquals(filled(4, -2), worker.nextParameters().toFloatArray());
        }
    }

    @Test
    void killedJournal() throws Exception {
        try (Bed bed = Bed.running("state/directory=SCRATCH/state")) {
            bed.set("durability", "journal");
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = new CopyOnWriteArrayList<>();
            worker.onVerdict(verdicts::add);
            worker.parameters();
            CompletableFuture<Void> pushing =
                    Background.of(
                            () -> {
                                for (int i = 0; i < 300; i++) {
                                    worker.push(filled(10, 1));
                                }
                                worker.flush(Bed.LONG);
                                return null;
                            });
            for (long until : new long[] {20, 120}) {
                Soon.until("some are settled", () -> worker.stats().settled() >= until);
                bed.daemon().kill();
                bed.daemon().start();
            }
            pushing.get(60, TimeUnit.SECONDS);
            assertEquals(300, worker.stats().applied());
            assertEquals(List.of(), verdicts);
            assertArrayEquals(filled(10, -300), worker.fetchParameters().toFloatArray());
        }
    }

    @Test
    void killedLarge() throws Exception {
        int elements = 1 << 20;
        try (Bed bed = Bed.empty("state/directory=SCRATCH/state")) {
            bed.load(Layout.of(DType.F32, new TensorSpec("w", 1024, 1024)), new float[elements]);
            bed.set("learning_rate", 1);
            bed.set("durability", "journal");
            bed.coordinator().start();
            Worker worker = bed.worker("w1");
            float[] gradient = filled(elements, 1);
            worker.push(gradient, PushOptions.NONE.withoutBase());
            worker.flush(Bed.LONG);
            bed.daemon().hold();
            for (int i = 0; i < 8; i++) {
                worker.push(gradient, PushOptions.NONE.withoutBase());
            }
            bed.daemon().kill();
            bed.daemon().start();
            worker.flush(Bed.LONG);
            assertEquals(9, worker.stats().applied());
            assertArrayEquals(filled(elements, -9), bed.parameters());
        }
    }

    @Test
    void close() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            worker.push(filled(10, 1));
            worker.close();
            worker.close();
            assertEquals(List.of(), bed.coordinator().listWorkers());
            assertEquals(1, bed.version());
            refused(ErrorCode.CLOSED, () -> worker.push(filled(10, 1)));
            Worker other = bed.worker("w2");
            bed.daemon().hold();
            other.push(filled(10, 1));
            long begun = System.nanoTime();
            GradmqException e =
                    refused(ErrorCode.TIMEOUT, () -> other.close(Duration.ofMillis(200)));
            assertTrue(e.getMessage().contains("1 gradients are not settled"), e.getMessage());
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(20));
            bed.daemon().letGo();
        }
    }
}
