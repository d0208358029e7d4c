import { performance } from "node:perf_hooks";

/** How a call that waits is bounded. */
export interface CallOptions {
    /** Longest wait of this call, in milliseconds; by default the `timeoutMs` of the connection. */
    timeoutMs?: number | undefined;
    /** Cancels the wait: the call rejects with the signal's reason. */
    signal?: AbortSignal | undefined;
}

/** Timers of Node.js count in 31 bits. */
const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds on a clock that is never set. */
export function now(): number {
    return performance.now();
}

/** Until when a call may wait, and what cancels it. */
export class Deadline {
    readonly at: number;
    readonly signal: AbortSignal | undefined;

    constructor(timeoutMs: number, signal?: AbortSignal) {
        this.at = now() + timeoutMs;
        this.signal = signal;
    }

    /** Milliseconds that are left, not below 0. */
    get left(): number {
        return Math.max(0, this.at - now());
    }

    get over(): boolean {
        return now() >= this.at;
    }

    /** Reject with the signal's reason where it was aborted. */
    check(): void {
        this.signal?.throwIfAborted();
    }
}

/** Wakes those that wait; a ring that nobody waits for is gone. */
export class Bell {
    private readonly sleepers = new Set<() => void>();

    ring(): void {
        for (const wake of [...this.sleepers]) wake();
    }

    /** Until it rings, the time is over, or the signal is aborted; the caller finds out which. */
    wait(ms: number, signal?: AbortSignal): Promise<void> {
        if (signal?.aborted) return Promise.resolve();
        return new Promise((resolve) => {
            const wake = () => {
                clearTimeout(timer);
                signal?.removeEventListener("abort", wake);
                this.sleepers.delete(wake);
                resolve();
            };
            const timer = setTimeout(wake, Math.min(Math.ceil(ms), LONGEST_MS));
            signal?.addEventListener("abort", wake, { once: true });
            this.sleepers.add(wake);
        });
    }
}

/** Lets one at a time in, in the order of their coming. */
export class Turnstile {
    private last: Promise<unknown> = Promise.resolve();

    /** Run `action` after those before it. `until` bounds the wait for them, not the action. */
    async pass<T>(until: Deadline, refuse: () => Error, action: () => Promise<T>): Promise<T> {
        const before = this.last;
        let leave = () => {};
        this.last = new Promise<void>((resolve) => {
            leave = resolve;
        });
        const bell = new Bell();
        let entered = false;
        const entry = before.then(() => {
            entered = true;
            bell.ring();
        });
        try {
            await Promise.resolve();
            if (!entered) await bell.wait(until.left, until.signal);
            until.check();
            if (!entered) throw refuse();
            return await action();
        } finally {
            //  Those behind wait for those before, also where this one gave up.
            void entry.then(leave);
        }
    }
}

/** Let the event loop look once at every socket. */
export async function turn(): Promise<void> {
    //  The first one ends the round of the loop that we are in, the second is behind a whole one.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
}
