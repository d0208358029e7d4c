import { randomBytes } from "node:crypto";

import { Subscriber } from "zeromq";

import { chooseEndpoint } from "../client/endpoint.js";
import type { Requester } from "../client/requester.js";
import type { Session } from "../client/session.js";
import { Bell, type CallOptions, type Deadline, now } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import {
    AnnouncementSchema,
    type Event,
    HeartbeatSchema,
    MalformedSchema,
    NoticeSchema,
    StepReportSchema,
} from "../gen/gradmq/v1/event_pb.js";
import { SYNC_RETRY_MS } from "../limits.js";
import { type NoticeName, noticeName, type StateName, stateName } from "../names.js";
import { type Position, positionOf } from "../wire/ack.js";
import { decodeEvent } from "../wire/message.js";
import { plain } from "../wire/plain.js";
import { topics } from "../wire/topic.js";

interface Told {
    readonly model: string;
    readonly position: Position;
}

/** A sign of life, each second. */
export interface HeartbeatEvent extends Told {
    readonly type: "heartbeat";
    readonly state: StateName;
    /** One sentence, where something keeps steps from being made. */
    readonly why: string;
    readonly durability: string;
    readonly round: number;
    readonly deadlineMs: number | undefined;
    readonly minClock: number;
    readonly waitingFor: readonly string[];
    readonly waitingTotal: number;
    readonly members: number;
    readonly queued: number;
    readonly settingsRevision: number;
}

/** Something happened, such as a worker that joined. */
export interface NoticeEvent extends Told {
    readonly type: "notice";
    readonly notice: NoticeName;
    readonly message: string;
    readonly worker: string;
    readonly incarnation: bigint;
    readonly sequence: number;
    readonly code: number;
    readonly operation: number;
    readonly count: number;
    readonly settingsRevision: number;
}

/** Steps were made. */
export interface StepEvent extends Told {
    readonly type: "step";
    /** How many this report covers. */
    readonly steps: number;
    readonly learningRate: number;
    readonly gradientNorm: number | undefined;
    readonly updateNorm: number | undefined;
    readonly stalenessMean: number;
    readonly stalenessMaximum: number;
    /** Metrics of the workers over the contributions to a step; means are weighted. */
    readonly metrics: readonly {
        readonly name: string;
        readonly mean: number;
        readonly count: number;
        readonly minimum: number;
        readonly maximum: number;
    }[];
}

/** A new version was published. */
export interface AnnouncementEvent extends Told {
    readonly type: "announcement";
}

/** Something arrived that could not be attributed to a worker, or that its sender may not send. */
export interface MalformedEvent {
    readonly type: "malformed";
    readonly model: string;
    readonly peerAddress: string;
    readonly userId: string;
    readonly code: number;
    readonly message: string;
    readonly count: number;
}

/** What a coordinator publishes for everybody. */
export type CoordinatorEvent = HeartbeatEvent | NoticeEvent | StepEvent | AnnouncementEvent | MalformedEvent;

function read(event: Event): CoordinatorEvent | undefined {
    const { body } = event;
    switch (body.case) {
        case "heartbeat":
            return {
                ...(plain(HeartbeatSchema, body.value) as unknown as HeartbeatEvent),
                type: "heartbeat",
                position: positionOf(body.value.position),
                state: stateName(body.value.state),
            };
        case "notice":
            return {
                ...(plain(NoticeSchema, body.value) as unknown as NoticeEvent),
                type: "notice",
                position: positionOf(body.value.position),
                notice: noticeName(body.value.notice),
            };
        case "step":
            return {
                ...(plain(StepReportSchema, body.value) as unknown as StepEvent),
                type: "step",
                position: positionOf(body.value.position),
            };
        case "announcement":
            return {
                ...(plain(AnnouncementSchema, body.value) as unknown as AnnouncementEvent),
                type: "announcement",
                position: positionOf(body.value.position),
            };
        case "malformed":
            return {
                ...(plain(MalformedSchema, body.value) as unknown as MalformedEvent),
                type: "malformed",
            };
        default:
            return undefined;
    }
}

/** Events that are kept for a slow reader; older ones are dropped. */
const KEPT_MOST = 10000;

/** Reads what is published and keeps it until somebody asks. */
export class Watch {
    private readonly socket: Subscriber;
    private readonly bell = new Bell();
    private readonly queue: CoordinatorEvent[] = [];
    private marked = 0n;
    private ended = false;

    constructor(private readonly session: Session) {
        this.socket = new Subscriber(session.subscribeOptions());
        const { model } = session;
        this.socket.subscribe(topics.everybody(model), topics.announcement(model), topics.malformed(model));
    }

    /** Connect; nothing that is published is missed from here on. */
    async open(requester: Requester, until: Deadline): Promise<void> {
        const { control } = this.session.state;
        const { reply } = await requester.call({ case: "describe", value: {} }, until);
        if (reply.body.case !== "description")
            throw new GradmqError("MALFORMED", `${control} does not describe itself`);
        this.socket.connect(chooseEndpoint(reply.body.value.eventsEndpoints, control, "events"));
        const nonce = randomBytes(8).readBigUInt64LE() | 1n;
        this.socket.subscribe(topics.sync(nonce));
        void this.pump();
        while (this.marked !== nonce) {
            if (until.over)
                throw new GradmqError(
                    "TIMEOUT",
                    `nothing of what ${this.session.model} publishes arrives here`,
                );
            await requester.call({ case: "sync", value: { nonce } }, until);
            const again = Math.min(now() + SYNC_RETRY_MS, until.at);
            while (this.marked !== nonce && now() < again) {
                until.check();
                await this.bell.wait(again - now(), until.signal);
            }
        }
        this.socket.unsubscribe(topics.sync(nonce));
    }

    private async pump(): Promise<void> {
        for (;;) {
            let frames: Buffer[];
            try {
                frames = await this.socket.receive();
            } catch {
                return;
            }
            try {
                this.take(decodeEvent(frames[1] ?? Buffer.alloc(0)));
            } catch (error) {
                if (!(error instanceof GradmqError)) throw error;
            }
            this.bell.ring();
        }
    }

    private take(event: Event): void {
        if (event.body.case === "sync") this.marked = event.body.value.nonce;
        const told = read(event);
        if (told) this.queue.push(told);
        if (this.queue.length > KEPT_MOST) this.queue.shift();
    }

    async *read(options: CallOptions): AsyncGenerator<CoordinatorEvent, void, void> {
        while (!this.ended) {
            options.signal?.throwIfAborted();
            const event = this.queue.shift();
            if (event) yield event;
            else await this.bell.wait(Number.POSITIVE_INFINITY, options.signal);
        }
    }

    close(): void {
        if (this.ended) return;
        this.ended = true;
        this.socket.close();
        this.bell.ring();
    }
}
