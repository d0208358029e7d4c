package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.Parameters;
import org.gradmq.PushOptions;
import org.gradmq.TensorSpec;
import org.gradmq.Updates;
import org.gradmq.Worker;
import org.gradmq.support.Background;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A worker: opening, parameters, waiting. */
class ParametersTest {
    @Test
    void openWaitsForModel() throws Exception {
        try (Bed bed = Bed.empty()) {
            AtomicReference<String> why = new AtomicReference<>("");
            CompletableFuture<Worker> opened =
                    Background.of(() -> bed.worker(bed.options().name("w1").onWait(why::set)));
            Soon.until(
                    "it says what it waits for",
                    () -> why.get().contains("a model to be loaded into model"));
            assertFalse(opened.isDone());
            bed.load(Bed.TWO, filled(10, 3));
            Worker worker = opened.get(60, TimeUnit.SECONDS);
            assertEquals(Bed.TWO, worker.layout());
            assertArrayEquals(filled(10, 3), worker.parameters().toFloatArray());
        }
    }

    @Test
    void parametersNewest() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            assertEquals(0, worker.parameters().version());
            bed.coordinator().addGradients(filled(10, 1));
            bed.coordinator().addGradients(filled(10, 1));
            Soon.until("both arrived", () -> worker.stats().updates() >= 2);
            //  Without a request: nobody is there to answer one.
            bed.daemon().hold();
            Parameters newest = worker.parameters();
            assertEquals(2, newest.version());
            assertArrayEquals(filled(10, -2), newest.toFloatArray());
        }
    }

    @Test
    void parametersNext() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            assertEquals(0, worker.nextParameters().version());
            CompletableFuture<Parameters> next = Background.of(worker::nextParameters);
            Soon.until("it waits", () -> worker.waits().contains("newer than 0"));
            assertFalse(next.isDone());
            bed.coordinator().addGradients(filled(10, 1));
            assertEquals(1, next.get(60, TimeUnit.SECONDS).version());
        }
    }

    @Test
    void parametersFetch() throws Exception {
        try (Bed bed = Bed.running()) {
            bed.set("publish_every", 1000);
            Worker worker = bed.worker("w1");
            assertEquals(0, worker.parameters().version());
            bed.coordinator().addGradients(filled(10, 1));
            Parameters fetched = worker.fetchParameters();
            assertEquals(1, fetched.version());
            assertArrayEquals(filled(10, -1), fetched.toFloatArray());
            bed.coordinator().addGradients(filled(10, 1));
            assertEquals(2, worker.fetchParameters().version());
            Worker views = bed.worker(bed.options().name("w2").withoutUpdates().reuseParameters());
            Parameters view = views.parameters();
            assertEquals(2, view.version());
            bed.coordinator().addGradients(filled(10, 1));
            assertEquals(3, views.parameters().version());
            //  A view shows what came into the same memory.
            assertArrayEquals(filled(10, -3), view.toFloatArray());
        }
    }

    @Test
    void updates() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            List<Long> versions = new ArrayList<>();
            CompletableFuture<Boolean> ended;
            try (Updates updates = worker.updates()) {
                versions.add(updates.next().version());
                for (int i = 0; i < 3; i++) {
                    bed.coordinator().addGradients(filled(10, 1));
                    versions.add(updates.next().version());
                }
                ended = Background.of(() -> !updates.hasNext());
                Soon.until("it waits", () -> worker.waits().contains("newer than 3"));
            }
            assertEquals(List.of(0L, 1L, 2L, 3L), versions);
            assertTrue(ended.get(60, TimeUnit.SECONDS));
            published(bed, worker);
        }
    }

    //  The same versions as a publisher.
    private static void published(Bed bed, Worker worker) throws Exception {
        CountDownLatch got = new CountDownLatch(2);
        CountDownLatch over = new CountDownLatch(1);
        worker.updatesPublisher()
                .subscribe(
                        new Flow.Subscriber<>() {
                            @Override
                            public void onSubscribe(Flow.Subscription subscription) {
                                subscription.request(Long.MAX_VALUE);
                            }

                            @Override
                            public void onNext(Parameters item) {
                                got.countDown();
                            }

                            @Override
                            public void onError(Throwable error) {}

                            @Override
                            public void onComplete() {
                                over.countDown();
                            }
                        });
        bed.coordinator().addGradients(filled(10, 1));
        Soon.until("one was published", () -> got.getCount() < 2);
        bed.coordinator().addGradients(filled(10, 1));
        assertTrue(got.await(60, TimeUnit.SECONDS));
        worker.close();
        assertTrue(over.await(60, TimeUnit.SECONDS));
    }

    @Test
    void updatesStreams() throws Exception {
        float[] values = new float[300];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.cos(i);
        }
        try (Bed bed = Bed.empty()) {
            bed.load(Layout.of(DType.F32, new TensorSpec("w", 300)), new float[300]);
            bed.coordinator()
                    .setParameters(java.util.Map.of("streams", "f32,f16,int8", "learning_rate", 1));
            bed.coordinator().start();
            Worker halves = bed.worker(bed.options().name("h").stream("f16"));
            Worker octets = bed.worker(bed.options().name("o").stream("int8"));
            halves.parameters();
            octets.parameters();
            float[] gradient = new float[300];
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = -values[i];
            }
            bed.coordinator().addGradients(gradient);
            Parameters half = halves.nextParameters();
            Parameters octet = octets.nextParameters();
            assertEquals(DType.F16, half.dtype());
            assertEquals(DType.F32, octet.dtype());
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], half.floats().get(i), 0x1p-11);
                assertEquals(values[i], octet.floats().get(i), 0.51 / 127);
            }
            assertTrue(halves.stats().updates() >= 1 && octets.stats().updates() >= 1);
        }
    }

    @Test
    void slowSubscriber() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker slow = bed.worker("slow");
            assertEquals(0, slow.parameters().version());
            Worker fast = bed.worker("fast");
            for (int i = 0; i < 300; i++) {
                fast.push(filled(10, 1), PushOptions.NONE.withoutBase());
            }
            fast.flush(Bed.LONG);
            assertEquals(300, bed.version());
            Soon.until("it heard of them", () -> slow.stats().version() == 300);
            Parameters next = slow.nextParameters();
            int steps = 1;
            for (; next.version() < 300; steps++) {
                next = slow.nextParameters();
            }
            //  Not one by one: at most some that were still on their way.
            assertTrue(steps < 50, "in " + steps + " steps");
            assertArrayEquals(filled(10, -300), next.toFloatArray());
        }
    }

    @Test
    void cancelled() throws Exception {
        try (Bed bed = Bed.stopped("settings/queue_gradients=4")) {
            Worker worker = bed.worker("w1");
            worker.parameters();
            CompletableFuture<Parameters> next = worker.nextParametersAsync();
            Soon.until("it waits", () -> worker.waits().contains("newer than"));
            assertTrue(next.cancel(true));
            assertThrows(CancellationException.class, next::join);
            long credit = worker.stats().creditGradients();
            for (int i = 0; i < credit; i++) {
                worker.push(filled(10, 1));
            }
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread pushing =
                    new Thread(
                            () -> {
                                try {
                                    worker.push(filled(10, 1));
                                } catch (Throwable e) {
                                    thrown.set(e);
                                }
                            });
            pushing.start();
            Soon.until("it waits", () -> worker.waits().contains("credit"));
            pushing.interrupt();
            pushing.join(60_000);
            assertSame(InterruptedException.class, thrown.get().getClass());
            CompletableFuture<Long> given =
                    worker.pushAsync(java.nio.FloatBuffer.wrap(filled(10, 1)), PushOptions.NONE);
            given.cancel(true);
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            assertEquals(credit, worker.stats().pushed());
            assertEquals(credit, worker.stats().applied());
            assertEquals(credit, bed.version());
        }
    }

    @Test
    void stopWhileWaiting() throws Exception {
        try (Bed bed = Bed.running()) {
            AtomicReference<String> why = new AtomicReference<>("");
            Worker worker = bed.worker(bed.options().name("w1").onWait(why::set));
            worker.parameters();
            CompletableFuture<Parameters> next = Background.of(worker::nextParameters);
            bed.coordinator().stop();
            Soon.until("it says so", () -> why.get().contains("STOPPED"));
            bed.daemon().terminate();
            Exception e = assertThrows(Exception.class, () -> next.get(60, TimeUnit.SECONDS));
            assertEquals(ErrorCode.CLOSED, ((GradmqException) e.getCause()).code());
        }
    }
}
