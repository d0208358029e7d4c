import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Bell, Deadline } from "../../src/client/wait.js";
import { type Gradient, GradientSchema } from "../../src/gen/gradmq/v1/gradient_pb.js";
import { Layout } from "../../src/tensor/layout.js";
import { decodeHeader } from "../../src/wire/message.js";
import { FrameKind } from "../../src/wire/preamble.js";
import type { Engine } from "../../src/worker/engine.js";
import type { Kept } from "../../src/worker/kept.js";
import { Ledger } from "../../src/worker/ledger.js";
import { checkPush } from "../../src/worker/push-options.js";
import { Pusher } from "../../src/worker/pusher.js";
import { Rounds } from "../../src/worker/rounds.js";
import type { Stream } from "../../src/worker/stream.js";
import { planTensors } from "../../src/worker/tensors.js";
import { refused } from "../behaviour/scene.js";

const layout = new Layout([{ name: "v", shape: [3] }]);

/** A pusher without sockets: what it sends is kept, or turned down. */
function pusherOf(send: (gradient: Gradient) => boolean) {
    const engine = {
        layout,
        ledger: new Ledger(7n, 0, () => {}),
        kept: new Map<number, Kept>(),
        session: { model: "m", name: "w", state: {}, tell: () => {}, go: () => {} },
        hearsay: { heardMs: Number.POSITIVE_INFINITY, state: 3, heartbeatMs: 1000, say: () => "" },
        bell: new Bell(),
        rounds: new Rounds(),
        blocked: false,
        catchUp: async () => {},
        stir: () => {},
        send: async (kept: Kept) => send(decodeHeader(FrameKind.gradient, GradientSchema, kept.header)),
    };
    const stream = { given: { epoch: 1n, version: 1 } };
    return {
        engine,
        stream,
        pusher: new Pusher(engine as unknown as Engine, stream as unknown as Stream),
    };
}

describe("pusher", () => {
    test("a base is what was given when the gradient was pushed, not when it could go", async () => {
        const bases: (bigint | undefined)[] = [];
        const { engine, stream, pusher } = pusherOf((gradient) => bases.push(gradient.basedOn?.version) > 0);
        engine.blocked = true;
        const skip = pusher.skip(checkPush({}), new Deadline(30000));
        const push = pusher.push(
            planTensors(layout, Float32Array.of(1, 2, 3)),
            checkPush({}),
            false,
            new Deadline(30000),
        );
        stream.given = { epoch: 1n, version: 2 };
        engine.blocked = false;
        engine.ledger.credit.gradients = 9;
        engine.ledger.credit.bytes = 99;
        engine.bell.ring();
        await Promise.all([skip, push]);
        assert.deepEqual(bases, [1n, 1n]);
    });

    test("a gradient never goes under the layout of another model", async () => {
        const layouts: bigint[] = [];
        const { engine, pusher } = pusherOf((gradient) => {
            layouts.push(gradient.layout);
            engine.layout = new Layout([{ name: "w", shape: [3] }]);
            return false;
        });
        const plan = planTensors(layout, Float32Array.of(1, 2, 3));
        await refused("LAYOUT", pusher.push(plan, checkPush({}), false, new Deadline(30000)));
        assert.deepEqual(layouts, [layout.id]);
        assert.deepEqual([engine.kept.size, engine.ledger.outbox.count], [0, 0]);
    });
});
