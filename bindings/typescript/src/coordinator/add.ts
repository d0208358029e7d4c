import { Hearsay } from "../client/hearsay.js";
import { Bell, Deadline } from "../client/wait.js";
import { codeSentence, GradmqError } from "../errors.js";
import { Disposition, dispositionName, Kind } from "../names.js";
import { cutFrames } from "../tensor/payload.js";
import { type Ack, ackOf } from "../wire/ack.js";
import { makeGradient, type Said } from "../wire/gradient.js";
import { planTensors, type TensorsInput, writePlan } from "../worker/tensors.js";
import type { ChangeOptions, Connection } from "./connection.js";

//  addGradients and addModelParameters: one gradient over control, without a worker's life around it.

/** First and longest wait between two looks at whether it is settled. */
const LOOK_MS = 5;
const LOOK_MOST_MS = 250;
/** A Leave is worth this wait when all went well, and this when it did not. */
const LEAVE_MS = 2000;
const LEAVE_IN_VAIN_MS = 200;

/** One gradient to add. */
export interface Addition {
    readonly input: TensorsInput;
    readonly said: Said;
    readonly dtype: "f32" | "f64" | "f16" | "bf16" | undefined;
    readonly dryRun: boolean;
    /** Wait until it is settled; else until it is received. */
    readonly settled: boolean;
    readonly options: ChangeOptions;
}

/** Throw where an acknowledgement tells that the one gradient was not applied. */
function checkVerdict(ack: Ack): void {
    const told = ack.dispositions.find(({ sequence }) => sequence === 1);
    if (!told || told.disposition === Disposition.APPLIED) return;
    const refused = told.code !== 0 && told.disposition === Disposition.REFUSED;
    throw new GradmqError(
        refused ? told.code : "DISPOSED",
        `the gradient was not applied but ${dispositionName(told.disposition)}` +
            (told.code ? `: ${codeSentence(told.code)}` : ""),
    );
}

async function look(connection: Connection, incarnation: bigint, until: Deadline): Promise<Ack> {
    const value = { worker: connection.session.name, incarnation, sentThrough: 1n };
    const { body } = await connection.ask({ case: "acknowledgement", value }, "acknowledgement", until);
    return ackOf(body);
}

/** Ask until the gradient is settled. */
async function awaitSettled(
    connection: Connection,
    incarnation: bigint,
    first: Ack,
    until: Deadline,
): Promise<void> {
    const { session } = connection;
    const pause = new Bell();
    const waiter = {};
    let ack = first;
    let waits = "";
    try {
        for (let wait = LOOK_MS; ack.settledThrough === 0; wait = Math.min(wait * 2, LOOK_MOST_MS)) {
            if (until.over)
                throw new GradmqError(
                    "TIMEOUT",
                    `the gradient was received and is not applied yet${waits && `; ${waits}`}`,
                );
            if (wait === LOOK_MOST_MS) {
                const { body } = await connection.ask({ case: "status", value: {} }, "status", until);
                waits = Hearsay.of(body).say();
                session.tell(waiter, `waiting for the gradient to be applied; ${waits}`);
            }
            await pause.wait(Math.min(wait, until.left), until.signal);
            until.check();
            if (!until.over) ack = await look(connection, incarnation, until);
        }
    } finally {
        session.go(waiter);
    }
    checkVerdict(ack);
}

async function addJoined(
    connection: Connection,
    addition: Addition,
    incarnation: bigint,
    layoutId: bigint,
    until: Deadline,
): Promise<void> {
    const { session } = connection;
    const { said, dryRun, options } = addition;
    const layout = await connection.knowLayout(layoutId, until);
    const plan = planTensors(layout, addition.input, addition.dtype);
    const payload = Buffer.allocUnsafe(plan.bytes);
    writePlan(plan, payload);
    const base = said.base === undefined ? connection.base : (said.base ?? undefined);
    const gradient = makeGradient(
        { model: session.model, worker: session.name, incarnation, sequence: 1, lowWater: 1 },
        said,
        {
            layoutId: layout.id,
            dtype: plan.dtype,
            master: layout.master,
            parts: plan.whole ? undefined : plan.parts,
            base,
        },
    );
    const name = said.kind === Kind.GRADIENT ? "addGradients" : "addModelParameters";
    const { body } = await connection.ask({ case: name, value: { gradient, dryRun } }, "added", until, {
        payload: cutFrames(payload, plan.parts),
        ifEpoch: options.ifEpoch,
        ifVersion: options.ifVersion,
    });
    if (dryRun) return;
    if (!body.acknowledgement)
        throw new GradmqError("MALFORMED", `${session.state.control} does not acknowledge the gradient`);
    const ack = ackOf(body.acknowledgement);
    if (addition.settled) await awaitSettled(connection, incarnation, ack, until);
    else if (ack.settledThrough > 0) checkVerdict(ack);
}

/** Join, add one gradient, wait for what becomes of it, leave. */
export async function add(connection: Connection, addition: Addition): Promise<void> {
    const { session } = connection;
    const until = session.deadline(addition.options);
    const { body } = await connection.ask({ case: "join", value: { worker: session.name } }, "joined", until);
    const { incarnation, layoutId } = body;
    let last = 0n;
    let leaveMs = LEAVE_IN_VAIN_MS;
    try {
        await addJoined(connection, addition, incarnation, layoutId, until);
        last = addition.dryRun ? 0n : 1n;
        leaveMs = LEAVE_MS;
    } finally {
        //  It is dropped when its lease is over where this does not get through.
        await connection.requester
            .exchange(
                { case: "leave", value: { worker: session.name, incarnation, lastSequence: last } },
                new Deadline(leaveMs),
            )
            .catch(() => {});
    }
}
