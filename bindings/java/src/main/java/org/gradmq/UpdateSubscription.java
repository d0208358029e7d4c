package org.gradmq;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** One subscriber of a worker's updates: asks for a version whenever there is demand. */
final class UpdateSubscription implements Flow.Subscription {
    private static final Duration SLICE = Duration.ofMinutes(1);

    private final WorkerParameters worker;
    private final Flow.Subscriber<? super Parameters> subscriber;
    private long demand;
    private boolean over;
    private CompletableFuture<Parameters> waiting;

    UpdateSubscription(WorkerParameters worker, Flow.Subscriber<? super Parameters> subscriber) {
        this.worker = worker;
        this.subscriber = subscriber;
    }

    void begin() {
        subscriber.onSubscribe(this);
    }

    @Override
    public void request(long count) {
        if (count < 1) {
            if (end()) {
                subscriber.onError(new IllegalArgumentException("a request of " + count));
            }
            return;
        }
        synchronized (this) {
            demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
        }
        ask();
    }

    @Override
    public void cancel() {
        CompletableFuture<Parameters> now;
        synchronized (this) {
            over = true;
            now = waiting;
        }
        if (now != null) {
            now.cancel(false);
        }
    }

    private synchronized boolean end() {
        boolean first = !over;
        over = true;
        return first;
    }

    private void ask() {
        CompletableFuture<Parameters> now;
        synchronized (this) {
            if (over || demand == 0 || waiting != null) {
                return;
            }
            now = worker.nextParametersAsync(SLICE);
            waiting = now;
        }
        now.whenCompleteAsync(this::got);
    }

    private void got(Parameters parameters, Throwable error) {
        synchronized (this) {
            if (over) {
                return;
            }
            demand -= error == null ? 1 : 0;
        }
        if (error == null) {
            subscriber.onNext(parameters);
        } else if (!(error instanceof GradmqTimeoutException)) {
            finish(error);
            return;
        }
        //  Not before: a subscriber that requests while it takes one in must not be given two at
        // once.
        synchronized (this) {
            waiting = null;
        }
        ask();
    }

    private void finish(Throwable error) {
        if (!end()) {
            return;
        }
        if (error instanceof GradmqException known && known.code() == ErrorCode.CLOSED) {
            subscriber.onComplete();
        } else {
            subscriber.onError(error);
        }
    }
}
