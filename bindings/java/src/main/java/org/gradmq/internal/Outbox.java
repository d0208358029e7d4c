package org.gradmq.internal;

/**
 * Which gradients are not settled, and which of them have to be sent again. Numbers only:
 * PROTOCOL.md, sections 10 and 11.
 */
final class Outbox {
    static final int SLOTS = Limits.RECEIVE_WINDOW;
    static final long AGAIN_MS = 20;
    static final long AGAIN_MOST_MS = 1000;

    /** Most that may be sent and not settled; one gradient is always allowed. */
    record Credit(long gradients, long bytes) {}

    private static final class Entry {
        long bytes;
        long sentMs;
        long dueMs;
        int sends;
        boolean held;
    }

    private final Entry[] entries = new Entry[SLOTS];
    private long first = 1;
    private long next = 1;
    private long bytes;
    private long held;
    private long heldBytes;

    Outbox() {
        for (int i = 0; i < SLOTS; i++) {
            entries[i] = new Entry();
        }
    }

    static int slot(long sequence) {
        return (int) (sequence % SLOTS);
    }

    private Entry entry(long sequence) {
        return entries[slot(sequence)];
    }

    /** The oldest that is not settled; `next` where all are. */
    long first() {
        return first;
    }

    /** Sequence of the next gradient. */
    long next() {
        return next;
    }

    long count() {
        return next - first;
    }

    long bytes() {
        return bytes;
    }

    /** Is a new gradient of so many bytes within the credit? (C-1) */
    boolean room(long size, Credit credit) {
        if (count() == 0) {
            return true;
        }
        return count() < SLOTS
                && count() < credit.gradients
                && size <= credit.bytes
                && bytes <= credit.bytes - size;
    }

    /** `next` was sent. */
    void add(long size) {
        if (count() >= SLOTS) {
            throw new IllegalStateException("the outbox is full");
        }
        Entry entry = entry(next++);
        entry.bytes = size;
        entry.sentMs = 0;
        entry.dueMs = 0;
        entry.sends = 1;
        entry.held = false;
        bytes += size;
    }

    private void unhold(Entry entry) {
        if (entry.held) {
            entry.held = false;
            held--;
            heldBytes -= entry.bytes;
        }
    }

    /** The oldest is settled. */
    void settle() {
        Entry entry = entry(first++);
        unhold(entry);
        bytes -= entry.bytes;
    }

    /** Everything up to `through` has arrived. */
    void received(long through) {
        for (long at = first; held > 0 && at < next && at <= through; at++) {
            unhold(entry(at));
        }
    }

    private static long due(Entry entry) {
        if (entry.sends < 2) {
            return 0;
        }
        long wait = AGAIN_MS << Math.min(entry.sends - 2, 6);
        return entry.sentMs + Math.min(wait, AGAIN_MOST_MS);
    }

    /** Turned away: due now where it was sent once, else after a wait that grows. */
    void hold(long from, long through) {
        hold(from, through, false);
    }

    /** Lost, or nobody remembers: due now. */
    void lost(long from, long through) {
        hold(from, through, true);
    }

    private void hold(long from, long through, boolean now) {
        for (long at = Math.max(from, first); at < next && at <= through; at++) {
            Entry entry = entry(at);
            if (!entry.held) {
                entry.held = true;
                entry.dueMs = due(entry);
                held++;
                heldBytes += entry.bytes;
            }
            if (now) {
                entry.dueMs = 0;
            }
        }
    }

    /** The lowest held at or above `from` that is due and within the credit; 0: none. */
    long due(long from, Credit credit, long now) {
        long flying = count() - held;
        long flyingBytes = bytes - heldBytes;
        for (long at = Math.max(from, first); held > 0 && at < next; at++) {
            Entry entry = entry(at);
            if (!entry.held) {
                continue;
            }
            boolean fits =
                    flying == 0
                            || flying < credit.gradients
                                    && entry.bytes <= credit.bytes
                                    && flyingBytes <= credit.bytes - entry.bytes;
            //  In order: a later one never goes before an earlier one that waits for credit.
            if (!fits) {
                return 0;
            }
            if (entry.dueMs <= now) {
                return at;
            }
        }
        return 0;
    }

    /** A held one was sent. */
    void resent(long sequence, long now) {
        Entry entry = entry(sequence);
        unhold(entry);
        entry.sentMs = now;
        entry.sends++;
    }

    /** Was it sent more than once? */
    boolean again(long sequence) {
        return entry(sequence).sends > 1;
    }

    /** When the next held one that is not due yet is. */
    long nextDue(long now) {
        long least = Loop.NEVER;
        for (long at = first; held > 0 && at < next; at++) {
            Entry entry = entry(at);
            if (entry.held && entry.dueMs > now) {
                least = Math.min(least, entry.dueMs);
            }
        }
        return least;
    }

    boolean holds() {
        return held > 0;
    }
}
