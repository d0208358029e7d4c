import { parentPort, workerData } from "node:worker_threads";

import { Requester } from "../client/requester.js";
import { Session } from "../client/session.js";
import { Bell, Deadline, turn } from "../client/wait.js";
import { codes } from "../errors.js";
import { toNumber } from "../wire/number.js";
import type { FromThread, LeaseTerms, ToThread } from "./lease.js";

//  The thread's side of lease.ts: for each lease a Join in each third of it.

const LEAST_MS = 30;
const LEASE_MS = 30000;

/** Renews one lease, over a socket of its own. */
class Renewal {
    private readonly stopping = new AbortController();
    private readonly bell = new Bell();
    private halting = false;
    private running = Promise.resolve();
    private requester: Requester | undefined;

    constructor(
        private readonly lease: number,
        private readonly terms: LeaseTerms,
    ) {}

    begin(): void {
        this.running = this.run();
    }

    private async run(): Promise<void> {
        const { signal } = this.stopping;
        let { leaseMs } = this.terms;
        //  The first time soon: what is slow about it is over before it matters.
        let wait = LEAST_MS;
        while (!signal.aborted && !this.halting) {
            this.requester ??= new Requester(new Session(this.terms.state));
            await this.bell.wait(wait, signal);
            if (signal.aborted || this.halting) return;
            try {
                leaseMs = await this.renew(this.requester, leaseMs);
            } catch {
                //  An answer that cannot be read, or the end of the wait: begin again with a new socket.
                this.requester?.close();
                if (!signal.aborted) this.requester = undefined;
            }
            wait = Math.max((leaseMs || LEASE_MS) / 3, LEAST_MS);
        }
    }

    private async renew(requester: Requester, leaseMs: number): Promise<number> {
        const { incarnation, lowWater, state } = this.terms;
        const value = { worker: state.name, incarnation, lowWater: Atomics.load(lowWater, 0) };
        const until = new Deadline(Number.POSITIVE_INFINITY, this.stopping.signal);
        const { reply } = await requester.exchange({ case: "join", value }, until);
        const { lease } = this;
        if (reply.position?.instance) tell({ lease, instance: reply.position.instance });
        if (reply.code === codes.FENCED) {
            tell({ lease, fenced: true });
            this.stopping.abort();
        }
        const joined = reply.body.case === "joined" ? toNumber(reply.body.value.leaseMs) : 0;
        return joined || leaseMs;
    }

    /** Begin no other renewal; resolves with the answer to one that is on its way, at the latest after so long. */
    async halt(patienceMs: number): Promise<void> {
        this.halting = true;
        this.bell.ring();
        const impatience = setTimeout(() => this.stopping.abort(), patienceMs);
        await this.running;
        clearTimeout(impatience);
    }

    /** Resolves when nothing of it is left in the event loop. */
    async stop(): Promise<void> {
        this.stopping.abort();
        this.requester?.close();
        await this.requester?.ended;
    }
}

const renewals = new Map<number, Renewal>();

function tell(message: FromThread): void {
    parentPort?.postMessage(message);
}

function add(lease: number, terms: LeaseTerms): void {
    const renewal = new Renewal(lease, terms);
    renewals.set(lease, renewal);
    renewal.begin();
    tell({ lease, added: true });
}

async function halt(lease: number, patienceMs: number): Promise<void> {
    await renewals.get(lease)?.halt(patienceMs);
    tell({ lease, halted: true });
}

/** Stops that go on still. */
const stops = new Set<Promise<void>>();

function remove(lease: number): void {
    const renewal = renewals.get(lease);
    if (!renewal) return;
    renewals.delete(lease);
    const stop = renewal.stop();
    stops.add(stop);
    void stop.then(() => stops.delete(stop));
}

/** Let go of all sockets, and say so once nothing of them is left in the event loop. */
async function end(): Promise<void> {
    for (const lease of [...renewals.keys()]) remove(lease);
    parentPort?.close();
    await Promise.all(stops);
    await turn();
    const quiet = workerData as Int32Array;
    Atomics.store(quiet, 0, 1);
    Atomics.notify(quiet, 0);
}

parentPort?.on("message", (message: ToThread) => {
    if ("add" in message) add(message.add, message.terms);
    else if ("halt" in message) void halt(message.halt, message.patienceMs);
    else if ("remove" in message) remove(message.remove);
    else void end();
});
