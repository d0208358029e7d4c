import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Reply as ReplySocket } from "zeromq";

import { Requester } from "../../src/client/requester.js";
import { Session } from "../../src/client/session.js";
import { Bell, Deadline } from "../../src/client/wait.js";
import { codes, GradmqError } from "../../src/errors.js";
import { ReplySchema, type Request, RequestSchema } from "../../src/gen/gradmq/v1/control_pb.js";
import { decodeHeader, encodeHeader } from "../../src/wire/message.js";
import { FrameKind } from "../../src/wire/preamble.js";
import type { Engine } from "../../src/worker/engine.js";
import { Lease } from "../../src/worker/lease.js";
import { Prober } from "../../src/worker/prober.js";
import { refused, soon } from "../behaviour/scene.js";

type Told = MessageInitShape<typeof ReplySchema>;

/** A control socket that answers as a test says, one request after the other. */
class Fake {
    control = "";
    readonly asked: Request[] = [];
    private readonly socket = new ReplySocket({ linger: 10 });
    constructor(private readonly answer: (request: Request) => Told | Promise<Told>) {}

    async open(): Promise<Session> {
        await this.socket.bind("tcp://127.0.0.1:*");
        this.control = this.socket.lastEndpoint ?? "";
        void this.serve();
        return Session.open({ control: this.control, model: "m", name: "w" });
    }

    private async serve(): Promise<void> {
        for await (const [header] of this.socket) {
            const request = decodeHeader(FrameKind.request, RequestSchema, header as Buffer);
            this.asked.push(request);
            const told = { requestId: request.requestId, ...(await this.answer(request)) };
            await this.socket.send(encodeHeader(FrameKind.reply, ReplySchema, create(ReplySchema, told)));
        }
    }

    close(): void {
        this.socket.close();
    }
}

describe("control", () => {
    test("an answer to a request that could not be decoded is ours, and ends the call", async () => {
        const fake = new Fake(() => ({
            requestId: 0n,
            code: codes.VERSION,
            message: "speak version 2 to it",
        }));
        const requester = new Requester(await fake.open());
        try {
            const call = requester.call({ case: "status", value: {} }, new Deadline(30000));
            assert.match((await refused("VERSION", call)).message, /version 2/);
            assert.equal(fake.asked.length, 1);
        } finally {
            requester.close();
            fake.close();
        }
    });

    test("a time that is over while the coordinator is busy says that it is", async () => {
        let asked = 0;
        const fake = new Fake(() => (asked++ ? new Promise<Told>(() => {}) : { code: codes.BUSY }));
        const requester = new Requester(await fake.open());
        try {
            await refused("BUSY", requester.call({ case: "status", value: {} }, new Deadline(4000)));
        } finally {
            requester.close();
            fake.close();
        }
    });

    test("an endpoint that is none is refused with a sentence", () => {
        assert.throws(
            () => new Requester(Session.open({ control: "nonsense" })),
            (error) => GradmqError.is(error, "CONNECT") && error.message.includes("nonsense"),
        );
    });

    test("a coordinator that is busy is asked again what it is", async () => {
        let left = 1;
        let described = 0;
        const engine = {
            ledger: { confirm: { waitMs: () => Number.POSITIVE_INFINITY }, outbox: {} },
            session: { name: "w" },
            describe: true,
            probe: {
                exchange: async () => ({
                    reply: create(
                        ReplySchema,
                        left-- > 0 ? { code: codes.BUSY } : { body: { case: "description", value: {} } },
                    ),
                }),
            },
            followers: { described: () => described++ },
            hearsay: { heard: () => {} },
            counts: () => true,
            wake: () => {},
            refusal: undefined,
        };
        const prober = new Prober(engine as unknown as Engine);
        await soon("it is described", () => {
            prober.stir();
            return described > 0;
        });
        assert.deepEqual([left, engine.describe, engine.refusal], [-1, false, undefined]);
    });
});

describe("lease", () => {
    const events = { fenced: () => {}, instance: () => {}, failed: () => {} };
    const bell = new Bell();

    test("a renewal that is on its way is answered before the Leave may go", async () => {
        let answered = 0;
        const fake = new Fake(async () => {
            bell.ring();
            await sleep(200);
            answered++;
            return { body: { case: "joined", value: { incarnation: 7n, leaseMs: 90n } } };
        });
        const session = await fake.open();
        const lease = new Lease(events);
        try {
            const renewed = bell.wait(30000);
            await lease.begin(session.state, 7n, 90);
            await renewed;
            const before = fake.asked.length;
            await lease.halt(30000);
            assert.equal(answered, before);
            //  Several renewals would have been due.
            await sleep(200);
            assert.equal(fake.asked.length, before);
        } finally {
            lease.stop();
            fake.close();
        }
    });

    test("one that is not answered is not waited for longer than is said", async () => {
        const fake = new Fake(async () => {
            bell.ring();
            return new Promise<Told>(() => {});
        });
        const session = await fake.open();
        const lease = new Lease(events);
        try {
            const renewed = bell.wait(30000);
            await lease.begin(session.state, 7n, 90);
            await renewed;
            await lease.halt(50);
        } finally {
            lease.stop();
            fake.close();
        }
    });

    test("without its thread it does not begin", async () => {
        const lease = new Lease(events);
        try {
            lease.fail(new Error("no such file"));
            const { state } = Session.open({ control: "tcp://127.0.0.1:1" });
            assert.match((await refused("INTERNAL", lease.begin(state, 7n, 90))).message, /no such file/);
        } finally {
            lease.stop();
        }
    });
});
