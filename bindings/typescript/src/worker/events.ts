import { codes } from "../errors.js";
import type { Event, Heartbeat, Notice as NoticeMessage } from "../gen/gradmq/v1/event_pb.js";
import { Notice, State } from "../names.js";
import { ackOf, positionOf } from "../wire/ack.js";
import { decodeEvent } from "../wire/message.js";
import { toNumber } from "../wire/number.js";
import type { Engine } from "./engine.js";

//  What a worker makes of what is published on events.

function heartbeat(engine: Engine, told: Heartbeat): void {
    const { epoch, version } = positionOf(told.position);
    engine.hearsay.take(told);
    engine.rounds.hear(epoch, version, toNumber(told.round));
    engine.closed = told.state === State.CLOSING;
}

function noticeToMe(engine: Engine, told: NoticeMessage): void {
    const { ledger } = engine;
    if (!ledger || (told.incarnation && told.incarnation < ledger.incarnation)) return;
    const turnedAway = told.notice === Notice.TURNED_AWAY ? told.code : 0;
    if (told.notice === Notice.EXPIRED || turnedAway === codes.NOT_JOINED) engine.join = true;
    //  A late notice may be about an earlier life: control tells.
    if (told.notice === Notice.FENCED || turnedAway === codes.FENCED) ledger.confirm.want();
}

function notice(engine: Engine, told: NoticeMessage): void {
    const { epoch, version } = positionOf(told.position);
    if (told.notice === Notice.STEP_SKIPPED || told.notice === Notice.CLEARED)
        engine.rounds.passed(epoch, version);
    if (told.notice === Notice.CLOSING) {
        engine.closed = true;
        engine.hearsay.state = State.CLOSING;
    }
    if (told.worker === engine.session.name) noticeToMe(engine, told);
}

function take(engine: Engine, body: Event["body"], marked: (nonce: bigint) => void): void {
    if (body.case === undefined || body.case === "malformed") return;
    if (!engine.current(positionOf(body.value.position))) return;
    switch (body.case) {
        case "acknowledgement":
            engine.acknowledged(ackOf(body.value), false);
            break;
        case "heartbeat":
            heartbeat(engine, body.value);
            break;
        case "notice":
            notice(engine, body.value);
            break;
        case "sync":
            marked(body.value.nonce);
            break;
    }
}

/** Take in one message of the events socket; `marked` is told of a Sync's mark. */
export function takeEvent(engine: Engine, frames: readonly Buffer[], marked: (nonce: bigint) => void): void {
    const header = frames[1];
    if (!header) return;
    const event = decodeEvent(header);
    engine.hearsay.heard();
    take(engine, event.body, marked);
}
