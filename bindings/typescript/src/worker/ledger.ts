import { codes } from "../errors.js";
import { Disposition } from "../names.js";
import type { Ack, Range } from "../wire/ack.js";
import { type Credit, Outbox } from "./outbox.js";

/** What an acknowledgement asks for besides. */
export interface Calls {
    join: boolean;
    fenced: boolean;
    closed: boolean;
}

/** Told for each sequence that is settled, oldest first; disposition 0: it is not told any more. */
export type Settle = (sequence: number, disposition: number, code: number) => void;

/** Looks for what got lost: two answers, some time apart, that both call it missing (rule S-3). */
class Confirm {
    wanted = false;
    looked = false;
    lookedMs = 0;
    received = 0;
    ranges: readonly Range[] = [];

    clear(): void {
        this.wanted = false;
        this.looked = false;
        this.ranges = [];
    }

    want(): void {
        this.wanted = true;
    }

    /** How long until it is to be asked; Infinity: it is not wanted. */
    waitMs(nowMs: number, confirmMs: number): number {
        if (!this.wanted) return Number.POSITIVE_INFINITY;
        if (!this.looked) return 0;
        return Math.max(0, this.lookedMs + confirmMs - nowMs);
    }

    look(ranges: readonly Range[], received: number, nowMs: number): void {
        this.wanted = true;
        this.looked = true;
        this.lookedMs = nowMs;
        this.received = received;
        this.ranges = ranges;
    }
}

const uncoded = (ack: Ack): Range[] => ack.missing.filter((range) => range.code === 0);

/**
 * Takes acknowledgements in (section 19.7 of the protocol): what is settled and how, what is missing, how much
 * credit there is. It knows no sockets.
 */
export class Ledger {
    readonly outbox = new Outbox();
    readonly confirm = new Confirm();
    readonly credit: Credit = { gradients: 1, bytes: 0 };
    /** R: the greatest that this instance told. */
    received = 0;
    settled = 0;
    applied = 0;
    refused = 0;
    resent = 0;
    private told = 0;
    private toldApplied = 0;

    /** `most`: gradients that may be unsettled, whatever the credit; 0: no bound of our own. */
    constructor(
        readonly incarnation: bigint,
        private readonly most: number,
        private readonly onSettle: Settle,
    ) {}

    /** Another instance: what the last one told does not hold. */
    forget(): void {
        this.received = 0;
        this.told = 0;
        this.toldApplied = 0;
        this.credit.gradients = 1;
        this.credit.bytes = 0;
        this.confirm.clear();
    }

    /** `asked`: it answers an Acknowledgement request, which alone can confirm a loss. */
    take(ack: Ack, asked: boolean, nowMs: number, confirmMs: number): Calls {
        const calls: Calls = { join: false, fenced: false, closed: false };
        if (
            ack.incarnation !== this.incarnation ||
            ack.receivedThrough < this.received ||
            ack.settledThrough < this.told
        )
            return calls;
        this.settle(ack);
        this.received = ack.receivedThrough;
        this.told = ack.settledThrough;
        this.toldApplied = ack.applied;
        if (ack.creditGradients)
            this.credit.gradients = this.most
                ? Math.min(this.most, ack.creditGradients)
                : ack.creditGradients;
        if (ack.creditBytes) this.credit.bytes = ack.creditBytes;
        this.outbox.received(ack.receivedThrough);
        this.turnedAway(ack, calls);
        if (asked) this.look(ack, nowMs, confirmMs);
        else if (uncoded(ack).length) this.confirm.want();
        return calls;
    }

    private settle(ack: Ack): void {
        const { outbox } = this;
        const last = Math.min(ack.settledThrough, outbox.next - 1);
        const count = last - outbox.first + 1;
        if (count <= 0) return;
        const untold = Math.min(Math.max(ack.dispositionsFrom - outbox.first, 0), count);
        if (untold) {
            const applied = this.untoldApplied(ack, untold, count - untold);
            this.applied += applied;
            this.refused += untold - applied;
            for (let i = 0; i < untold; i++) this.settleOne(0, 0);
        }
        const listed = new Map(ack.dispositions.map((one) => [one.sequence, one]));
        while (outbox.first <= last) {
            const one = listed.get(outbox.first);
            const disposition = one?.disposition ?? Disposition.APPLIED;
            if (disposition === Disposition.APPLIED) this.applied++;
            else this.refused++;
            this.settleOne(disposition, disposition === Disposition.APPLIED ? 0 : (one?.code ?? 0));
        }
    }

    /**
     * How many were applied of those whose dispositions are not told any more: what `applied` grew by, less what
     * the others explain.
     */
    private untoldApplied(ack: Ack, untold: number, told: number): number {
        const from = this.outbox.first + untold;
        const listed = ack.dispositions.filter(
            ({ sequence }) => sequence >= from && sequence <= ack.settledThrough,
        ).length;
        const grown = Math.max(0, ack.applied - this.toldApplied);
        return Math.min(Math.max(0, grown - Math.max(0, told - listed)), untold);
    }

    private settleOne(disposition: number, code: number): void {
        const sequence = this.outbox.first;
        this.onSettle(sequence, disposition, code);
        this.outbox.settle();
        this.settled++;
    }

    private turnedAway(ack: Ack, calls: Calls): void {
        for (const { first, last, code } of ack.missing) {
            if (code === 0) continue;
            if (code === codes.NOT_JOINED) calls.join = true;
            else if (code === codes.FENCED) calls.fenced = true;
            else if (code === codes.CLOSED) calls.closed = true;
            else this.outbox.hold(first, last);
        }
    }

    private look(ack: Ack, nowMs: number, confirmMs: number): void {
        const { confirm } = this;
        const ranges = uncoded(ack);
        if (ranges.length === 0) confirm.clear();
        else if (!confirm.looked || confirm.received !== ack.receivedThrough)
            confirm.look(ranges, ack.receivedThrough, nowMs);
        else if (nowMs - confirm.lookedMs >= confirmMs) {
            this.lose(ranges);
            confirm.clear();
        }
    }

    /** Lost is what both looks showed. */
    private lose(ranges: readonly Range[]): void {
        for (const a of ranges)
            for (const b of this.confirm.ranges) {
                const first = Math.max(a.first, b.first);
                const last = Math.min(a.last, b.last);
                if (first <= last) this.outbox.lost(first, last);
            }
    }
}
