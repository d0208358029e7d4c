import { chooseEndpoint } from "../client/endpoint.js";
import type { Session } from "../client/session.js";
import { Bell, type Deadline } from "../client/wait.js";
import { codes, GradmqError } from "../errors.js";
import type { Description } from "../gen/gradmq/v1/control_pb.js";
import { Disposition } from "../names.js";
import { Layout } from "../tensor/layout.js";
import { checkStream } from "../tensor/parameters.js";
import { ackOf, positionOf } from "../wire/ack.js";
import { toNumber } from "../wire/number.js";
import { topics } from "../wire/topic.js";
import { Engine } from "./engine.js";
import { takeEvent } from "./events.js";
import { Lease } from "./lease.js";
import { Ledger, type Settle } from "./ledger.js";
import type { WorkerOptions } from "./options.js";
import { Stream } from "./stream.js";

const MODEL_AGAIN_MS = 100;
const MODEL_AGAIN_MOST_MS = 1000;

/** Endpoints that sockets are connected to. */
interface Connected {
    events: string;
    updates: string;
    gradients: string;
}

type Socket = { connect(endpoint: string): void; disconnect(endpoint: string): void };

function reconnect(
    socket: Socket | undefined,
    connected: Connected,
    which: keyof Connected,
    named: readonly string[],
    control: string,
): void {
    if (!socket) return;
    const endpoint = chooseEndpoint(named, control, which);
    const before = connected[which];
    if (before === endpoint) return;
    try {
        socket.connect(endpoint);
    } catch (error) {
        throw new GradmqError("CONNECT", `cannot connect to ${endpoint}: ${(error as Error).message}`, {
            cause: error,
        });
    }
    if (before) socket.disconnect(before);
    connected[which] = endpoint;
}

/** Is what this gradient held to go with a later one? Not what a rule left out, nor what is refused for ever. */
export function comesBack(disposition: number, code: number): boolean {
    return (
        disposition === Disposition.SKIPPED ||
        disposition === Disposition.DISCARDED ||
        (disposition === Disposition.REFUSED && code !== codes.NON_FINITE)
    );
}

/** Asks for a description until there is a model in it. */
async function awaitModel(engine: Engine, until: Deadline): Promise<Description> {
    const { session } = engine;
    const waiter = {};
    const pause = new Bell();
    let empty = false;
    try {
        for (let wait = MODEL_AGAIN_MS; ; wait = Math.min(wait * 2, MODEL_AGAIN_MOST_MS)) {
            const { reply } = await engine.control.call({ case: "describe", value: {} }, until);
            if (reply.body.case !== "description" || !(session.model || reply.model))
                throw new GradmqError("MALFORMED", `${session.state.control} does not describe its model`);
            session.state.model ||= reply.model;
            if (reply.body.value.layout?.tensors.length) return reply.body.value;
            empty = true;
            if (until.over) throw new GradmqError("TIMEOUT");
            session.tell(waiter, `waiting for a model to be loaded into ${session.model}`);
            await pause.wait(Math.min(wait, until.left), until.signal);
            until.check();
        }
    } catch (error) {
        if (empty && GradmqError.is(error, "TIMEOUT"))
            throw new GradmqError(
                "NO_MODEL",
                `no model was loaded into ${session.model} at ${session.state.control} in time: load one first`,
            );
        throw error;
    } finally {
        session.go(waiter);
    }
}

function subscribe(engine: Engine, updates: boolean): void {
    const { model, name } = engine.session;
    engine.events.subscribe(
        topics.acknowledgement(model, name),
        topics.everybody(model),
        topics.worker(model, name),
    );
    if (!updates) engine.events.subscribe(topics.announcement(model));
}

async function joinModel(engine: Engine, window: number, settle: Settle, until: Deadline): Promise<void> {
    const { session } = engine;
    const { reply } = await engine.control.call({ case: "join", value: { worker: session.name } }, until);
    if (reply.body.case !== "joined" || !reply.body.value.incarnation)
        throw new GradmqError("MALFORMED", `${session.state.control} answers Join with something else`);
    const joined = reply.body.value;
    engine.describe = false;
    engine.join = false;
    engine.ledger = new Ledger(joined.incarnation, window, settle);
    engine.joined(joined, positionOf(reply.position));
    if (joined.acknowledgement) engine.acknowledged(ackOf(joined.acknowledgement), false);
    await engine.lease?.begin(session.state, joined.incarnation, toNumber(joined.leaseMs));
}

function leaseOf(engine: Engine): Lease {
    return new Lease({
        fenced: () => {
            engine.fenced = true;
            engine.wake();
        },
        instance: (instance) => {
            engine.position({ instance, epoch: 0n, version: 0 });
            engine.wake();
        },
        failed: (error) => engine.fail(error),
    });
}

/** Connect, subscribe, join. What was opened is closed where that fails. */
export async function openEngine(
    session: Session,
    options: WorkerOptions,
    settle: Settle,
): Promise<{ engine: Engine; stream: Stream }> {
    const until = session.deadline(options);
    const connected: Connected = { events: "", updates: "", gradients: "" };
    const { control } = session.state;
    let stream: Stream | undefined;
    const engine = new Engine(session, {
        newInstance: () => stream?.newInstance(),
        described: (description) => {
            if (description.layout?.tensors.length && description.layoutId !== engine.layout?.id)
                engine.layout = Layout.fromWire(description.layout);
            reconnect(engine.events, connected, "events", description.eventsEndpoints, control);
            reconnect(stream?.socket, connected, "updates", description.updatesEndpoints, control);
            reconnect(engine.gradients, connected, "gradients", description.gradientsEndpoints, control);
            if (description.heartbeatMs) engine.hearsay.heartbeatMs = toNumber(description.heartbeatMs);
        },
    });
    try {
        if (options.stream !== undefined) checkStream(options.stream);
        engine.lease = leaseOf(engine);
        const description = await awaitModel(engine, until);
        const layout = Layout.fromWire(description.layout as NonNullable<Description["layout"]>);
        if (description.layoutId && description.layoutId !== layout.id)
            throw new GradmqError("LAYOUT", "the layout has another id than the coordinator says");
        const updates = options.updates ?? true;
        engine.layout = layout;
        engine.hearsay.state = description.state;
        const opened = new Stream(engine, options.stream ?? layout.dtype, layout, updates);
        stream = opened;
        subscribe(engine, updates);
        engine.followers.described(description);
        void engine.pump(engine.events, (frames) =>
            takeEvent(engine, frames, (nonce) => opened.mark(nonce, "events")),
        );
        if (opened.socket) void engine.pump(opened.socket, (frames) => opened.take(frames));
        await opened.sync(until);
        await joinModel(engine, options.window ?? 0, settle, until);
        return { engine, stream: opened };
    } catch (error) {
        engine.close();
        stream?.socket?.close();
        throw error;
    }
}
