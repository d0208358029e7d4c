import { randomBytes, randomInt } from "node:crypto";

import { isFieldSet } from "@bufbuild/protobuf";
import { Subscriber } from "zeromq";

import { type Deadline, now } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import { type Update, UpdateSchema } from "../gen/gradmq/v1/update_pb.js";
import { RESYNC_JITTER_MS, SYNC_RETRY_MS } from "../limits.js";
import type { Layout } from "../tensor/layout.js";
import { type Described, type Parameters, readParameters, wireBase } from "../tensor/parameters.js";
import { newer, positionOf } from "../wire/ack.js";
import { decodeEvent, decodeUpdate } from "../wire/message.js";
import { toNumber } from "../wire/number.js";
import { isSyncTopic, topics } from "../wire/topic.js";
import type { Engine } from "./engine.js";
import { checkAble, waitFor } from "./waiting.js";

/** Updates that wait for a slow reader: as many as this has room for, at least 2. */
const UPDATES_BYTES = 64 * 1024 * 1024;
const UPDATES_MOST = 1000;
/** After a Get that brought nothing newer the next one waits this long. */
const GET_AGAIN_MS = 100;

interface Pending {
    readonly described: Described;
    readonly frames: readonly Buffer[];
}

/** Where a reader of the stream is. */
export interface Cursor {
    readonly epoch: bigint;
    readonly version: number;
}

/** A worker's parameters: the stream of updates, and what is asked for where that is not enough. */
export class Stream {
    /** The newest that was taken over. */
    held: Parameters | undefined;
    /** What was given last: the base of gradients that state none. */
    given: Cursor | undefined;
    updates = 0;
    gaps = 0;
    /** The stream has to be joined, or joined again. */
    join = true;
    readonly socket: Subscriber | undefined;
    private pending: Pending | undefined;
    /** What is given is of another process, whose epochs have no order with those of this one. */
    private foreign = false;
    private nonce = 0n;
    private marked = { events: false, updates: false };
    private published: Cursor | undefined;
    private behindMs = 0;
    private getAfterMs = 0;

    constructor(
        private readonly engine: Engine,
        private readonly name: string,
        layout: Layout,
        subscribe: boolean,
    ) {
        const { session } = engine;
        if (!subscribe) return;
        const most = Math.floor(UPDATES_BYTES / (layout.elements * layout.master.size));
        const mark = Math.min(Math.max(most, 2), UPDATES_MOST);
        this.socket = new Subscriber(session.subscribeOptions(mark));
        this.socket.subscribe(topics.parameters(session.model, name));
    }

    /** Another process publishes from now on. */
    newInstance(): void {
        this.join = true;
        this.pending = undefined;
        this.foreign = true;
    }

    //  --------------------------------------------------------------------------------------------
    //  What arrives

    /** Take in one message of the updates socket. */
    take(frames: readonly Buffer[]): void {
        const [topic, header] = frames;
        if (!topic || !header) return;
        if (isSyncTopic(topic)) {
            const event = decodeEvent(header);
            if (event.body.case === "sync") this.mark(event.body.value.nonce, "updates");
            return;
        }
        const update = decodeUpdate(header);
        this.engine.hearsay.heard();
        this.takeUpdate(update, frames);
    }

    mark(nonce: bigint, socket: "events" | "updates"): void {
        if (nonce !== 0n && nonce === this.nonce) this.marked[socket] = true;
    }

    /** Rule U-2. Every update is a whole model, so that the one which shows a gap also closes it. */
    private count(update: Update, at: Cursor): void {
        const { previousPublishedEpoch, previousPublishedVersion } = UpdateSchema.field;
        const stated =
            isFieldSet(update, previousPublishedEpoch) || isFieldSet(update, previousPublishedVersion);
        this.updates++;
        if (
            this.published &&
            stated &&
            (update.previousPublishedEpoch !== this.published.epoch ||
                toNumber(update.previousPublishedVersion) !== this.published.version)
        )
            this.gaps++;
        this.published = at;
    }

    private takeUpdate(update: Update, frames: readonly Buffer[]): void {
        const position = positionOf(update.position);
        this.engine.position(position);
        if (position.instance !== this.engine.instance) return;
        this.count(update, position);
        const before = this.pending?.described ?? this.held;
        if (before && !newer(position, before)) return;
        const { epoch, version } = position;
        const { layout: layoutId, dtype, encoding } = update;
        this.pending = { described: { epoch, version, layoutId, dtype, encoding }, frames: frames.slice(2) };
    }

    private async over(described: Described, frames: readonly Buffer[], until: Deadline): Promise<void> {
        const { engine } = this;
        if (described.layoutId !== engine.layout?.id) await this.describe(until);
        if (described.layoutId !== engine.layout?.id)
            throw new GradmqError("LAYOUT", "the model is being replaced; ask again");
        if (this.held && !this.foreign && newer(this.held, described)) return;
        this.held = readParameters(engine.layout as Layout, described, frames);
        this.behindMs = 0;
    }

    private async describe(until: Deadline): Promise<void> {
        const { reply } = await this.engine.control.call({ case: "describe", value: {} }, until);
        if (reply.body.case === "description") this.engine.followers.described(reply.body.value);
    }

    private async takePending(until: Deadline): Promise<void> {
        const { pending } = this;
        if (!pending) return;
        this.pending = undefined;
        if (!this.held || newer(pending.described, this.held))
            await this.over(pending.described, pending.frames, until);
    }

    private async get(until: Deadline): Promise<void> {
        const { engine, held } = this;
        const newerThan = held ? { newerThan: wireBase(held) } : {};
        const { reply, payload } = await engine.control.call(
            { case: "getModelParameters", value: { stream: this.name, ...newerThan } },
            until,
        );
        this.getAfterMs = now() + GET_AGAIN_MS;
        this.behindMs = 0;
        if (reply.body.case !== "modelParameters" || reply.body.value.unchanged) return;
        const { layoutId, dtype, encoding } = reply.body.value;
        const { epoch, version } = positionOf(reply.position);
        await this.over({ epoch, version, layoutId, dtype, encoding }, payload, until);
    }

    //  --------------------------------------------------------------------------------------------
    //  Joining the stream

    private get synced(): boolean {
        return this.marked.events && (this.marked.updates || !this.socket);
    }

    /** Nothing that is published is missed from here on (rule U-4). */
    async sync(until: Deadline): Promise<void> {
        const { engine } = this;
        const sockets = this.socket ? [engine.events, this.socket] : [engine.events];
        const nonce = randomBytes(8).readBigUInt64LE() | 1n;
        this.nonce = nonce;
        this.marked = { events: false, updates: false };
        const topic = topics.sync(nonce);
        for (const socket of sockets) socket.subscribe(topic);
        try {
            while (!this.synced) {
                if (until.over)
                    throw new GradmqError(
                        "TIMEOUT",
                        `nothing of what ${engine.session.model} publishes arrives on the socket for ` +
                            `${this.marked.events ? "updates" : "events"}: is that endpoint reachable from here?`,
                    );
                await engine.control.call({ case: "sync", value: { nonce } }, until);
                const again = Math.min(now() + SYNC_RETRY_MS, until.at);
                while (!this.synced && now() < again) {
                    until.check();
                    await engine.bell.wait(again - now(), until.signal);
                }
            }
        } finally {
            if (!engine.ended) for (const socket of sockets) socket.unsubscribe(topic);
            //  Another call may be waiting for a mark of its own by now.
            if (this.nonce === nonce) this.nonce = 0n;
        }
    }

    /** The stream is joined, and something is held. */
    private async hold(until: Deadline): Promise<void> {
        while (this.join || !this.held) {
            if (this.join && this.socket) {
                this.join = false;
                this.published = undefined;
                try {
                    await this.sync(until);
                } catch (error) {
                    this.join = true;
                    throw error;
                }
            }
            if (!this.socket) this.join = false;
            await this.get(until);
            if (!this.held && until.over) throw new GradmqError("TIMEOUT", "no parameters came in time");
        }
    }

    //  --------------------------------------------------------------------------------------------
    //  What callers ask for

    /** Rule U-5: something newer has been known of for longer than a heartbeat and a random wait. */
    private get behind(): boolean {
        const { engine } = this;
        const at = this.pending?.described ?? this.held;
        if (!this.held || !at || !newer(engine, at)) {
            this.behindMs = 0;
            return false;
        }
        if (!this.socket) return now() >= this.getAfterMs;
        this.behindMs ||= now() + engine.hearsay.heartbeatMs + randomInt(RESYNC_JITTER_MS + 1);
        return now() >= this.behindMs;
    }

    /** What is held is newer than where a reader is. Epochs of two instances have no order. */
    private isNews(after: Cursor): boolean {
        if (!this.held) return false;
        if (this.foreign && this.held.epoch !== after.epoch) return !this.join;
        return newer(this.held, after);
    }

    /** Rule O-7: the round that was answered is over, and its version is the newest. An end ends rounds, too. */
    private isPassed(after: Cursor): boolean {
        return this.engine.rounds.over && !this.engine.closed && !newer(this.engine, after);
    }

    private give(): Parameters {
        const held = this.held as Parameters;
        this.foreign = this.foreign && this.join;
        this.given = held;
        this.engine.rounds.take(held.epoch, held.version);
        return held;
    }

    private async ready(until: Deadline): Promise<boolean> {
        await this.engine.catchUp();
        if (this.engine.fenced || this.engine.ended) checkAble(this.engine);
        const joined = this.held !== undefined && !this.join;
        await this.hold(until);
        await this.takePending(until);
        return joined;
    }

    /** The newest that has arrived; `fetch`: ask for it. */
    async newest(fetch: boolean, until: Deadline): Promise<Parameters> {
        const joined = await this.ready(until);
        if (joined && (fetch || !this.socket || this.behind)) await this.get(until);
        return this.give();
    }

    /**
     * Newer than `after`, which is what was given last; without it, the newest. Where the round or step ended
     * without a version, and `passing`, the same again.
     */
    async next(after: Cursor | undefined, passing: boolean, until: Deadline): Promise<Parameters> {
        const joined = await this.ready(until);
        if (joined && this.behind) await this.get(until);
        const passed = (at: Cursor) => passing && this.isPassed(at);
        while (after && !this.isNews(after) && !passed(after)) {
            const at = after;
            await waitFor(
                this.engine,
                {
                    ready: () =>
                        this.pending !== undefined ||
                        this.join ||
                        this.behind ||
                        this.isNews(at) ||
                        passed(at),
                    say: () => `a version newer than ${at.version}`,
                },
                until,
            );
            if (this.join) await this.hold(until);
            await this.takePending(until);
            if (this.behind) await this.get(until);
        }
        return this.give();
    }
}
