package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.util.concurrent.CompletableFuture;

/** A call that waits for something that the loop will see. */
abstract class Waiter<T> {
    final long begun = Loop.now();
    final long deadline;
    final CompletableFuture<T> future;

    Waiter(long deadline, CompletableFuture<T> future) {
        this.deadline = deadline;
        this.future = future;
    }

    /** What it waits for, behind "waiting for". */
    abstract String what();

    /** It ends by settlement: where nothing moves, what got lost is looked for. */
    boolean settlement() {
        return false;
    }

    /** The time is over; `text` is the sentence that says what was waited for. */
    GradmqException timeout(String text) {
        return GradmqException.of(ErrorCode.TIMEOUT, "the time is over while " + text);
    }

    void fail(GradmqException why) {
        future.completeExceptionally(why);
    }
}
