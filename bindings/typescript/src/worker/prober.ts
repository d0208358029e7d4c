import { type Body, replyError } from "../client/requester.js";
import { Deadline, now } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import type { Joined, Reply } from "../gen/gradmq/v1/control_pb.js";
import { CONFIRM_MS } from "../limits.js";
import { ackOf, type Position, positionOf } from "../wire/ack.js";
import type { Engine } from "./engine.js";
import type { Ledger } from "./ledger.js";

type Question = "describe" | "join" | "acknowledgement";

/** Codes with which it may be asked again later. */
const NOT_NOW = new Set(["BUSY", "STATE", "NO_MODEL", "INTERNAL", "MEMORY"]);

/**
 * Asks on control in the background, one question at a time: what the coordinator is after another process of it
 * has appeared, to be a member again, and what became of gradients that nothing is heard of.
 */
export class Prober {
    private asking: Question | undefined;
    private notBeforeMs = 0;

    constructor(private readonly engine: Engine) {}

    /** Another process is there: ask at once. */
    hurry(): void {
        this.notBeforeMs = 0;
    }

    /** Ask what is due. */
    stir(): void {
        const question = this.asking ? undefined : this.question();
        if (!question) return;
        this.asking = question;
        const askedOf = this.engine.instance;
        this.engine.probe
            .exchange(this.body(question), new Deadline(Number.POSITIVE_INFINITY))
            .then(({ reply }) => {
                if (this.engine.counts(positionOf(reply.position), askedOf)) this.answered(question, reply);
            })
            .catch((error) => {
                this.notBeforeMs = now() + CONFIRM_MS;
                if (!(error instanceof GradmqError)) this.engine.fail(error as Error);
            })
            .finally(() => {
                this.asking = undefined;
                this.engine.wake();
            });
    }

    /** Wait for the answer to a Join that is on its way. */
    async joinAnswered(until: Deadline): Promise<void> {
        while (this.asking === "join" && !until.over) await this.engine.bell.wait(until.left);
    }

    /** How long until there is something to ask; Infinity: there is nothing. */
    waitMs(): number {
        const { ledger, describe, join } = this.engine;
        if (!ledger || this.asking) return Number.POSITIVE_INFINITY;
        const due = describe || join ? 0 : ledger.confirm.waitMs(now(), CONFIRM_MS);
        return Math.max(due, this.notBeforeMs - now(), 0);
    }

    /** What to ask next, in the order in which one needs the other. */
    private question(): Question | undefined {
        const { ledger, describe, join, fenced, leaving } = this.engine;
        if (!ledger || fenced || leaving || this.waitMs() > 0) return undefined;
        if (describe) return "describe";
        return join ? "join" : "acknowledgement";
    }

    private body(question: Question): Body {
        const { incarnation, outbox } = this.engine.ledger as Ledger;
        const worker = this.engine.session.name;
        if (question === "describe") return { case: "describe", value: {} };
        if (question === "join")
            return { case: "join", value: { worker, incarnation, lowWater: BigInt(outbox.first) } };
        const sentThrough = BigInt(outbox.next - 1);
        return { case: "acknowledgement", value: { worker, incarnation, sentThrough } };
    }

    private answered(question: Question, reply: Reply): void {
        const { engine } = this;
        const error = replyError(reply);
        const code = error?.codeName;
        engine.hearsay.heard();
        if (code === "FENCED") engine.fenced = true;
        else if (code === "NOT_JOINED") engine.join = true;
        else if (error && code === "PERMISSION") {
            //  Its key was taken out. It may be put back: then there is a member to be again.
            engine.join = true;
            this.notJoined(error);
        } else if (error && NOT_NOW.has(error.codeName)) this.notBeforeMs = now() + CONFIRM_MS;
        else if (question === "describe") this.answeredDescribe(reply, error);
        else if (question === "join") {
            if (error) this.notJoined(error);
            else if (reply.body.case === "joined") this.joined(reply.body.value, positionOf(reply.position));
        } else if (!error && reply.body.case === "acknowledgement")
            engine.acknowledged(ackOf(reply.body.value), true);
        else engine.ledger?.confirm.clear();
    }

    private answeredDescribe(reply: Reply, error: GradmqError | undefined): void {
        const { engine } = this;
        engine.describe = false;
        if (error) engine.refusal = error;
        if (error || reply.body.case !== "description") return;
        try {
            engine.followers.described(reply.body.value);
        } catch (wrong) {
            if (!(wrong instanceof GradmqError)) throw wrong;
            engine.refusal = wrong;
        }
    }

    private joined(joined: Joined, position: Position): void {
        const { engine } = this;
        const { ledger, layout } = engine;
        if (!ledger || joined.incarnation !== ledger.incarnation) return;
        engine.join = false;
        engine.refusal = undefined;
        if (joined.layoutId && layout && joined.layoutId !== layout.id) engine.describe = true;
        engine.joined(joined, position);
        if (joined.acknowledgement) engine.acknowledged(ackOf(joined.acknowledgement), false);
        //  Whatever it remembers of us, the same bytes are never applied twice (rule S-4).
        ledger.outbox.lost(ledger.outbox.first, ledger.outbox.next - 1);
    }

    /** Never, as far as is known: those who wait are told. */
    private notJoined(error: GradmqError): void {
        this.notBeforeMs = now() + CONFIRM_MS;
        if (error.codeName === "CLOSED") this.engine.closed = true;
        else this.engine.refusal = new GradmqError(error.code, `cannot join again: ${error.message}`);
    }
}
