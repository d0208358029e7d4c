import { Worker as Thread } from "node:worker_threads";
import type { SessionState } from "../client/session.js";
import { GradmqError } from "../errors.js";

//  Leases are renewed from a thread of their own, one for the whole process: a training step that keeps the
//  event loop for longer than a lease must not cost the membership. Everything else needs the event loop only
//  where its caller waits, so the sockets of workers stay on the caller's thread, where large payloads need
//  not be handed over.

/** What a lease needs to be renewed. */
export interface LeaseTerms {
    readonly state: SessionState;
    readonly incarnation: bigint;
    readonly leaseMs: number;
    /** One number, shared by the threads: the oldest sequence that is not settled. */
    readonly lowWater: BigUint64Array<SharedArrayBuffer>;
}

/** What the owner of a lease is told. */
export interface LeaseEvents {
    /** The coordinator says that somebody of the same name joined later. */
    fenced(): void;
    /** An answer came from this process of the coordinator. */
    instance(instance: bigint): void;
    /** The thread has ended. */
    failed(error: Error): void;
}

/** Messages to the thread and from it. */
export type ToThread =
    | { add: number; terms: LeaseTerms }
    | { halt: number; patienceMs: number }
    | { remove: number }
    | { end: true };
export type FromThread =
    | { lease: number; added: true }
    | { lease: number; halted: true }
    | { lease: number; fenced: true }
    | { lease: number; instance: bigint };

/** How long the end of the process waits for a thread to let go of its sockets. */
const LET_GO_MS = 2000;

/** A thread, and whether it has let go of its sockets: then it may be cut off. */
interface Running {
    readonly thread: Thread;
    readonly quiet: Int32Array<SharedArrayBuffer>;
}

let current: Running | undefined;
let lastId = 0;
const leases = new Map<number, Lease>();
const threads = new Set<Running>();

function end({ thread }: Running): void {
    thread.postMessage({ end: true } satisfies ToThread);
}

/** A thread that is cut off while it has sockets takes the process with it. */
function letGo(): void {
    for (const running of threads) {
        end(running);
        Atomics.wait(running.quiet, 0, 0, LET_GO_MS);
    }
}

function start(): Running {
    const quiet = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Thread(new URL("./lease-thread.js", import.meta.url), { workerData: quiet });
    const running = { thread, quiet };
    if (threads.size === 0) process.on("exit", letGo);
    threads.add(running);
    thread.unref();
    thread.on("message", (message: FromThread) => leases.get(message.lease)?.hear(message));
    thread.on("error", (error) => {
        if (current === running) current = undefined;
        for (const lease of leases.values()) lease.fail(error);
    });
    thread.on("exit", () => {
        threads.delete(running);
        if (threads.size === 0) process.off("exit", letGo);
    });
    return running;
}

/** A lease that is renewed from `begin` on until it is let go. */
export class Lease {
    private readonly id = ++lastId;
    private readonly lowWater = new BigUint64Array(new SharedArrayBuffer(8));
    /** Lets whoever waits for the thread go on. */
    private answered: () => void = () => {};
    private failure: Error | undefined;

    /** The thread is started, so that it is there when the lease begins. */
    constructor(private readonly events: LeaseEvents) {
        this.lowWater[0] = 1n;
        leases.set(this.id, this);
        current ??= start();
    }

    /** Say something to the thread; resolves when it has answered, or is no more. */
    private ask(message: ToThread): Promise<void> {
        return new Promise((resolve) => {
            this.answered = resolve;
            if (current && !this.failure) current.thread.postMessage(message);
            else resolve();
        });
    }

    /** Renew from now on; resolves when the thread has taken it over. Rejects with INTERNAL: there is no thread. */
    async begin(state: SessionState, incarnation: bigint, leaseMs: number): Promise<void> {
        const { id, lowWater } = this;
        await this.ask({ add: id, terms: { state: { ...state }, incarnation, leaseMs, lowWater } });
        if (this.failure)
            throw new GradmqError(
                "INTERNAL",
                `the thread that renews leases does not run: ${this.failure.message}; it is made from the file ` +
                    "lease-thread.js, which has to lie beside this library's others",
                { cause: this.failure },
            );
    }

    /** Renew no more; resolves with the answer to a renewal that is on its way, at the latest after so long. */
    async halt(patienceMs: number): Promise<void> {
        if (leases.has(this.id)) await this.ask({ halt: this.id, patienceMs });
    }

    setLowWater(sequence: number): void {
        Atomics.store(this.lowWater, 0, BigInt(sequence));
    }

    stop(): void {
        if (!leases.delete(this.id)) return;
        this.answered();
        current?.thread.postMessage({ remove: this.id } satisfies ToThread);
        if (leases.size > 0 || !current) return;
        //  It ends by itself, and the process waits for that.
        end(current);
        current.thread.ref();
        current = undefined;
    }

    /** @internal */
    hear(message: FromThread): void {
        if ("added" in message || "halted" in message) this.answered();
        else if ("fenced" in message) this.events.fenced();
        else this.events.instance(message.instance);
    }

    /** @internal */
    fail(error: Error): void {
        this.failure = error;
        this.events.failed(error);
        this.answered();
    }
}
