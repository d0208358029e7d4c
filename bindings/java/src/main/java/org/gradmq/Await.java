package org.gradmq;

import org.gradmq.internal.Session;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Waiting for futures that the client's thread completes. */
final class Await {
    private Await() {}

    /** When the time is over, on the clock of the loops. */
    static long deadline(Duration timeout) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) + Session.millis(timeout);
    }

    /** The result; interrupted, the future is cancelled. */
    static <T> T on(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(false);
            throw e;
        } catch (CancellationException e) {
            throw new GradmqException(ErrorCode.CANCELLED, "the call was cancelled", e);
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        }
    }

    private static GradmqException thrown(Throwable cause) {
        if (cause instanceof GradmqException known) {
            return known;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new GradmqException(ErrorCode.INTERNAL, "the client failed: " + cause, cause);
    }

    /** What comes at once, interrupted or not. */
    static <T> T quietly(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (java.util.concurrent.CompletionException e) {
            throw thrown(e.getCause());
        }
    }

    /** What is made of a result, away from the client's thread; to cancel it cancels the source. */
    static <T, R> CompletableFuture<R> mapped(CompletableFuture<T> from, Function<T, R> make) {
        CompletableFuture<R> to = new CompletableFuture<>();
        from.whenCompleteAsync(
                (value, error) -> {
                    if (error != null) {
                        to.completeExceptionally(error);
                        return;
                    }
                    try {
                        to.complete(make.apply(value));
                    } catch (RuntimeException e) {
                        to.completeExceptionally(e);
                    }
                });
        to.whenComplete(
                (value, error) -> {
                    if (to.isCancelled()) {
                        from.cancel(false);
                    }
                });
        return to;
    }
}
