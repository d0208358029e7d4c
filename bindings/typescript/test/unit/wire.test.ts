import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { GradmqError } from "../../src/errors.js";
import { EventSchema } from "../../src/gen/gradmq/v1/event_pb.js";
import { ackOf } from "../../src/wire/ack.js";
import { decodeEvent, decodeReply, decodeUpdate } from "../../src/wire/message.js";
import { metricNameValid, nameValid, tensorNameValid } from "../../src/wire/name.js";
import { toNumber } from "../../src/wire/number.js";
import { FrameKind, frameHeader, openHeader } from "../../src/wire/preamble.js";
import { FieldReader, scan } from "../../src/wire/scan.js";
import { isSyncTopic, topics } from "../../src/wire/topic.js";

function code(action: () => unknown): string {
    try {
        action();
        return "OK";
    } catch (error) {
        if (!(error instanceof GradmqError)) throw error;
        return error.codeName;
    }
}

describe("wire", () => {
    test("a header opens only as what it is", () => {
        const header = frameHeader(FrameKind.event, Buffer.from([1, 2]));
        assert.deepEqual([...openHeader(FrameKind.event, header)], [1, 2]);
        assert.equal(
            code(() => openHeader(FrameKind.reply, header)),
            "PREAMBLE",
        );
        for (let i = 0; i < 8; i++)
            assert.notEqual(
                code(() => openHeader(FrameKind.event, header.subarray(0, i))),
                "OK",
            );
    });

    test("whatever octets come, reading ends with a code", () => {
        let state = 12345;
        for (let i = 0; i < 3000; i++) {
            const body = Buffer.alloc(i % 60);
            for (let k = 0; k < body.length; k++) {
                state = (Math.imul(state, 1103515245) + 12345) >>> 0;
                body[k] = state >>> 16;
            }
            for (const [kind, read] of [
                [FrameKind.event, decodeEvent],
                [FrameKind.update, decodeUpdate],
                [FrameKind.reply, decodeReply],
            ] as const)
                assert.match(
                    code(() => read(frameHeader(kind, body))),
                    /^(OK|MALFORMED|UNSUPPORTED)$/,
                );
        }
    });

    test("nested messages end with their parents", () => {
        //  A heartbeat of 5 octets in an event that has 3 more.
        assert.equal(
            code(() => scan(EventSchema, Buffer.from([0x12, 5, 0x0a, 1, 0x6d]))),
            "MALFORMED",
        );
        assert.equal(
            code(() => scan(EventSchema, Buffer.from([0x12, 3, 0x0a, 1, 0x6d]))),
            "OK",
        );
        assert.equal(
            code(() => scan(EventSchema, Buffer.from([0x12, 3, 0x0a, 9, 0x6d]))),
            "MALFORMED",
        );
    });

    test("a field's number and length are read exactly", () => {
        const reader = new FieldReader(
            Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        );
        assert.deepEqual(reader.next(), { number: 1, wire: 0, start: 1, end: 11 });
        assert.equal(reader.next(), undefined);
        assert.throws(() => new FieldReader(Buffer.from([0x0a, 0x05, 1])).next(), RangeError);
    });

    test("names", () => {
        for (const name of ["a", "_", "0", "w-1.b", "x".repeat(64)]) assert.ok(nameValid(name), name);
        for (const name of ["", "-a", ".a", "a b", "a/b", "\u00e9", "x".repeat(65), "a\n"])
            assert.ok(!nameValid(name), name);
        assert.ok(
            tensorNameValid("\u00e9.weight/1") &&
                !tensorNameValid("__metadata__") &&
                !tensorNameValid("\ud800"),
        );
        assert.ok(
            metricNameValid("x".repeat(64)) &&
                !metricNameValid("x".repeat(65)) &&
                !metricNameValid("a\u0000"),
        );
    });

    test("topics end with a slash, and marks are known", () => {
        assert.equal(topics.sync(255n), "sync/00000000000000ff/");
        assert.ok(isSyncTopic(Buffer.from(topics.sync(1n))));
        assert.ok(!isSyncTopic(Buffer.from(topics.everybody("sync"))));
    });

    test("a number beyond 2^53 does not become another one below it", () => {
        assert.equal(toNumber(5n), 5);
        assert.equal(toNumber(2n ** 64n - 1n), Number.MAX_SAFE_INTEGER);
    });

    test("ranges that end before they begin are passed over", () => {
        const event = decodeEvent(
            frameHeader(FrameKind.event, Buffer.from([0x0a, 8, 0x3a, 6, 0x08, 9, 0x10, 3, 0x18, 29])),
        );
        assert.equal(event.body.case, "acknowledgement");
        if (event.body.case === "acknowledgement") assert.deepEqual(ackOf(event.body.value).missing, []);
    });
});
