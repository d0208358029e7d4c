import { Worker as Thread } from "node:worker_threads";

import type { SessionState } from "../client/session.js";

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
export type ToThread = { add: number; terms: LeaseTerms } | { remove: number };
export type FromThread = { lease: number; fenced: true } | { lease: number; instance: bigint };

let thread: Thread | undefined;
let lastId = 0;
const owners = new Map<number, LeaseEvents>();

function start(): Thread {
    const started = new Thread(new URL("./lease-thread.js", import.meta.url));
    started.unref();
    started.on("message", (message: FromThread) => {
        const owner = owners.get(message.lease);
        if ("fenced" in message) owner?.fenced();
        else owner?.instance(message.instance);
    });
    started.on("error", (error) => {
        thread = undefined;
        for (const owner of owners.values()) owner.failed(error);
    });
    return started;
}

/** A lease that is renewed until it is let go. */
export class Lease {
    private readonly id = ++lastId;
    private readonly lowWater: BigUint64Array<SharedArrayBuffer>;

    constructor(state: SessionState, incarnation: bigint, leaseMs: number, events: LeaseEvents) {
        this.lowWater = new BigUint64Array(new SharedArrayBuffer(8));
        this.lowWater[0] = 1n;
        owners.set(this.id, events);
        thread ??= start();
        //  A copy: the model's name is found out once, before this.
        const terms = { state: { ...state }, incarnation, leaseMs, lowWater: this.lowWater };
        thread.postMessage({ add: this.id, terms } satisfies ToThread);
    }

    setLowWater(sequence: number): void {
        Atomics.store(this.lowWater, 0, BigInt(sequence));
    }

    stop(): void {
        if (!owners.delete(this.id)) return;
        const message: ToThread = { remove: this.id };
        thread?.postMessage(message);
        if (owners.size > 0) return;
        //  It ends by itself once it has no lease.
        thread = undefined;
    }
}
