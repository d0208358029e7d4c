import type { ConnectOptions } from "../client/options.js";
import type { Body } from "../client/requester.js";
import { Session } from "../client/session.js";
import type { CallOptions } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import { type StateName, stateName } from "../names.js";
import type { BaseInput, Parameters } from "../tensor/parameters.js";
import { type Ack, ackOf, type Position } from "../wire/ack.js";
import { toNumber } from "../wire/number.js";
import { checkPush, type PushKind, type PushOptions } from "../worker/push-options.js";
import type { TensorsInput } from "../worker/tensors.js";
import { add } from "./add.js";
import { type ChangeOptions, Connection } from "./connection.js";
import { type CoordinatorEvent, Watch } from "./events.js";
import type { ModelInput } from "./load.js";
import { getModel, type Loaded, type LoadOptions, setModel } from "./model.js";
import { operate } from "./operations.js";
import {
    type Description,
    type Operation,
    readDescription,
    readStatus,
    readWorker,
    type Status,
    type WorkerInfo,
} from "./reports.js";
import { readSettings, type SettingsChange, type SettingsInForce, writeChange } from "./settings.js";

const WORKERS_A_PAGE = 256;

/** How one gradient is added. */
export type AddOptions = Omit<PushOptions, "copy"> &
    ChangeOptions & {
        /** Check everything, keep nothing. */
        dryRun?: boolean | undefined;
    };

/**
 * A coordinator from afar: loads models, changes settings, starts and stops, and tells what is going on. Any number
 * of calls may be made at a time; they are asked one after the other. Each is asked again, with the same request id,
 * until there is an answer or its time is over, so that it is done once.
 *
 * Every call may reject with TIMEOUT, CONNECT, PERMISSION and the codes that the coordinator answers with; nothing was
 * changed then, unless it says otherwise.
 */
export class Coordinator implements AsyncDisposable {
    private readonly watches = new Set<Watch>();
    private closed = false;

    private constructor(private readonly connection: Connection) {}

    /** Connect and ask what is there. Rejects with ARGUMENT, CONNECT, TIMEOUT, MODEL, VERSION; of keys IO, FORMAT. */
    static async open(options: ConnectOptions): Promise<Coordinator> {
        const session = Session.open(options);
        const connection = new Connection(session);
        try {
            const { answer } = await connection.ask(
                { case: "describe", value: {} },
                "description",
                session.deadline(options),
            );
            session.state.model ||= answer.reply.model;
            if (!session.model)
                throw new GradmqError("MALFORMED", `${session.state.control} does not name its model`);
        } catch (error) {
            connection.requester.close();
            throw error;
        }
        return new Coordinator(connection);
    }

    /** Let go of the connection. The coordinator goes on; see `destroy`. */
    async close(): Promise<void> {
        if (this.closed) return;
        this.closed = true;
        for (const watch of this.watches) watch.close();
        this.connection.requester.close();
    }

    [Symbol.asyncDispose](): Promise<void> {
        return this.close();
    }

    /** The model's name. */
    get model(): string {
        return this.connection.session.model;
    }

    /** Where the model was at the newest answer. */
    get position(): Position {
        return this.connection.position;
    }

    private extras(options: ChangeOptions): { ifEpoch: bigint | undefined; ifVersion: number | undefined } {
        return { ifEpoch: options.ifEpoch, ifVersion: options.ifVersion };
    }

    private until(options: CallOptions) {
        return this.connection.session.deadline(options);
    }

    //  --------------------------------------------------------------------------------------------
    //  Settings

    /**
     * Change settings, all or nothing: what is absent keeps its value, `null` goes back to its default. Resolves with
     * what is in force from then on. Rejects with ARGUMENT (out of range, or without an effect), UNSUPPORTED,
     * CONDITION.
     */
    async setParameters(change: SettingsChange, options: ChangeOptions = {}): Promise<SettingsInForce> {
        const value = writeChange(change);
        const { body } = await this.connection.ask(
            { case: "setParameters", value },
            "parameters",
            this.until(options),
            this.extras(options),
        );
        return readSettings(body);
    }

    /** The settings in force. */
    async getParameters(options: CallOptions = {}): Promise<SettingsInForce> {
        const { body } = await this.connection.ask(
            { case: "getParameters", value: {} },
            "parameters",
            this.until(options),
        );
        return readSettings(body);
    }

    //  --------------------------------------------------------------------------------------------
    //  The model

    /**
     * Load a model: a new epoch begins at version 0. `dtype`: what the numbers are sent as, by default what they are
     * given as; `masterDtype`: in what the coordinator holds them, by default f64 where one of them is. `copy: false`:
     * the numbers are not copied, and must not change before this resolves. Rejects with SHAPE, NAME, LENGTH,
     * NON_FINITE, TOO_LARGE, CONDITION.
     */
    async setModelParameters(model: ModelInput, options: LoadOptions = {}): Promise<Loaded> {
        return setModel(this.connection, model, options);
    }

    /**
     * The newest parameters, the caller's own. Gradients that are added afterwards state them as their base. `stream`:
     * "f32", "f64", "f16", "bf16" or "int8", by default that of the model's own dtype. Rejects with NO_MODEL, BUSY,
     * UNSUPPORTED.
     */
    getModelParameters(options?: CallOptions & { stream?: string }): Promise<Parameters>;
    /** The same; `undefined` where nothing is newer than `newerThan`. */
    getModelParameters(
        options: CallOptions & { stream?: string; newerThan: BaseInput },
    ): Promise<Parameters | undefined>;
    async getModelParameters(
        options: CallOptions & { stream?: string; newerThan?: BaseInput } = {},
    ): Promise<Parameters | undefined> {
        return getModel(this.connection, options);
    }

    //  --------------------------------------------------------------------------------------------
    //  Gradients

    /**
     * Add one gradient and wait until it is settled, joining and leaving around it. It states the parameters that
     * `getModelParameters` gave last as its base, unless `base` says otherwise. Rejects with the code of a refusal;
     * DISPOSED: it was not applied, and the message says why.
     */
    addGradients(gradient: TensorsInput, options: AddOptions = {}): Promise<void> {
        return this.add("gradient", gradient, options, true);
    }

    /**
     * Add parameters under policy merge: MODEL_PARAMETERS, or with `kind: "delta"` by how much they have changed.
     * Resolves once they are received; they take part in the step that `needed` of them make. Rejects as
     * `addGradients`.
     */
    async addModelParameters(parameters: TensorsInput, options: AddOptions = {}): Promise<void> {
        if (options.kind === "gradient")
            throw new GradmqError(
                "ARGUMENT",
                'a gradient is no parameters: add it with addGradients, or say "delta"',
            );
        return this.add("modelParameters", parameters, options, false);
    }

    private async add(
        kind: PushKind,
        input: TensorsInput,
        options: AddOptions,
        settled: boolean,
    ): Promise<void> {
        const said = checkPush(options, kind);
        const { dtype, dryRun = false } = options;
        return add(this.connection, { input, said, dtype, dryRun, settled, options });
    }

    /** How many contributions the open step has, and how many make one; `needed` 0: that depends on the members. */
    async contributions(options: CallOptions = {}): Promise<{ contributions: number; needed: number }> {
        const { contributions, needed } = await this.status(options);
        return { contributions, needed };
    }

    /** Drop the contributions to the open step; resolves with their number. UNSUPPORTED: each gradient is a step. */
    async reset(options: ChangeOptions = {}): Promise<number> {
        return this.cleared({ case: "reset", value: {} }, options);
    }

    /**
     * Drop what is queued; resolves with how many. `newEpoch`: also begin a new epoch, so that what is on its way
     * is refused.
     */
    async clearGradients(options: ChangeOptions & { newEpoch?: boolean } = {}): Promise<number> {
        return this.cleared(
            { case: "clearGradients", value: { newEpoch: options.newEpoch ?? false } },
            options,
        );
    }

    private async cleared(request: Body, options: ChangeOptions): Promise<number> {
        const { body } = await this.connection.ask(
            request,
            "cleared",
            this.until(options),
            this.extras(options),
        );
        return toNumber(body.cleared);
    }

    //  --------------------------------------------------------------------------------------------
    //  State

    /** Apply gradients from now on. Rejects with NO_MODEL, STATE (it runs already), CONDITION. */
    start(options: ChangeOptions = {}): Promise<StateName> {
        return this.changed({ case: "start", value: {} }, options);
    }

    /** Finish the step in hand and make no other; what is queued stays. */
    stop(options: ChangeOptions = {}): Promise<StateName> {
        return this.changed({ case: "stop", value: {} }, options);
    }

    /** End the coordinator. `withoutCheckpoint`: write no last one. */
    destroy(options: ChangeOptions & { withoutCheckpoint?: boolean } = {}): Promise<StateName> {
        const { withoutCheckpoint = false } = options;
        return this.changed({ case: "destroy", value: { withoutCheckpoint } }, options);
    }

    private async changed(request: Body, options: ChangeOptions): Promise<StateName> {
        const { body } = await this.connection.ask(
            request,
            "state",
            this.until(options),
            this.extras(options),
        );
        return stateName(body.state);
    }

    //  --------------------------------------------------------------------------------------------
    //  What is there

    /** Endpoints, layout, limits, and what the coordinator can do. */
    async describe(options: CallOptions = {}): Promise<Description> {
        const { body } = await this.connection.ask(
            { case: "describe", value: {} },
            "description",
            this.until(options),
        );
        return readDescription(this.model, body);
    }

    /** State, counters, queue, and who is waited for. */
    async status(options: CallOptions = {}): Promise<Status> {
        const { body } = await this.connection.ask(
            { case: "status", value: {} },
            "status",
            this.until(options),
        );
        return readStatus(body);
    }

    /** The members by name, asked for `pageSize` at a time; at most 1024. */
    async *workers(
        options: CallOptions & { pageSize?: number; after?: string } = {},
    ): AsyncGenerator<WorkerInfo, void, void> {
        const limit = options.pageSize ?? WORKERS_A_PAGE;
        let { after } = options;
        for (let more = true; more; ) {
            const value = { limit, ...(after === undefined ? {} : { after }) };
            const { body } = await this.connection.ask(
                { case: "listWorkers", value },
                "workers",
                this.until(options),
            );
            yield* body.workers.map(readWorker);
            after = body.workers.at(-1)?.name;
            more = body.more && after !== undefined;
        }
    }

    /** All members, by name. */
    async listWorkers(options: CallOptions = {}): Promise<WorkerInfo[]> {
        const all: WorkerInfo[] = [];
        for await (const worker of this.workers(options)) all.push(worker);
        return all;
    }

    /**
     * What is published for everybody from now on: heartbeats, notices, step reports with the workers' metrics,
     * announcements. Ends with `break`, when this coordinator is closed, or by throwing the signal's reason.
     */
    async *events(options: CallOptions = {}): AsyncGenerator<CoordinatorEvent, void, void> {
        const watch = new Watch(this.connection.session);
        this.watches.add(watch);
        try {
            await watch.open(this.connection.requester, this.until(options));
            yield* watch.read(options);
        } finally {
            this.watches.delete(watch);
            watch.close();
        }
    }

    /** What one worker's sequences have come to; with `sentThrough` what was sent and did not arrive is missing too. */
    async acknowledgement(
        worker: string,
        incarnation: bigint,
        options: CallOptions & { sentThrough?: number } = {},
    ): Promise<Ack> {
        const sentThrough = BigInt(options.sentThrough ?? 0);
        const value = { worker, incarnation, sentThrough };
        const until = this.until(options);
        const { body } = await this.connection.ask(
            { case: "acknowledgement", value },
            "acknowledgement",
            until,
        );
        return ackOf(body);
    }

    /** Have a mark published on updates and on events, on the topic `sync/NONCE/`. */
    async sync(nonce: bigint, options: CallOptions = {}): Promise<void> {
        await this.connection.requester.call({ case: "sync", value: { nonce } }, this.until(options));
    }

    //  --------------------------------------------------------------------------------------------
    //  Slow work

    /** Write a checkpoint now, and wait until it is on the disk. Rejects with STATE, NO_MODEL, UNSUPPORTED, INTERNAL. */
    checkpoint(options: ChangeOptions = {}): Promise<Operation> {
        return operate(this.connection, { case: "checkpoint", value: {} }, options);
    }

    /** Go back to a checkpoint, by default the newest; a new epoch begins. Rejects with ARGUMENT, UNSUPPORTED. */
    restore(options: ChangeOptions & { checkpoint?: string } = {}): Promise<Operation> {
        const value = options.checkpoint ? { checkpoint: options.checkpoint } : {};
        return operate(this.connection, { case: "restore", value }, options);
    }

    /** Write down what happens to the model from now on, in a new file of this name. */
    record(name: string, options: ChangeOptions = {}): Promise<Operation> {
        return operate(this.connection, { case: "record", value: { name } }, options, false);
    }

    /** End the recording. Rejects with STATE where none is made. */
    endRecording(options: ChangeOptions = {}): Promise<Operation> {
        return operate(this.connection, { case: "record", value: { stop: true } }, options);
    }
}
