package org.gradmq.support;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for conditions, never for time. */
public final class Soon {
    private static final long MOST_SECONDS = 60;
    private static final long LOOK_MS = 3;

    private Soon() {}

    /** Wait until it holds, a minute at most. */
    public static void until(String what, Callable<Boolean> condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        try {
            while (!condition.call()) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("not within a minute: " + what);
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
        } catch (Exception e) {
            throw new AssertionError("while waiting until " + what, e);
        }
    }
}
