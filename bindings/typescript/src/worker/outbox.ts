/** Most gradients and payload octets that may be sent and not settled. */
export interface Credit {
    gradients: number;
    bytes: number;
}

interface Entry {
    readonly bytes: number;
    sends: number;
    /** To be sent again. */
    held: boolean;
    sentMs: number;
    dueMs: number;
}

/** First and longest wait between two sends of a gradient that is turned away again and again. */
const AGAIN_MS = 100;
const AGAIN_MOST_MS = 5000;

/**
 * Which sequences are not settled, and which of them are to be sent again, when. It knows no octets and no
 * sockets.
 */
export class Outbox {
    /** The oldest sequence that is not settled; where there is none, the next one. */
    first = 1;
    /** The next sequence. */
    next = 1;
    /** Payload octets of those between. */
    bytes = 0;
    private readonly entries = new Map<number, Entry>();
    private heldCount = 0;
    private heldBytes = 0;

    get count(): number {
        return this.next - this.first;
    }

    /** How many are to be sent again. */
    get held(): number {
        return this.heldCount;
    }

    /** Rule C-1: is there room for one more? One is always allowed. */
    room(bytes: number, credit: Credit): boolean {
        if (this.count === 0) return true;
        return this.count < credit.gradients && this.bytes + bytes <= credit.bytes;
    }

    /** The next sequence was sent. */
    add(bytes: number): void {
        this.entries.set(this.next++, { bytes, sends: 1, held: false, sentMs: 0, dueMs: 0 });
        this.bytes += bytes;
    }

    /** The newest one did not get away. */
    retract(): void {
        const entry = this.entry(this.next - 1);
        this.unhold(entry);
        this.bytes -= entry.bytes;
        this.entries.delete(--this.next);
    }

    /** The oldest one is settled. */
    settle(): void {
        const entry = this.entry(this.first);
        this.unhold(entry);
        this.bytes -= entry.bytes;
        this.entries.delete(this.first++);
    }

    /** All up to here have arrived: none of them goes again. */
    received(through: number): void {
        for (let at = this.first; this.heldCount > 0 && at < this.next && at <= through; at++)
            this.unhold(this.entry(at));
    }

    /** Turned away: to be sent again, each time after a longer wait. */
    hold(first: number, last: number): void {
        this.mark(first, last, false);
    }

    /** Lost: to be sent again at once. */
    lost(first: number, last: number): void {
        this.mark(first, last, true);
    }

    private mark(first: number, last: number, atOnce: boolean): void {
        for (let at = Math.max(first, this.first); at < this.next && at <= last; at++) {
            const entry = this.entry(at);
            if (!entry.held) {
                entry.held = true;
                entry.dueMs =
                    entry.sends < 2
                        ? 0
                        : entry.sentMs +
                          Math.min(AGAIN_MS * 2 ** Math.min(entry.sends - 2, 6), AGAIN_MOST_MS);
                this.heldCount++;
                this.heldBytes += entry.bytes;
            }
            if (atOnce) entry.dueMs = 0;
        }
    }

    /**
     * The lowest sequence from `from` on that may go again now; 0: none. In order: a later one never goes before
     * an earlier one that waits for credit.
     */
    due(from: number, credit: Credit, nowMs: number): number {
        if (this.heldCount === 0) return 0;
        const flying = this.count - this.heldCount;
        const flyingBytes = this.bytes - this.heldBytes;
        for (let at = Math.max(from, this.first); at < this.next; at++) {
            const entry = this.entry(at);
            if (!entry.held) continue;
            const fits =
                flying === 0 || (flying < credit.gradients && flyingBytes + entry.bytes <= credit.bytes);
            if (!fits) return 0;
            if (entry.dueMs <= nowMs) return at;
        }
        return 0;
    }

    /** It was sent again. */
    resent(sequence: number, nowMs: number): void {
        const entry = this.entry(sequence);
        this.unhold(entry);
        entry.sentMs = nowMs;
        entry.sends++;
    }

    /** How often it was sent. */
    sends(sequence: number): number {
        return this.entries.get(sequence)?.sends ?? 0;
    }

    /** How long until one that waits for its time may go; Infinity: none does. */
    waitMs(nowMs: number): number {
        let wait = Number.POSITIVE_INFINITY;
        if (this.heldCount === 0) return wait;
        for (const entry of this.entries.values())
            if (entry.held && entry.dueMs > nowMs) wait = Math.min(wait, entry.dueMs - nowMs);
        return wait;
    }

    private unhold(entry: Entry): void {
        if (!entry.held) return;
        entry.held = false;
        this.heldCount--;
        this.heldBytes -= entry.bytes;
    }

    private entry(sequence: number): Entry {
        const entry = this.entries.get(sequence);
        if (!entry)
            throw new RangeError(`sequence ${sequence} is not between ${this.first} and ${this.next}`);
        return entry;
    }
}
