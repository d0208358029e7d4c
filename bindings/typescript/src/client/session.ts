import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

import { GradmqError } from "../errors.js";
import { FRAME_BYTES, HANDSHAKE_MS, LINGER_MS, RECEIVE_WINDOW, REQUEST_TIMEOUT_MS } from "../limits.js";
import { checkName } from "../wire/name.js";
import { type Keys, loadKeys } from "./keys.js";
import type { ConnectOptions } from "./options.js";
import { type CallOptions, Deadline } from "./wait.js";

const TIMEOUT_MS = 30000;
const HOST_CHARACTERS = 40;
/** Messages that may wait for a reader: events must not be dropped. */
const EVENTS_MOST = 100000;

function makeName(): string {
    const host = hostname()
        .slice(0, HOST_CHARACTERS)
        .replace(/[^A-Za-z0-9.-]/g, "_")
        .replace(/^[^A-Za-z0-9]/, "_");
    return `${host || "client"}-${randomBytes(4).toString("hex")}`;
}

function milliseconds(value: number | undefined, what: string, otherwise: number): number {
    const ms = value ?? otherwise;
    if (!(ms >= 0)) throw new GradmqError("ARGUMENT", `${what} is ${ms}; it is a number of milliseconds`);
    return ms;
}

/** What a connection is made with, checked. It can be handed to another thread. */
export interface SessionState {
    readonly control: string;
    model: string;
    readonly name: string;
    readonly keys: Keys | undefined;
    readonly timeoutMs: number;
    readonly requestMs: number;
    readonly lingerMs: number;
}

/** What all sockets of one connection share: endpoint, names, keys, and who is told of waits. */
export class Session {
    readonly state: SessionState;
    /** What was waited for last, or is now. */
    waits = "";
    private readonly onWait: ((text: string | null) => void) | undefined;
    private readonly waiting = new Set<object>();

    constructor(state: SessionState, onWait?: (text: string | null) => void) {
        this.state = state;
        this.onWait = onWait;
    }

    /** Refused with ARGUMENT, NAME and, where keys are named, IO, FORMAT, PERMISSION. */
    static open(options: ConnectOptions): Session {
        const { control, model = "", name } = options;
        if (!control)
            throw new GradmqError("ARGUMENT", "a control endpoint is needed, such as tcp://127.0.0.1:5570");
        if (control.startsWith("inproc://"))
            throw new GradmqError(
                "ARGUMENT",
                `${control} can be reached only from the process that it was bound in; connect over ipc or tcp`,
            );
        if (model) checkName(model, "model");
        if (name !== undefined) checkName(name, "name");
        const state = {
            control,
            model,
            name: name ?? makeName(),
            keys: loadKeys(options.secret, options.serverKey),
            timeoutMs: milliseconds(options.timeoutMs, "timeoutMs", TIMEOUT_MS),
            requestMs: milliseconds(options.requestMs, "requestMs", REQUEST_TIMEOUT_MS),
            //  Never 0 (rule K-4).
            lingerMs: Math.max(1, milliseconds(options.lingerMs, "lingerMs", LINGER_MS)),
        };
        return new Session(state, options.onWait);
    }

    get model(): string {
        return this.state.model;
    }

    get name(): string {
        return this.state.name;
    }

    deadline(options: CallOptions = {}): Deadline {
        const timeoutMs = milliseconds(options.timeoutMs, "timeoutMs", this.state.timeoutMs);
        options.signal?.throwIfAborted();
        return new Deadline(timeoutMs, options.signal);
    }

    /** Options of every socket: bounded messages before any is connected, heartbeats, keys. */
    private socketOptions(): Record<string, unknown> {
        const { control, keys, lingerMs } = this.state;
        return {
            linger: lingerMs,
            immediate: true,
            reconnectInterval: 100,
            reconnectMaxInterval: 1000,
            handshakeInterval: HANDSHAKE_MS,
            heartbeatInterval: 2000,
            heartbeatTimeout: 10000,
            heartbeatTimeToLive: 10000,
            tcpKeepalive: 1,
            //  With it ZeroMQ takes a name's IPv6 address only, so that "localhost" would not be found.
            ipv6: control.includes("://["),
            maxMessageSize: FRAME_BYTES,
            ...(keys
                ? {
                      curveServerKey: keys.serverKey,
                      curvePublicKey: keys.publicKey,
                      curveSecretKey: keys.secretKey,
                  }
                : {}),
        };
    }

    pushOptions(): Record<string, unknown> {
        return { ...this.socketOptions(), sendTimeout: 0, sendHighWaterMark: 2 * RECEIVE_WINDOW };
    }

    subscribeOptions(mark = EVENTS_MOST): Record<string, unknown> {
        return { ...this.socketOptions(), receiveHighWaterMark: mark };
    }

    requestOptions(): Record<string, unknown> {
        return { ...this.socketOptions(), sendTimeout: 0, relaxed: true, correlate: true };
    }

    /** Somebody waits: say for what. */
    tell(waiter: object, text: string): void {
        const same = this.waiting.has(waiter) && text === this.waits;
        this.waiting.add(waiter);
        this.waits = text;
        if (!same) this.onWait?.(text);
    }

    /** The wait is over. */
    go(waiter: object): void {
        if (this.waiting.delete(waiter) && this.waiting.size === 0) this.onWait?.(null);
    }
}
