import { Session } from "../client/session.js";
import { type CallOptions, Deadline } from "../client/wait.js";
import type { Compression } from "../compress/compressor.js";
import { codeName, codeSentence, codes } from "../errors.js";
import { Disposition, dispositionName } from "../names.js";
import type { Layout } from "../tensor/layout.js";
import type { Parameters } from "../tensor/parameters.js";
import type { Engine } from "./engine.js";
import { comesBack, openEngine } from "./open.js";
import type { Verdict, WorkerOptions, WorkerStats } from "./options.js";
import { checkPush, type PushKind, type PushOptions } from "./push-options.js";
import { Pusher } from "./pusher.js";
import type { Cursor, Stream } from "./stream.js";
import { planTensors, type TensorsInput } from "./tensors.js";
import { checkAble, waitFor } from "./waiting.js";

/** A Leave is worth this wait when all is settled, and this when it is not. */
const LEAVE_MS = 2000;
const LEAVE_IN_VAIN_MS = 200;

/**
 * A worker: takes parameters, pushes gradients. It keeps what it pushed until that is settled, sends again what
 * got lost, joins again where that is needed, and renews its lease from a thread of its own, so that a training
 * step may keep the event loop as long as it likes.
 *
 * ```ts
 * await using worker = await Worker.open({ control: "tcp://127.0.0.1:5570", name: "w1" });
 * for await (const parameters of worker.updates({ signal })) {
 *     await worker.push(gradientOf(parameters.tensors), { metrics: { loss } });
 * }
 * ```
 */
export class Worker implements AsyncDisposable {
    private readonly onVerdict: ((verdict: Verdict) => void) | undefined;
    private engine!: Engine;
    private stream!: Stream;
    private pusher!: Pusher;
    private closing: Promise<void> | undefined;
    private leaving = false;

    private constructor(
        private readonly session: Session,
        options: WorkerOptions,
    ) {
        this.onVerdict = options.onVerdict;
    }

    /**
     * Connect, wait until there is a model, join. Rejects with ARGUMENT, NAME, CONNECT, TIMEOUT, MODEL, NO_MODEL
     * (none was loaded in time), VERSION, UNSUPPORTED; where keys are named with IO, FORMAT, PERMISSION.
     */
    static async open(options: WorkerOptions): Promise<Worker> {
        const worker = new Worker(Session.open(options), options);
        const settle = (sequence: number, disposition: number, code: number) =>
            worker.settled(sequence, disposition, code);
        const opened = await openEngine(worker.session, options, settle);
        worker.engine = opened.engine;
        worker.stream = opened.stream;
        worker.pusher = new Pusher(opened.engine, opened.stream);
        if (options.compression) {
            try {
                worker.compress(options.compression);
            } catch (error) {
                await worker.close({ timeoutMs: 0 });
                throw error;
            }
        }
        return worker;
    }

    private settled(sequence: number, disposition: number, code: number): void {
        this.pusher.settled(sequence, comesBack(disposition, code));
        if (code === codes.LAYOUT) this.engine.describe = true;
        const { onVerdict } = this;
        if (disposition <= Disposition.APPLIED || !onVerdict) return;
        const verdict: Verdict = {
            sequence,
            disposition: dispositionName(disposition),
            code,
            codeName: code ? codeName(code) : "",
            message: code ? codeSentence(code) : "",
        };
        //  What it throws is its owner's, not this worker's.
        queueMicrotask(() => onVerdict(verdict));
    }

    /** This worker's name. */
    get name(): string {
        return this.session.name;
    }

    /** The model's name. */
    get model(): string {
        return this.session.model;
    }

    /** The model's layout as it is known now. */
    get layout(): Layout {
        return this.engine.layout as Layout;
    }

    /** Why a call on this worker waits or, where none does, what the last one waited for; "" at first. */
    get waits(): string {
        return this.session.waits;
    }

    /** What it has done and knows. */
    get stats(): WorkerStats {
        const { clock, epoch, hearsay, pushed, rounds, version } = this.engine;
        const ledger = this.engine.ledger as NonNullable<Engine["ledger"]>;
        return {
            pushed,
            settled: ledger.settled,
            applied: ledger.applied,
            refused: ledger.refused,
            resent: ledger.resent,
            unsettled: ledger.outbox.count,
            unsettledBytes: ledger.outbox.bytes,
            creditGradients: ledger.credit.gradients,
            creditBytes: ledger.credit.bytes,
            incarnation: ledger.incarnation,
            epoch,
            version,
            updates: this.stream.updates,
            gaps: this.stream.gaps,
            clock,
            minClock: hearsay.minClock,
            round: rounds.open,
        };
    }

    //  --------------------------------------------------------------------------------------------
    //  Parameters

    /**
     * The newest parameters that have arrived; asks for them only where there are none yet. Gradients that are
     * pushed afterwards state them as their base, as they do of those from `next`, `fetch` and `updates`.
     * Rejects with TIMEOUT, CONNECT, CLOSED, FENCED, NO_MODEL.
     */
    parameters(options: CallOptions = {}): Promise<Parameters> {
        return this.call(options, (until) => this.stream.newest(false, until));
    }

    /** Ask the coordinator for the newest parameters. Rejects as `parameters`. */
    fetch(options: CallOptions = {}): Promise<Parameters> {
        return this.call(options, (until) => this.stream.newest(true, until));
    }

    /**
     * Parameters that are newer than those given last: waits for them, which under bsp and ssp is to wait for one's
     * turn. Where the round or step ended without a version (nobody contributed, it was cleared, its result was not
     * finite), the same again: there is nothing newer to wait for. Rejects as `parameters`.
     */
    next(options: CallOptions = {}): Promise<Parameters> {
        return this.call(options, (until) => this.stream.next(this.stream.given, true, until));
    }

    /**
     * Each time the newest parameters, of rising versions, beginning with those that there are. What a slow reader
     * misses in between is passed over. Without an end of its own: `break`, or close the worker, which ends it, or
     * abort the signal, which throws its reason. `timeoutMs` bounds the wait for each; by default it is not bounded.
     */
    async *updates(options: CallOptions = {}): AsyncGenerator<Parameters, void, void> {
        const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
        let after: Cursor | undefined;
        while (!this.leaving) {
            let parameters: Parameters;
            try {
                parameters = await this.call({ signal, timeoutMs }, (until) =>
                    this.stream.next(after, false, until),
                );
            } catch (error) {
                if (this.leaving) return;
                throw error;
            }
            after = parameters;
            yield parameters;
        }
    }

    private async call<T>(options: CallOptions, action: (until: Deadline) => Promise<T>): Promise<T> {
        const until = this.session.deadline(options);
        checkAbleOrEnded(this.engine);
        return action(until);
    }

    //  --------------------------------------------------------------------------------------------
    //  Pushing

    /**
     * Push a gradient: of the whole model, or of some tensors or rows of them. Resolves with its sequence when it is
     * on its way, having waited for credit where it had to; it is kept and sent again until it is settled.
     *
     * Rejects with LENGTH, SHAPE, LAYOUT (no such tensor), ARGUMENT, NON_FINITE (where it is compressed), TIMEOUT (no
     * credit, or no connection, in time), FENCED, CLOSED. The gradient then was not pushed. An abort is the same: what
     * was pushed before stays pushed.
     */
    push(gradient: TensorsInput, options: PushOptions & CallOptions = {}): Promise<number> {
        return this.pushAs("gradient", gradient, options);
    }

    /**
     * Push parameters that this worker has trained, for policy merge: MODEL_PARAMETERS, or with `kind: "delta"` by how
     * much they have changed. `weight` is their share, such as the number of examples. Rejects as `push`.
     */
    addModelParameters(parameters: TensorsInput, options: PushOptions & CallOptions = {}): Promise<number> {
        return this.pushAs("modelParameters", parameters, options);
    }

    private pushAs(kind: PushKind, input: TensorsInput, options: PushOptions & CallOptions): Promise<number> {
        return this.call(options, (until) => {
            const said = checkPush(options, kind);
            const plan = planTensors(this.layout, input, options.dtype);
            return this.pusher.push(plan, said, options.copy === false, until);
        });
    }

    /** Push "nothing from me this time", which answers a round without contributing. Rejects as `push`. */
    skip(options: Omit<PushOptions, "kind" | "copy" | "dtype"> & CallOptions = {}): Promise<number> {
        return this.call(options, (until) => this.pusher.skip(checkPush(options), until));
    }

    /**
     * Compress whole gradients from now on; `undefined`: no more. What a gradient loses by it is kept, a residual of
     * the model's size, and goes with the next ones; so does what was SKIPPED, DISCARDED or REFUSED (but with
     * NON_FINITE). A call forgets the residual, and so does a model of another layout. Throws ARGUMENT.
     */
    compress(how: Compression | undefined): void {
        this.pusher.compress(how);
    }

    /** Wait until everything pushed is settled. Rejects with TIMEOUT, which says what is not, FENCED, CLOSED. */
    flush(options: CallOptions = {}): Promise<void> {
        return this.call(options, async (until) => {
            const { outbox } = this.engine.ledger as NonNullable<Engine["ledger"]>;
            await this.engine.catchUp();
            await waitFor(
                this.engine,
                {
                    ready: () => outbox.count === 0,
                    say: () => `settlement: ${outbox.count} gradients are not settled`,
                    settlement: true,
                },
                until,
            );
        });
    }

    /**
     * Wait until everything pushed is settled, leave, and let go of everything. Calls that wait meanwhile reject with
     * CLOSED, and iterations over updates end. Rejects, closed all the same, with TIMEOUT or the reason of the signal
     * where something was not settled; it is lost then.
     */
    close(options: CallOptions = {}): Promise<void> {
        this.leaving = true;
        this.closing ??= this.shut(options);
        return this.closing;
    }

    private async shut(options: CallOptions): Promise<void> {
        const { engine } = this;
        let settled = true;
        try {
            if (engine.ledger?.outbox.count) {
                settled = false;
                await this.flush(options);
                settled = true;
            }
        } finally {
            const waitMs = settled ? LEAVE_MS : LEAVE_IN_VAIN_MS;
            await engine.endJoins(new Deadline(waitMs));
            if (!engine.fenced) await this.leave(waitMs);
            engine.close();
            this.stream.socket?.close();
        }
    }

    /** Whoever does not answer drops us when the lease is over. */
    private async leave(waitMs: number): Promise<void> {
        const { incarnation, outbox } = this.engine.ledger as NonNullable<Engine["ledger"]>;
        const lastSequence = BigInt(outbox.next - 1);
        await this.engine.control
            .exchange(
                { case: "leave", value: { worker: this.name, incarnation, lastSequence } },
                new Deadline(waitMs),
            )
            .catch(() => {});
    }

    /** `close` with the time-out of the connection. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.close();
    }
}

/** Nothing can be asked of a worker that is closed. */
function checkAbleOrEnded(engine: Engine): void {
    if (engine.ended || engine.fenced) checkAble(engine);
}
