import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { codes } from "../../src/errors.js";
import type { Ack } from "../../src/wire/ack.js";
import { Ledger } from "../../src/worker/ledger.js";
import { Outbox } from "../../src/worker/outbox.js";
import { Rounds } from "../../src/worker/rounds.js";

const CONFIRM_MS = 1000;

function ack(rest: Partial<Ack>): Ack {
    return {
        position: { instance: 1n, epoch: 1n, version: 0 },
        incarnation: 7n,
        receivedThrough: 0,
        settledThrough: 0,
        missing: [],
        dispositions: [],
        dispositionsFrom: 1,
        creditGradients: 10,
        creditBytes: 1000,
        applied: 0,
        ...rest,
    };
}

function ledgerOf(pushes: number): { ledger: Ledger; settled: unknown[][] } {
    const settled: unknown[][] = [];
    const ledger = new Ledger(7n, 0, (...told) => settled.push(told));
    for (let i = 0; i < pushes; i++) ledger.outbox.add(10);
    return { ledger, settled };
}

describe("outbox", () => {
    test("one gradient always fits, others within the credit", () => {
        const outbox = new Outbox();
        const credit = { gradients: 2, bytes: 15 };
        assert.ok(outbox.room(99, credit));
        outbox.add(10);
        assert.ok(outbox.room(5, credit) && !outbox.room(6, credit));
        outbox.add(5);
        assert.ok(!outbox.room(0, credit));
        outbox.settle();
        assert.deepEqual([outbox.first, outbox.next, outbox.bytes], [2, 3, 5]);
        outbox.retract();
        assert.deepEqual([outbox.first, outbox.next, outbox.bytes], [2, 2, 0]);
    });

    test("what is held goes again in order, each time later", () => {
        const outbox = new Outbox();
        const credit = { gradients: 10, bytes: 1000 };
        for (let i = 0; i < 4; i++) outbox.add(10);
        outbox.hold(2, 3);
        assert.equal(outbox.due(0, credit, 0), 2);
        outbox.resent(2, 0);
        assert.equal(outbox.due(3, credit, 0), 3);
        outbox.resent(3, 0);
        outbox.hold(2, 2);
        assert.equal(outbox.due(0, credit, 50), 0);
        assert.equal(outbox.waitMs(50), 50);
        assert.equal(outbox.due(0, credit, 100), 2);
        outbox.lost(2, 2);
        assert.equal(outbox.due(0, credit, 50), 2);
        outbox.received(2);
        assert.equal(outbox.held, 0);
    });

    test("a later one never goes before an earlier one that has no credit", () => {
        const outbox = new Outbox();
        for (const bytes of [10, 90, 10]) outbox.add(bytes);
        outbox.hold(2, 3);
        assert.equal(outbox.due(0, { gradients: 10, bytes: 50 }, 0), 0);
        assert.equal(outbox.due(0, { gradients: 10, bytes: 100 }, 0), 2);
    });
});

describe("ledger", () => {
    test("settles in order, applied unless something else is listed", () => {
        const { ledger, settled } = ledgerOf(4);
        const dispositions = [{ sequence: 2, disposition: 4, code: codes.NON_FINITE }];
        ledger.take(
            ack({ receivedThrough: 3, settledThrough: 3, applied: 2, dispositions }),
            false,
            0,
            CONFIRM_MS,
        );
        assert.deepEqual(settled, [
            [1, 1, 0],
            [2, 4, 21],
            [3, 1, 0],
        ]);
        assert.deepEqual([ledger.applied, ledger.refused, ledger.settled, ledger.outbox.count], [2, 1, 3, 1]);
        assert.equal(ledger.credit.gradients, 10);
    });

    test("what is older than it knows, or another's, changes nothing", () => {
        const { ledger, settled } = ledgerOf(3);
        ledger.take(ack({ receivedThrough: 2, settledThrough: 1 }), false, 0, CONFIRM_MS);
        ledger.take(ack({ receivedThrough: 1, settledThrough: 3 }), false, 0, CONFIRM_MS);
        ledger.take(ack({ incarnation: 8n, receivedThrough: 3, settledThrough: 3 }), false, 0, CONFIRM_MS);
        assert.equal(settled.length, 1);
    });

    test("counts what dispositions do not tell any more by how many were applied", () => {
        const { ledger, settled } = ledgerOf(6);
        const dispositions = [{ sequence: 6, disposition: 5, code: 0 }];
        const told = { receivedThrough: 6, settledThrough: 6, applied: 4, dispositions, dispositionsFrom: 5 };
        ledger.take(ack(told), false, 0, CONFIRM_MS);
        assert.deepEqual([ledger.applied, ledger.refused], [4, 2]);
        assert.deepEqual(settled[0], [1, 0, 0]);
    });

    test("a sequence beyond those that were pushed settles nothing", () => {
        const { ledger } = ledgerOf(2);
        ledger.take(ack({ receivedThrough: 99, settledThrough: 99 }), false, 0, CONFIRM_MS);
        assert.deepEqual([ledger.outbox.first, ledger.outbox.next, ledger.settled], [3, 3, 2]);
    });

    test("a code says what to do about a missing range", () => {
        const { ledger } = ledgerOf(4);
        const missing = [
            { first: 1, last: 1, code: codes.NOT_JOINED },
            { first: 2, last: 2, code: codes.QUEUE_FULL },
            { first: 3, last: 3, code: codes.CLOSED },
            { first: 4, last: 4, code: codes.FENCED },
        ];
        const calls = ledger.take(ack({ missing }), false, 0, CONFIRM_MS);
        assert.deepEqual(calls, { join: true, closed: true, fenced: true });
        assert.equal(ledger.outbox.held, 1);
    });

    test("a loss is confirmed by two looks some time apart, and by nothing else", () => {
        const { ledger } = ledgerOf(3);
        const { confirm, credit, outbox } = ledger;
        const lost = (receivedThrough: number) =>
            ack({ receivedThrough, missing: [{ first: 2, last: 3, code: 0 }] });
        ledger.take(lost(1), false, 0, CONFIRM_MS);
        assert.equal(confirm.waitMs(0, CONFIRM_MS), 0);
        ledger.take(lost(1), true, 0, CONFIRM_MS);
        assert.equal(confirm.waitMs(400, CONFIRM_MS), 600);
        ledger.take(lost(1), false, 2000, CONFIRM_MS);
        ledger.take(lost(1), true, 500, CONFIRM_MS);
        assert.equal(outbox.held, 0, "too early");
        const missing = [{ first: 3, last: 3, code: 0 }];
        ledger.take(ack({ receivedThrough: 1, missing }), true, 1000, CONFIRM_MS);
        assert.equal(outbox.due(0, credit, 1000), 3, "what both looks showed");
        assert.equal(confirm.waitMs(1000, CONFIRM_MS), Number.POSITIVE_INFINITY);
    });

    test("what arrives between two looks begins the search anew", () => {
        const { ledger } = ledgerOf(3);
        const missing = [{ first: 3, last: 3, code: 0 }];
        ledger.take(ack({ receivedThrough: 1, missing }), true, 0, CONFIRM_MS);
        ledger.take(ack({ receivedThrough: 2, missing }), true, 2000, CONFIRM_MS);
        assert.equal(ledger.outbox.held, 0);
        assert.equal(ledger.confirm.waitMs(2000, CONFIRM_MS), CONFIRM_MS);
    });

    test("another instance is believed from its first word, with the credit of one", () => {
        const { ledger, settled } = ledgerOf(3);
        ledger.take(ack({ receivedThrough: 3, settledThrough: 1 }), false, 0, CONFIRM_MS);
        ledger.forget();
        assert.deepEqual(ledger.credit, { gradients: 1, bytes: 0 });
        ledger.take(ack({ receivedThrough: 2, settledThrough: 2 }), false, 0, CONFIRM_MS);
        assert.equal(settled.length, 2);
    });
});

describe("rounds", () => {
    test("a round is over when a later one is open at the same position", () => {
        const rounds = new Rounds();
        rounds.hear(1n, 4, 9);
        rounds.take(1n, 4);
        assert.equal(rounds.open, 9);
        rounds.hear(1n, 4, 9);
        assert.equal(rounds.over, false);
        rounds.hear(1n, 4, 10);
        assert.equal(rounds.over, true);
        rounds.take(1n, 4);
        assert.equal(rounds.over, false);
    });

    test("a notice ends a round, and the heartbeat behind it tells of the same", () => {
        const rounds = new Rounds();
        rounds.hear(1n, 0, 1);
        rounds.take(1n, 0);
        rounds.passed(1n, 0);
        assert.equal(rounds.over, true);
        rounds.take(1n, 0);
        assert.equal(rounds.open, 2);
        rounds.hear(1n, 0, 2);
        assert.equal(rounds.over, false);
    });

    test("as many rounds as versions pass, and another instance counts anew", () => {
        const rounds = new Rounds();
        rounds.hear(1n, 2, 5);
        rounds.take(1n, 4);
        assert.equal(rounds.open, 7);
        rounds.forget();
        assert.equal(rounds.open, 0);
        rounds.hear(1n, 4, 0);
        assert.equal(rounds.over, false);
    });
});
