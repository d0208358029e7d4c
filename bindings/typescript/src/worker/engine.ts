import { Push, Subscriber } from "zeromq";

import { Hearsay } from "../client/hearsay.js";
import { Monitor } from "../client/monitor.js";
import { Requester } from "../client/requester.js";
import type { Session } from "../client/session.js";
import { Bell, type Deadline, now, turn } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import type { Description, Joined, Reply } from "../gen/gradmq/v1/control_pb.js";
import { CONFIRM_MS } from "../limits.js";
import type { Layout } from "../tensor/layout.js";
import { type Ack, newer, type Position, positionOf } from "../wire/ack.js";
import { toNumber } from "../wire/number.js";
import type { Kept } from "./kept.js";
import type { Lease } from "./lease.js";
import type { Ledger } from "./ledger.js";
import { Prober } from "./prober.js";
import { Rounds } from "./rounds.js";

/** A connection of the gradients' socket that is not there is looked for after this. */
const BLOCKED_MS = 50;
/** Former processes of the coordinator that are remembered. */
const INSTANCES_KEPT = 8;
/** Rounds of the event loop in which what has arrived is read before a call goes on. */
const CATCH_UP_TURNS = 200;

/** What the rest of a worker is told of. */
export interface Followers {
    newInstance(): void;
    described(description: Description): void;
}

/**
 * What a worker knows and does in the background: its position, what is settled, joining again, asking for
 * what got lost, sending again. Sockets come from the worker that owns it.
 */
export class Engine {
    readonly bell = new Bell();
    readonly hearsay = new Hearsay();
    readonly rounds = new Rounds();
    readonly kept = new Map<number, Kept>();
    readonly probe: Requester;
    readonly control: Requester;
    readonly gradients: Push;
    readonly events: Subscriber;
    ledger: Ledger | undefined;
    lease: Lease | undefined;
    layout: Layout | undefined;
    instance = 0n;
    epoch = 0n;
    version = 0;
    /** The newest clock that this worker completed, or where it began. */
    clock = 0;
    pushed = 0;
    /** It leaves: no other question is asked in the background. */
    leaving = false;
    /** The worker is closed. */
    ended = false;
    fenced = false;
    /** The coordinator closes. */
    closed = false;
    describe = false;
    join = false;
    /** There is no connection for gradients, as a send found out. */
    blocked = false;
    /** Why it cannot go on, where it cannot. */
    refusal: GradmqError | undefined;
    private lost = false;
    private former: bigint[] = [];
    private arrivals = 0;
    private resending = false;
    private timer: NodeJS.Timeout | undefined;
    private readonly prober = new Prober(this);

    constructor(
        readonly session: Session,
        readonly followers: Followers,
    ) {
        const heard = (reply: Reply) => this.position(positionOf(reply.position));
        this.control = new Requester(session, heard);
        this.probe = new Requester(session, heard);
        this.gradients = new Push(session.pushOptions());
        this.events = new Subscriber(session.subscribeOptions());
        new Monitor(this.gradients, (type) => {
            if (type === "disconnect") this.lost = true;
            else if (type === "handshake") this.connected();
        });
    }

    /** A connection that was lost may have taken gradients with it. */
    private connected(): void {
        if (this.lost && this.ledger?.outbox.count) this.ledger.confirm.want();
        this.lost = false;
        this.blocked = false;
        this.wake();
    }

    /** There is no connection for gradients. */
    get disconnected(): boolean {
        return this.lost || this.blocked;
    }

    close(): void {
        if (this.ended) return;
        this.ended = true;
        clearTimeout(this.timer);
        this.lease?.stop();
        this.control.close();
        this.probe.close();
        this.gradients.close();
        this.events.close();
        this.bell.ring();
    }

    /** Join no more. A Join that came behind the Leave would make a member again: wait for one on its way. */
    async endJoins(until: Deadline): Promise<void> {
        this.leaving = true;
        await Promise.all([this.lease?.halt(until.left), this.prober.joinAnswered(until)]);
    }

    /** Give everything that arrives on a socket to `take`, until it is closed. */
    async pump(socket: Subscriber, take: (frames: Buffer[]) => void): Promise<void> {
        for (;;) {
            let frames: Buffer[];
            try {
                frames = await socket.receive();
            } catch {
                return;
            }
            this.arrivals++;
            try {
                take(frames);
            } catch (error) {
                //  What cannot be read is dropped: anybody can send it.
                if (!(error instanceof GradmqError)) this.fail(error as Error);
            }
            this.wake();
        }
    }

    /** Read what has arrived while the event loop was busy with other things. */
    async catchUp(): Promise<void> {
        for (let i = 0; i < CATCH_UP_TURNS; i++) {
            const before = this.arrivals;
            await turn();
            if (before === this.arrivals) return;
        }
    }

    fail(error: Error): void {
        this.refusal ??= new GradmqError("INTERNAL", `this worker failed: ${error.message}`, {
            cause: error,
        });
        this.bell.ring();
    }

    //  --------------------------------------------------------------------------------------------
    //  Where the coordinator is

    /** Another process answers for the coordinator (rules P-1, S-2). */
    private newInstance(position: Position): void {
        if (this.instance) {
            //  What the one before said and is still on its way must not bring it back.
            const others = this.former.filter((former) => former !== position.instance);
            this.former = [...others.slice(1 - INSTANCES_KEPT), this.instance];
            this.describe = true;
            this.join = true;
            this.prober.hurry();
            this.ledger?.forget();
            this.rounds.forget();
            this.followers.newInstance();
        }
        this.closed = false;
        this.hearsay.state = 0;
        this.instance = position.instance;
        this.epoch = position.epoch;
        this.version = position.version;
    }

    /** Take in where a reply, an update or an event says that the model is. */
    position(position: Position): void {
        if (position.instance === 0n || this.former.includes(position.instance)) return;
        if (position.instance !== this.instance) this.newInstance(position);
        if (newer(position, this)) {
            this.epoch = position.epoch;
            this.version = position.version;
        }
    }

    /** The same; true when it is of the process that answers now. */
    current(position: Position): boolean {
        this.position(position);
        return position.instance === 0n || position.instance === this.instance;
    }

    /**
     * Whether an answer counts, where `askedOf` was the instance when it was asked. Not that of a process that was
     * left before; then what it answers is asked again. But whoever answers what was asked of the present one is
     * there now: of that one a word came late.
     */
    counts(position: Position, askedOf: bigint): boolean {
        if (askedOf === this.instance && this.former.includes(position.instance)) this.newInstance(position);
        return this.current(position);
    }

    acknowledged(ack: Ack, asked: boolean): void {
        if (!this.ledger) return;
        const calls = this.ledger.take(ack, asked, now(), CONFIRM_MS);
        if (calls.join) this.join = true;
        if (calls.fenced) this.ledger.confirm.want();
        if (calls.closed) this.closed = true;
        this.lease?.setLowWater(this.ledger.outbox.first);
    }

    joined(joined: Joined, position: Position): void {
        this.clock = Math.max(this.clock, toNumber(joined.startClock));
        this.rounds.hear(position.epoch, position.version, toNumber(joined.round));
    }

    //  --------------------------------------------------------------------------------------------
    //  In the background

    /** Do what is due: send again, ask. */
    stir(): void {
        if (this.ended) return;
        if (!this.resending) void this.sendAgain();
        this.prober.stir();
        clearTimeout(this.timer);
        const wait = this.dueMs();
        if (Number.isFinite(wait)) this.timer = setTimeout(() => this.tick(), Math.max(1, wait));
    }

    private tick(): void {
        //  Whether there is a connection by now shows when something is sent.
        this.blocked = false;
        this.wake();
    }

    /** Something has changed: do what is due, and wake whoever waits. */
    wake(): void {
        this.stir();
        this.bell.ring();
    }

    private dueMs(): number {
        const { ledger } = this;
        if (!ledger || this.fenced || this.leaving) return Number.POSITIVE_INFINITY;
        const wait = this.prober.waitMs();
        if (this.blocked) return Math.min(wait, BLOCKED_MS);
        return this.join || this.describe ? wait : Math.min(wait, ledger.outbox.waitMs(now()));
    }

    /** Hand a gradient over, where there is a connection. */
    async send(kept: Kept): Promise<boolean> {
        try {
            await this.gradients.send([kept.header, ...kept.frames]);
            return true;
        } catch {
            this.blocked = true;
            return false;
        }
    }

    private async sendAgain(): Promise<void> {
        const { ledger } = this;
        if (!ledger?.outbox.held || this.join || this.describe || this.closed || this.fenced) return;
        const { outbox } = ledger;
        this.resending = true;
        try {
            for (
                let at = outbox.due(0, ledger.credit, now());
                at;
                at = outbox.due(at + 1, ledger.credit, now())
            ) {
                const kept = this.kept.get(at);
                if (!kept || !(await this.send(kept))) break;
                this.blocked = false;
                //  It may be settled by now.
                if (outbox.sends(at)) outbox.resent(at, now());
                ledger.resent++;
            }
        } finally {
            this.resending = false;
        }
    }
}
