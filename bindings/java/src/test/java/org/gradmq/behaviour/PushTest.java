package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.Compression;
import org.gradmq.DType;
import org.gradmq.Disposition;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.Part;
import org.gradmq.PushOptions;
import org.gradmq.TensorSpec;
import org.gradmq.Verdict;
import org.gradmq.Worker;
import org.gradmq.WorkerStats;
import org.gradmq.internal.Topics;
import org.gradmq.internal.Wire;
import org.gradmq.support.Background;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.gradmq.v1.Event;
import org.gradmq.v1.StepMetric;
import org.gradmq.v1.StepReport;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A worker: gradients. */
class PushTest {
    @Test
    void push() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            for (int i = 1; i <= 50; i++) {
                assertEquals(i, worker.push(filled(10, i)));
            }
            worker.flush(Bed.LONG);
            WorkerStats stats = worker.stats();
            assertEquals(50, stats.pushed());
            assertEquals(50, stats.settled());
            assertEquals(50, stats.applied());
            assertEquals(0, stats.refused() + stats.unsettled() + stats.resent());
            assertEquals(50, bed.version());
            assertArrayEquals(filled(10, -50 * 51 / 2), bed.parameters());
        }
        lastOneWins();
    }

    //  With a rate that falls from step to step the order shows.
    private static void lastOneWins() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.coordinator().setParameters(Map.of("schedule", "exponential", "schedule_steps", 1));
            Worker worker = bed.worker("w1");
            worker.push(filled(10, 100));
            worker.push(filled(10, 10));
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            //  The rates are 1 and 0.1: in another order it would be -20.
            assertEquals(-101, bed.parameters()[0], 1e-4);
        }
    }

    @Test
    void pushLarge() throws Exception {
        int elements = 10 << 20;
        try (Bed bed = Bed.empty()) {
            bed.load(Layout.of(DType.F32, new TensorSpec("w", 1024, 10240)), new float[elements]);
            bed.set("learning_rate", 1);
            bed.coordinator().start();
            Worker worker = bed.worker("w1");
            float[] gradient = new float[elements];
            for (int i = 0; i < elements; i++) {
                gradient[i] = i % 1000;
            }
            worker.push(gradient, PushOptions.NONE.withoutBase());
            ByteBuffer lent =
                    ByteBuffer.allocateDirect(4 * elements).order(ByteOrder.LITTLE_ENDIAN);
            lent.asFloatBuffer().put(gradient);
            Verdict verdict =
                    worker.pushLent(lent, PushOptions.NONE.withoutBase()).get(60, TimeUnit.SECONDS);
            assertTrue(verdict.applied());
            worker.flush(Bed.LONG);
            float[] now = bed.parameters();
            for (int i = 0; i < elements; i++) {
                if (now[i] != -2f * (i % 1000)) {
                    assertEquals(-2f * (i % 1000), now[i], "element " + i);
                }
            }
        }
    }

    @Test
    void pushDtypes() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            double[] doubles = new double[10];
            java.util.Arrays.fill(doubles, 0.5);
            worker.push(doubles, PushOptions.NONE);
            worker.push(filled(10, 0.25f), PushOptions.NONE.dtype(DType.F16));
            worker.push(filled(10, 2), PushOptions.NONE.dtype(DType.BF16));
            worker.push(filled(10, 64), PushOptions.NONE.dtype(DType.F16).lossScale(8));
            worker.flush(Bed.LONG);
            assertEquals(4, worker.stats().applied());
            assertArrayEquals(filled(10, -10.75f), bed.parameters());
        }
    }

    @Test
    void pushParts() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            worker.pushParts(
                    List.of(
                            Part.rows("a", new long[] {1}, new float[] {1, 2, 3}),
                            Part.of("b", new float[] {4, 5, 6, 7})),
                    PushOptions.NONE);
            worker.pushParts(
                    List.of(Part.rows("b", new long[] {0, 3}, new float[] {10, 20})),
                    PushOptions.NONE.dtype(DType.BF16));
            worker.flush(Bed.LONG);
            assertArrayEquals(
                    new float[] {0, 0, 0, -1, -2, -3, -14, -5, -6, -27}, bed.parameters());
            refused(
                    ErrorCode.ARGUMENT,
                    () ->
                            worker.pushParts(
                                    List.of(Part.rows("a", new long[] {2}, new float[3])),
                                    PushOptions.NONE));
            refused(
                    ErrorCode.NAME,
                    () -> worker.pushParts(List.of(Part.of("c", new float[3])), PushOptions.NONE));
            assertEquals(2, worker.stats().pushed());
        }
    }

    @Test
    void pushWeight() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.coordinator().setParameters(Map.of("buffer_gradients", 2, "rule", "weighted_mean"));
            bed.coordinator().start();
            Worker one = bed.worker("w1");
            Worker three = bed.worker("w2");
            one.push(filled(10, 8), PushOptions.NONE.weight(1));
            three.push(filled(10, 4), PushOptions.NONE.weight(3));
            one.flush(Bed.LONG);
            three.flush(Bed.LONG);
            assertEquals(1, bed.version());
            assertArrayEquals(filled(10, -5), bed.parameters());
            refused(
                    ErrorCode.ARGUMENT,
                    () -> one.push(filled(10, 8), PushOptions.NONE.weight(Double.NaN)));
        }
    }

    @Test
    void pushMetrics() throws Exception {
        try (Bed bed = Bed.stopped();
                ZContext context = new ZContext()) {
            ZMQ.Socket events = context.createSocket(SocketType.SUB);
            events.setReceiveTimeOut(60_000);
            events.connect(bed.daemon().events());
            events.subscribe(Topics.all("model"));
            //  The subscription holds once a heartbeat has come.
            assertTrue(events.recv() != null && events.recv() != null);
            Worker worker = bed.worker("w1");
            worker.push(
                    filled(10, 1),
                    PushOptions.NONE.metric("loss", 2.5).metric("accuracy", 0.75, 32));
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            StepReport report = StepReport.getDefaultInstance();
            while (report.getMetricsCount() == 0) {
                events.recv();
                Event event = Wire.event(events.recv());
                report = event.hasStep() ? event.getStep() : report;
            }
            Map<String, Double> means = new java.util.HashMap<>();
            for (StepMetric metric : report.getMetricsList()) {
                means.put(metric.getName(), metric.getMean());
            }
            assertEquals(Map.of("loss", 2.5, "accuracy", 0.75), means);
            assertEquals(2.5, bed.coordinator().status().metrics().get("loss"));
            assertEquals(0.75, bed.coordinator().listWorkers().get(0).metrics().get("accuracy"));
        }
    }

    @Test
    void pushWithoutBase() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            worker.parameters();
            bed.load(Bed.TWO, filled(10, 7));
            worker.push(filled(10, 1), PushOptions.NONE.withoutBase());
            worker.flush(Bed.LONG);
            assertEquals(1, worker.stats().applied());
            assertArrayEquals(filled(10, 6), bed.parameters());
        }
    }

    @Test
    void skip() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.set("policy", "bsp");
            bed.coordinator().start();
            Worker one = bed.worker("w1");
            Worker two = bed.worker("w2");
            one.nextParameters();
            two.nextParameters();
            List<Verdict> verdicts = new CopyOnWriteArrayList<>();
            two.onVerdict(verdicts::add);
            one.push(filled(10, 6));
            two.skip(PushOptions.NONE);
            one.flush(Bed.LONG);
            two.flush(Bed.LONG);
            //  The mean of what was contributed: of one.
            assertArrayEquals(filled(10, -6), bed.parameters());
            assertEquals(Disposition.SKIPPED, verdicts.get(0).disposition());
            assertEquals(1, one.nextParameters().version());
            one.skip(PushOptions.NONE);
            two.nextParameters();
            two.skip(PushOptions.NONE);
            one.flush(Bed.LONG);
            two.flush(Bed.LONG);
            //  A round without a contribution makes no version, and is not worth waiting for.
            assertEquals(1, one.nextParameters().version());
        }
    }

    private static void compressed(Compression compression, double most) throws Exception {
        Layout layout = Layout.of(DType.F32, new TensorSpec("m", 12, 40), new TensorSpec("v", 300));
        int elements = (int) layout.elements();
        try (Bed bed = Bed.empty()) {
            bed.load(layout, new float[elements]);
            bed.set("learning_rate", 1);
            bed.coordinator().start();
            Worker worker = bed.worker("w1");
            worker.compress(compression);
            double[] sum = new double[elements];
            java.util.Random random = new java.util.Random(3);
            for (int step = 0; step < 40; step++) {
                float[] gradient = new float[elements];
                for (int i = 0; i < elements; i++) {
                    gradient[i] = (float) random.nextGaussian();
                    sum[i] += gradient[i];
                }
                worker.push(gradient, PushOptions.NONE.withoutBase());
            }
            worker.flush(Bed.LONG);
            double before = distance(sum, bed.parameters());
            //  What was left out goes with later ones, though they are zero themselves.
            for (int step = 0; step < 60; step++) {
                worker.push(new float[elements], PushOptions.NONE.withoutBase());
            }
            worker.flush(Bed.LONG);
            double after = distance(sum, bed.parameters());
            assertTrue(after < most, after + " is left, of " + before);
            assertEquals(100, worker.stats().applied());
            GradmqException e =
                    refused(ErrorCode.NON_FINITE, () -> worker.push(filled(elements, Float.NaN)));
            assertTrue(e.getMessage().contains("not pushed"));
        }
    }

    private static double distance(double[] sum, float[] parameters) {
        double greatest = 0;
        for (int i = 0; i < sum.length; i++) {
            greatest = Math.max(greatest, Math.abs(sum[i] + parameters[i]));
        }
        return greatest;
    }

    @Test
    void compressInt8() throws Exception {
        compressed(Compression.int8(), 1e-4);
    }

    @Test
    void compressTopK() throws Exception {
        compressed(Compression.topK(0.1), 1e-3);
    }

    @Test
    void compressLowRank() throws Exception {
        compressed(Compression.lowRank(3), 1e-3);
    }

    @Test
    void verdicts() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = new CopyOnWriteArrayList<>();
            worker.onVerdict(verdicts::add);
            worker.push(filled(10, 1));
            worker.push(filled(10, Float.POSITIVE_INFINITY));
            worker.skip(PushOptions.NONE);
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            assertEquals(
                    List.of(
                            new Verdict(2, Disposition.REFUSED, 4, ErrorCode.NON_FINITE),
                            new Verdict(3, Disposition.SKIPPED, 3, null)),
                    verdicts);
            assertEquals(ErrorCode.NON_FINITE.sentence(), verdicts.get(0).text());
            assertEquals(2, worker.stats().applied());
            assertEquals(2, worker.stats().refused());
        }
    }

    @Test
    void flush() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Worker worker = bed.worker("w1");
            worker.flush(Bed.LONG);
            worker.push(filled(10, 1));
            worker.push(filled(10, 1));
            GradmqException e =
                    refused(ErrorCode.TIMEOUT, () -> worker.flush(Duration.ofMillis(200)));
            assertTrue(e.getMessage().contains("2 gradients are not settled"), e.getMessage());
            assertTrue(e.getMessage().contains("STOPPED"), e.getMessage());
            assertEquals(2, worker.stats().unsettled());
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            assertEquals(0, worker.stats().unsettled());
            assertEquals(2, bed.version());
        }
    }

    @Test
    void credit() throws Exception {
        try (Bed bed = Bed.stopped("settings/queue_gradients=8")) {
            AtomicReference<String> why = new AtomicReference<>("");
            Worker worker = bed.worker(bed.options().name("w1").onWait(why::set));
            int credit = (int) worker.stats().creditGradients();
            assertTrue(credit >= 1 && credit <= 8, "credit " + credit);
            List<CompletableFuture<Long>> pushes = new ArrayList<>();
            for (int i = 0; i < credit; i++) {
                worker.push(filled(10, 1));
            }
            pushes.add(Background.of(() -> worker.push(filled(10, 1))));
            String wanted = "credit: " + credit + " of " + credit + " gradients are not settled";
            Soon.until("it waits", () -> why.get().contains(wanted));
            assertTrue(why.get().contains("STOPPED"), why.get());
            assertEquals(credit, worker.stats().pushed());
            bed.coordinator().start();
            assertEquals(credit + 1, pushes.get(0).get(60, TimeUnit.SECONDS));
            worker.flush(Bed.LONG);
            assertEquals(credit + 1, bed.version());
        }
    }
}
