package org.gradmq.internal;

import org.gradmq.v1.Range;

import java.util.List;

/** Two looks, some time apart, at what is missing without a code (S-3). */
final class Confirm {
    private boolean wanted;
    private boolean looked;
    private long lookedMs;
    private long received;
    private List<Range> ranges = List.of();

    /** Something may be lost: ask on control. */
    void want() {
        wanted = true;
    }

    void clear() {
        wanted = false;
        looked = false;
        ranges = List.of();
    }

    /** When to ask next; NEVER: nothing is wanted. */
    long nextLook(long confirmMs) {
        if (!wanted) {
            return Loop.NEVER;
        }
        return looked ? lookedMs + confirmMs : 0;
    }

    /**
     * An answer shows what is missing. What two answers show is lost, where nothing came between.
     */
    void look(List<Range> missing, long receivedThrough, long now, long confirmMs, Outbox outbox) {
        if (missing.isEmpty()) {
            clear();
            return;
        }
        if (looked && received == receivedThrough) {
            if (now - lookedMs < confirmMs) {
                return;
            }
            lose(missing, outbox);
            clear();
            return;
        }
        wanted = true;
        looked = true;
        lookedMs = now;
        received = receivedThrough;
        ranges = missing;
    }

    private void lose(List<Range> missing, Outbox outbox) {
        for (Range a : missing) {
            for (Range b : ranges) {
                long first = Math.max(a.getFirst(), b.getFirst());
                long last = Math.min(a.getLast(), b.getLast());
                if (first <= last) {
                    outbox.lost(first, last);
                }
            }
        }
    }
}
