import { parentPort } from "node:worker_threads";

import { Requester } from "../client/requester.js";
import { Session } from "../client/session.js";
import { Bell, Deadline } from "../client/wait.js";
import { codes } from "../errors.js";
import { toNumber } from "../wire/number.js";
import type { FromThread, LeaseTerms, ToThread } from "./lease.js";

//  The thread's side of lease.ts: for each lease a Join in each third of it.

const LEAST_MS = 30;
const LEASE_MS = 30000;

const running = new Map<number, AbortController>();

function tell(message: FromThread): void {
    parentPort?.postMessage(message);
}

async function renew(lease: number, terms: LeaseTerms, signal: AbortSignal): Promise<void> {
    const requester = new Requester(new Session(terms.state));
    const bell = new Bell();
    let leaseMs = terms.leaseMs || LEASE_MS;
    try {
        for (;;) {
            await bell.wait(Math.max(leaseMs / 3, LEAST_MS), signal);
            if (signal.aborted) return;
            const { reply } = await requester.exchange(
                {
                    case: "join",
                    value: {
                        worker: terms.state.name,
                        incarnation: terms.incarnation,
                        lowWater: Atomics.load(terms.lowWater, 0),
                    },
                },
                new Deadline(Number.POSITIVE_INFINITY, signal),
            );
            if (reply.position?.instance) tell({ lease, instance: reply.position.instance });
            if (reply.code === codes.FENCED) {
                tell({ lease, fenced: true });
                return;
            }
            if (reply.body.case === "joined" && reply.body.value.leaseMs)
                leaseMs = toNumber(reply.body.value.leaseMs);
        }
    } finally {
        requester.close();
    }
}

async function keep(lease: number, terms: LeaseTerms, control: AbortController): Promise<void> {
    while (!control.signal.aborted) {
        try {
            await renew(lease, terms, control.signal);
            return;
        } catch {
            //  An answer that cannot be read, or the end of the wait: begin again with a new socket.
        }
    }
}

parentPort?.on("message", (message: ToThread) => {
    if ("add" in message) {
        const control = new AbortController();
        running.set(message.add, control);
        void keep(message.add, message.terms, control);
        tell({ lease: message.add, added: true });
    } else if ("remove" in message) {
        running.get(message.remove)?.abort();
        running.delete(message.remove);
    } else parentPort?.close();
});
