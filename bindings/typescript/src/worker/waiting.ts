import { type Deadline, now } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import { CONFIRM_MS } from "../limits.js";
import type { Engine } from "./engine.js";

/** Waits shorter than this are not told; longer ones are told again each second. */
const TELL_AFTER_MS = 10;
const TELL_EVERY_MS = 1000;

/** What a call waits for. */
export interface Wait {
    ready(): boolean;
    say(): string;
    /** It is settlement that is waited for: where nothing moves, look for what got lost. */
    settlement?: boolean;
}

/** Throw what keeps a worker from ever going on: it is closed or FENCED, or the coordinator is CLOSED. */
export function checkAble(engine: Engine): void {
    const { name, model, state } = engine.session;
    if (engine.ended) throw new GradmqError("CLOSED", `the worker ${name} was closed`);
    if (engine.fenced)
        throw new GradmqError(
            "FENCED",
            `a newer incarnation of ${name} has joined; this worker is over: close it, and give each worker a name ` +
                "of its own",
        );
    if (engine.refusal) throw engine.refusal;
    if (engine.closed)
        throw new GradmqError("CLOSED", `the coordinator of ${model} at ${state.control} is closing`);
}

function say(engine: Engine, wait: Wait): string {
    let known = engine.hearsay.say();
    if (engine.describe || engine.join)
        known = "joining again, because the coordinator does not know this worker";
    else if (engine.disconnected) known = "there is no connection for gradients";
    return `waiting for ${wait.say()}; ${known}`;
}

/** Suspects a loss where settlement is waited for and nothing moves, and asks where nothing is heard. */
class Suspicion {
    private movedMs = now();
    private askedMs = 0;
    private first = 0;
    private received = 0;

    constructor(private readonly engine: Engine) {}

    loss(): void {
        const { ledger } = this.engine;
        if (!ledger) return;
        if (ledger.outbox.first !== this.first || ledger.received !== this.received) {
            this.first = ledger.outbox.first;
            this.received = ledger.received;
            this.movedMs = now();
        }
        if (now() - this.movedMs < CONFIRM_MS) return;
        this.movedMs = now();
        if (ledger.outbox.count) ledger.confirm.want();
    }

    /** Another process may be there by now, and control answers everything (rules K-6, E-4). */
    silence(): void {
        const { hearsay, ledger } = this.engine;
        if (now() - Math.max(hearsay.heardMs, this.askedMs) < 2 * hearsay.heartbeatMs) return;
        this.askedMs = now();
        ledger?.confirm.want();
    }
}

/**
 * Wait until it is ready. Rejects with TIMEOUT and the sentence that says what was waited for, FENCED, CLOSED,
 * or the reason of the caller's signal.
 */
export async function waitFor(engine: Engine, wait: Wait, until: Deadline): Promise<void> {
    const { bell, hearsay, session } = engine;
    const waiter = {};
    const suspicion = new Suspicion(engine);
    let { state } = hearsay;
    let tellMs = now() + TELL_AFTER_MS;
    try {
        for (;;) {
            if (wait.ready()) return;
            until.check();
            checkAble(engine);
            if (wait.settlement) suspicion.loss();
            suspicion.silence();
            if (now() >= tellMs || until.over || state !== hearsay.state) {
                session.tell(waiter, say(engine, wait));
                state = hearsay.state;
                tellMs = now() + TELL_EVERY_MS;
            }
            if (until.over) throw new GradmqError("TIMEOUT", `the time is over while ${say(engine, wait)}`);
            engine.stir();
            const next = Math.min(until.left, Math.max(1, tellMs - now()), CONFIRM_MS);
            await bell.wait(next, until.signal);
        }
    } finally {
        session.go(waiter);
    }
}
