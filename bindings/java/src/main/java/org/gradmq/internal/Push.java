package org.gradmq.internal;

import org.gradmq.Verdict;
import org.gradmq.v1.Gradient;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A gradient that is to be pushed. The payload must not change until it is settled. */
public final class Push {
    final Gradient.Builder header;
    final ByteBuffer payload;
    final int[] ends;
    final long layoutId;
    final boolean pooled;
    final long generation;
    final CompletableFuture<Verdict> settled;
    private final AtomicBoolean taken = new AtomicBoolean();

    /**
     * A push.
     *
     * @param header all but what is known when it is sent
     * @param payload from 0 to its limit; null: none
     * @param ends where its frames end
     * @param layoutId of the layout that it is for
     * @param pooled the payload goes back to the pool
     * @param generation of the compressor that made it; 0: none
     * @param settled completed once it is settled; may be null
     */
    public Push(
            Gradient.Builder header,
            ByteBuffer payload,
            int[] ends,
            long layoutId,
            boolean pooled,
            long generation,
            CompletableFuture<Verdict> settled) {
        this.header = header;
        this.payload = payload;
        this.ends = ends;
        this.layoutId = layoutId;
        this.pooled = pooled;
        this.generation = generation;
        this.settled = settled;
    }

    /**
     * Take it, to send it or to give it up. Any thread: whoever gives it up may do so while it is
     * being sent.
     *
     * @return false: somebody else has taken it
     */
    public boolean take() {
        return taken.compareAndSet(false, true);
    }

    /** It was not sent after all. */
    void putBack() {
        taken.set(false);
    }

    long bytes() {
        return payload == null ? 0 : payload.limit();
    }
}
