package org.gradmq;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An iteration over updates, each newer than the one before. {@link #hasNext()} waits, without an
 * end unless a time-out is given; {@link #close()}, from any thread, ends it.
 */
public final class Updates implements Iterator<Parameters>, AutoCloseable {
    private static final Duration SLICE = Duration.ofMinutes(1);

    private final WorkerParameters worker;
    private volatile CompletableFuture<Parameters> waiting;
    private volatile boolean closed;
    private Parameters next;

    Updates(WorkerParameters worker) {
        this.worker = worker;
    }

    /**
     * Wait for the next update.
     *
     * @return false: the iteration was closed, or the worker, or the coordinator
     * @throws GradmqException CANCELLED: the thread was interrupted, which it then still is; FENCED
     */
    @Override
    public boolean hasNext() {
        while (next == null && !closed) {
            try {
                waiting = worker.nextParametersAsync(SLICE);
                if (closed) {
                    waiting.cancel(false);
                }
                next = Await.on(waiting);
            } catch (GradmqTimeoutException e) {
                //  Nothing new for so long: go on waiting.
                continue;
            } catch (GradmqException e) {
                if (closed || e.code() == ErrorCode.CLOSED) {
                    return false;
                }
                throw e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new GradmqException(
                        ErrorCode.CANCELLED, "interrupted while waiting for an update", e);
            }
        }
        return next != null && !closed;
    }

    @Override
    public Parameters next() {
        if (!hasNext()) {
            throw new NoSuchElementException("there are no more updates");
        }
        Parameters given = next;
        next = null;
        return given;
    }

    /**
     * The same as a stream, which closes this iteration when it is closed.
     *
     * @return sequential
     */
    public Stream<Parameters> stream() {
        Iterable<Parameters> each = () -> this;
        return StreamSupport.stream(each.spliterator(), false).onClose(this::close);
    }

    /** End the iteration: whoever waits in it is let go. The worker stays open. */
    @Override
    public void close() {
        closed = true;
        CompletableFuture<Parameters> now = waiting;
        if (now != null) {
            now.cancel(false);
        }
    }
}
