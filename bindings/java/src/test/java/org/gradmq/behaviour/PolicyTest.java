package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Kind;
import org.gradmq.Parameters;
import org.gradmq.PushOptions;
import org.gradmq.Worker;
import org.gradmq.support.Background;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A worker: who waits for whom. */
class PolicyTest {
    private static final int ROUNDS = 5;

    private static CompletableFuture<Void> rounds(Worker worker, float gradient) {
        return Background.of(
                () -> {
                    long before = -1;
                    for (int i = 0; i < ROUNDS; i++) {
                        Parameters parameters = worker.nextParameters();
                        assertEquals(before + 1, parameters.version());
                        before = parameters.version();
                        worker.push(filled(10, gradient));
                    }
                    worker.flush(Bed.LONG);
                    return null;
                });
    }

    @Test
    void bsp() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.set("policy", "bsp");
            bed.coordinator().start();
            Worker one = bed.worker("w1");
            Worker two = bed.worker("w2");
            CompletableFuture<Void> first = rounds(one, 2);
            CompletableFuture<Void> second = rounds(two, 4);
            first.get(60, TimeUnit.SECONDS);
            second.get(60, TimeUnit.SECONDS);
            assertEquals(ROUNDS, bed.version());
            assertEquals(ROUNDS, one.stats().applied());
            assertEquals(ROUNDS, two.stats().applied());
            assertArrayEquals(filled(10, -3 * ROUNDS), bed.parameters());
        }
    }

    @Test
    void ssp() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.coordinator().setParameters(Map.of("policy", "ssp", "clock_bound", 1));
            bed.coordinator().start();
            Worker fast = bed.worker("fast");
            Worker slow = bed.worker("slow");
            for (int i = 0; i < 3; i++) {
                fast.push(filled(10, 1));
            }
            Soon.until("two are within the bound", () -> fast.stats().settled() == 2);
            GradmqException e =
                    refused(ErrorCode.TIMEOUT, () -> fast.flush(Duration.ofMillis(300)));
            assertTrue(e.getMessage().contains("1 gradients are not settled"), e.getMessage());
            assertEquals(2, fast.stats().settled());
            slow.push(filled(10, 1));
            fast.flush(Bed.LONG);
            slow.flush(Bed.LONG);
            assertEquals(4, bed.version());
            assertEquals(3, fast.stats().clock());
            assertEquals(1, slow.stats().clock());
        }
    }

    @Test
    void merge() throws Exception {
        try (Bed bed = Bed.empty()) {
            bed.load(Bed.TWO, filled(10, 10));
            bed.coordinator()
                    .setParameters(Map.of("policy", "merge", "merge_count", 2, "learning_rate", 1));
            bed.coordinator().start();
            Worker one = bed.worker("w1");
            Worker two = bed.worker("w2");
            one.nextParameters();
            two.nextParameters();
            one.push(filled(10, 1), PushOptions.NONE.kind(Kind.DELTA));
            two.push(filled(10, 3), PushOptions.NONE.kind(Kind.DELTA));
            assertArrayEquals(filled(10, 12), one.nextParameters().toFloatArray());
            two.nextParameters();
            one.addModelParameters(filled(10, 20), PushOptions.NONE);
            two.addModelParameters(filled(10, 30), PushOptions.NONE.weight(3));
            one.flush(Bed.LONG);
            two.flush(Bed.LONG);
            assertArrayEquals(filled(10, 27.5f), bed.parameters());
        }
    }
}
