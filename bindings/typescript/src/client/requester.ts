import { randomBytes, randomInt } from "node:crypto";

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Request as RequestSocket } from "zeromq";

import { codes, GradmqError } from "../errors.js";
import { type Reply, type Request, RequestSchema } from "../gen/gradmq/v1/control_pb.js";
import { decodeReply, encodeRequest } from "../wire/message.js";
import { Monitor } from "./monitor.js";
import type { Session } from "./session.js";
import { Bell, type Deadline, now, Turnstile } from "./wait.js";

/** A request's one command, as the generated code writes it. */
export type Body = Exclude<MessageInitShape<typeof RequestSchema>["body"], undefined>;

/** What may stand beside the command. */
export interface Extras {
    payload?: readonly Buffer[] | undefined;
    ifEpoch?: bigint | undefined;
    ifVersion?: number | undefined;
}

export interface Answer {
    readonly reply: Reply;
    readonly payload: readonly Buffer[];
}

/** After a send for which there was no connection. */
const LOOK_MS = 50;
const TELL_AFTER_MS = 100;
const BACKOFF_MS = 100;
const BACKOFF_MOST_MS = 10000;

/** Doubles from 100 ms to 10 s, with a random part of half of it. */
export function backoff(tries: number): number {
    const wait = Math.min(BACKOFF_MS * 2 ** Math.min(tries, 8), BACKOFF_MOST_MS);
    return wait + randomInt(Math.floor(wait / 2) + 1);
}

/** The error of a reply; undefined where it has none. */
export function replyError(reply: Reply): GradmqError | undefined {
    return reply.code ? new GradmqError(reply.code, reply.message || undefined) : undefined;
}

/**
 * Asks one request at a time, over and over with the same request id until there is an answer (section 19.2
 * of the protocol).
 */
export class Requester {
    private readonly socket: RequestSocket;
    private readonly monitor: Monitor;
    private readonly bell = new Bell();
    private readonly door = new Turnstile();
    /** Answers are remembered by client and id: an earlier process of this name must not have used ours. */
    private nextId = (randomBytes(8).readBigUInt64LE() >> 1n) | 1n;
    private closed = false;
    private listening = false;
    private arrived: Buffer[] | undefined;
    /** Whether anything was ever sent: then somebody was there. */
    private reached = false;
    /** Whether the present request is with the present peer. */
    private sent = false;
    /** Connected, and no more than that: a peer that does not let us in says nothing. */
    private shakes = false;
    private up = false;

    /** `heard` is told of every reply to a request of ours, whatever it says. */
    constructor(
        private readonly session: Session,
        private readonly heard: (reply: Reply) => void = () => {},
    ) {
        this.socket = new RequestSocket(session.requestOptions());
        this.monitor = new Monitor(this.socket, (type) => this.heed(type));
        try {
            this.socket.connect(session.state.control);
        } catch (error) {
            this.socket.close();
            throw new GradmqError(
                "CONNECT",
                `cannot connect to ${session.state.control}: ${(error as Error).message}; an endpoint is such as ` +
                    "tcp://127.0.0.1:5570",
                { cause: error },
            );
        }
    }

    close(): void {
        if (this.closed) return;
        this.closed = true;
        this.socket.close();
        this.bell.ring();
    }

    /** After `close`: nothing of it is left in the event loop. */
    get ended(): Promise<void> {
        return this.monitor.ended;
    }

    /** What becomes of the connection. */
    private heed(type: string): void {
        if (type === "connect" || type.startsWith("handshake:error")) this.shakes = true;
        else if (type === "handshake") {
            this.shakes = false;
            this.up = true;
            this.bell.ring();
        } else if (type === "disconnect") {
            this.shakes = !this.up;
            this.up = false;
            this.sent = false;
            this.bell.ring();
        }
    }

    /**
     * Ask until there is an answer. Rejects with the code of the reply; BUSY is asked again, and
     * so is MEMORY where a worker needs little.
     */
    async call(body: Body, until: Deadline, extras: Extras = {}): Promise<Answer> {
        const name = commandName(body);
        return this.door.pass(
            until,
            () => this.timeout(name, 0),
            async () => {
                let error: GradmqError | undefined;
                for (let busy = 0; ; busy++) {
                    const answer = await this.ask(body, until, extras).catch((late) => {
                        //  What was answered last says more than that the time is over.
                        throw error && GradmqError.is(late, "TIMEOUT") ? error : late;
                    });
                    error = replyError(answer.reply);
                    if (!error) return answer;
                    const wait = backoff(busy);
                    if (!isPassing(body, error.code) || wait >= until.left) throw error;
                    this.session.tell(
                        this,
                        `${this.session.state.control} is busy with others: asking again`,
                    );
                    await this.bell.wait(wait, until.signal);
                    this.session.go(this);
                    until.check();
                }
            },
        );
    }

    /** Ask until there is an answer, whatever its code is. */
    async exchange(body: Body, until: Deadline, extras: Extras = {}): Promise<Answer> {
        return this.door.pass(
            until,
            () => this.timeout(commandName(body), 0),
            () => this.ask(body, until, extras),
        );
    }

    /** One request and its reply. */
    private async ask(body: Body, until: Deadline, extras: Extras): Promise<Answer> {
        const id = this.nextId++;
        const name = commandName(body);
        const frames = [encodeRequest(this.request(body, id, extras)), ...(extras.payload ?? [])];
        this.sent = false;
        let again = 0;
        let tries = 0;
        const begun = now();
        try {
            for (;;) {
                const answer = this.take(id);
                if (answer) return answer;
                until.check();
                if (this.closed) throw new GradmqError("CLOSED", "this connection was closed");
                if (until.over) throw this.timeout(name, tries);
                if (!this.sent || now() >= again) {
                    if (await this.send(frames))
                        again = now() + this.session.state.requestMs + backoff(tries++);
                    else again = now() + LOOK_MS;
                }
                if (now() - begun >= TELL_AFTER_MS) this.tell(name);
                const wait = this.sent ? again - now() : LOOK_MS;
                if (!this.arrived)
                    await this.bell.wait(Math.min(Math.max(wait, 1), until.left), until.signal);
            }
        } finally {
            this.session.go(this);
        }
    }

    private request(body: Body, id: bigint, extras: Extras): Request {
        const { name, model } = this.session;
        return create(RequestSchema, {
            client: name,
            requestId: id,
            ...(model ? { model } : {}),
            ...(extras.ifEpoch === undefined ? {} : { ifEpoch: extras.ifEpoch }),
            ...(extras.ifVersion === undefined ? {} : { ifVersion: BigInt(extras.ifVersion) }),
            body,
        });
    }

    private async send(frames: Buffer[]): Promise<boolean> {
        try {
            await this.socket.send(frames);
        } catch {
            this.sent = false;
            return false;
        }
        this.reached = true;
        this.sent = true;
        this.listen();
        return true;
    }

    private listen(): void {
        if (this.listening) return;
        this.listening = true;
        const done = (frames?: Buffer[]) => {
            this.listening = false;
            this.arrived = frames;
            if (!frames) this.sent = false;
            this.bell.ring();
        };
        this.socket.receive().then(done, () => done());
    }

    /** What has arrived, where it answers the request. */
    private take(id: bigint): Answer | undefined {
        const frames = this.arrived;
        if (!frames) return undefined;
        this.arrived = undefined;
        const reply = decodeReply(frames[0] as Buffer);
        //  0 answers a request that could not be decoded: ours, as the socket lets through no other's (rule R-9).
        if (reply.requestId === id || (reply.requestId === 0n && reply.code !== 0)) {
            this.heard(reply);
            return { reply, payload: frames.slice(1) };
        }
        //  A late answer to an earlier question took this one's place.
        this.sent = false;
        return undefined;
    }

    private get refusedSilently(): boolean {
        return !this.sent && this.shakes && this.session.state.keys !== undefined;
    }

    private tell(name: string): void {
        const { control, keys } = this.session.state;
        if (this.refusedSilently)
            this.session.tell(this, `waiting for ${control}: ${handshakeText(keys?.publicKey)}`);
        else
            this.session.tell(
                this,
                `waiting for ${control} to answer ${name}${this.sent ? "" : ": there is no connection"}`,
            );
    }

    private timeout(name: string, tries: number): GradmqError {
        const { control, keys } = this.session.state;
        if (this.refusedSilently)
            return new GradmqError("CONNECT", `${control} is there, but ${handshakeText(keys?.publicKey)}`);
        if (!this.reached)
            return new GradmqError(
                "CONNECT",
                `nobody answers at ${control}: is the coordinator up, and is this its control endpoint?` +
                    (keys ? "" : " One that asks for keys is silent to those who give none."),
            );
        return new GradmqError(
            "TIMEOUT",
            `${name} was not answered by ${control} in time, asked ${tries} times`,
        );
    }
}

function handshakeText(key = ""): string {
    return (
        "the handshake fails: is serverKey that coordinator's, and is the key " +
        `${key} among those that it has authorised?`
    );
}

/** What a worker needs takes little memory: that the coordinator has none will pass. */
const SMALL = new Set(["describe", "sync", "join", "leave", "acknowledgement", "getModelParameters"]);

function isPassing(body: Body, code: number): boolean {
    return code === codes.BUSY || (code === codes.MEMORY && SMALL.has(body.case ?? ""));
}

function commandName(body: Body): string {
    const name = body.case ?? "request";
    return name[0]?.toUpperCase() + name.slice(1);
}
