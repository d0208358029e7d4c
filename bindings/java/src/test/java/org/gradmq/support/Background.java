package org.gradmq.support;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Work on a thread of its own. */
public final class Background {
    private Background() {}

    /** Completed with what the work answers or throws. */
    public static <T> CompletableFuture<T> of(Callable<T> work) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                future.complete(work.call());
                            } catch (Throwable e) {
                                future.completeExceptionally(e);
                            }
                        });
        thread.setDaemon(true);
        thread.start();
        return future;
    }
}
