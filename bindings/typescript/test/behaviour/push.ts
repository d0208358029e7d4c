import assert from "node:assert/strict";

import type { Compression, Verdict } from "../../src/index.js";
import { type Cases, list, numbers, refused, type Scene, soon, zeros } from "./scene.js";

/** Push one gradient and then nothing, until what was left out has gone, too. */
async function compressed(scene: Scene, how: Compression, pushes: number, precision: number): Promise<void> {
    const shape = [16, 12];
    const gradient = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 7)));
    const { daemon, coordinator } = await scene.running({ m: { shape, data: new Float32Array(192) } });
    const sums = async (compression: Compression) => {
        await coordinator.setModelParameters({ m: { shape, data: new Float32Array(192) } });
        const name = compression.feedback === false ? "without" : "with";
        const worker = await scene.worker(daemon, { name, compression });
        for (let i = 0; i < pushes; i++)
            await worker.push(i < 3 ? gradient : new Float32Array(192), { lossScale: 0.5, base: null });
        await worker.flush();
        assert.equal(worker.stats.applied, pushes);
        await worker.close();
        return (await coordinator.getModelParameters()).data;
    };
    const farthest = (data: Float32Array | Float64Array) =>
        Math.max(...data.map((value, i) => Math.abs(value + 6 * (gradient[i] as number))));
    const kept = farthest(await sums(how));
    assert.ok(kept <= precision, `${how.method}: ${kept} off`);
    //  It is the feedback that does it.
    const lost = farthest(await sums({ ...how, feedback: false }));
    assert.ok(lost > 2 * kept, `${how.method} without feedback: ${lost} off, with it ${kept}`);
}

export const pushCases: Cases = {
    async push(scene) {
        //  With momentum the order shows.
        const { daemon, coordinator } = await scene.running(zeros(1), {
            optimizer: "momentum",
            momentum: 0.5,
            learningRate: 1,
        });
        const worker = await scene.worker(daemon, { name: "w" });
        let parameter = 0;
        let velocity = 0;
        for (let i = 1; i <= 100; i++) {
            assert.equal(await worker.push(numbers(i)), i);
            velocity = 0.5 * velocity + i;
            parameter -= velocity;
        }
        await worker.flush();
        const { pushed, settled, applied, refused: not, unsettled } = worker.stats;
        assert.deepEqual([pushed, settled, applied, not, unsettled], [100, 100, 100, 0, 0]);
        const got = await coordinator.getModelParameters();
        assert.equal(got.version, 100);
        assert.ok(Math.abs((got.data[0] as number) - parameter) < 0.01);
    },

    async push_large(scene) {
        const length = 10 * 1024 * 1024;
        const { daemon, coordinator } = await scene.running(zeros(length));
        const worker = await scene.worker(daemon, { name: "w", updates: false });
        const gradient = Float32Array.from({ length }, (_, i) => i % 1000);
        await worker.push(gradient);
        await worker.push(gradient, { copy: false });
        await worker.push({ v: gradient }, { copy: false });
        await worker.flush();
        assert.equal(worker.stats.applied, 3);
        const { data } = await coordinator.getModelParameters();
        for (let i = 0; i < length; i += 997) assert.equal((data[i] as number) + 3 * (i % 1000), 0);
    },

    async push_dtypes(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        const values = [1, -0.5, 1024];
        await worker.push(Float64Array.from(values));
        await worker.push(Float32Array.from(values), { dtype: "f16" });
        await worker.push(Float64Array.from(values), { dtype: "bf16" });
        await worker.push({ v: Uint16Array.of(0x3f80, 0xbf00, 0x4480) }, { dtype: "bf16" });
        await refused("ARGUMENT", worker.push(Uint16Array.of(1, 2, 3)));
        await worker.flush();
        assert.equal(worker.stats.applied, 4);
        const { data } = await coordinator.getModelParameters();
        assert.deepEqual(
            list(data),
            values.map((value) => -4 * value),
        );
    },

    async push_parts(scene) {
        const { daemon, coordinator } = await scene.running({
            table: { shape: [4, 2], data: new Float32Array(8) },
            bias: { shape: [2], data: new Float32Array(2) },
            rest: { shape: [3], data: new Float32Array(3) },
        });
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.push(
            new Map([
                ["bias", numbers(5, 6)],
                ["table", { rows: [1, 3], data: numbers(1, 2, 3, 4) }] as never,
            ]),
        );
        await worker.push({ rest: { shape: [3], data: numbers(7, 8, 9) } });
        await refused("ARGUMENT", worker.push({ table: { rows: [3, 1], data: numbers(1, 2, 3, 4) } }));
        await refused("ARGUMENT", worker.push({ table: { rows: [4], data: numbers(1, 2) } }));
        await worker.flush();
        const got = await coordinator.getModelParameters();
        assert.deepEqual(list(got.tensor("table")).map(Math.abs), [0, 0, 1, 2, 0, 0, 3, 4]);
        assert.deepEqual(list(got.tensor("bias")), [-5, -6]);
        assert.deepEqual(list(got.tensor("rest")), [-7, -8, -9]);
    },

    async push_weight(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), {
            policy: "bsp",
            rule: "weighted_mean",
        });
        const one = await scene.worker(daemon, { name: "w1" });
        const two = await scene.worker(daemon, { name: "w2" });
        await Promise.all([one.parameters(), two.parameters()]);
        await one.push(numbers(1, 1, 1), { weight: 3 });
        await two.push(numbers(5, 5, 9), { weight: 1 });
        await Promise.all([one.flush(), two.flush()]);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-2, -2, -3]);
    },

    async push_metrics(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        const events = coordinator.events();
        const reported = (async () => {
            for await (const event of events)
                if (event.type === "step") return event.metrics.find(({ name }) => name === "loss");
            return undefined;
        })();
        //  Events are heard from when the first heartbeat would be: push until one is told.
        let metric: Awaited<typeof reported>;
        void reported.then((told) => {
            metric = told;
        });
        await soon("a step is reported", async () => {
            await worker.push(numbers(1, 1, 1), {
                metrics: { loss: 0.25, accuracy: { value: 0.5, weight: 32 } },
            });
            await worker.flush();
            return metric !== undefined;
        });
        assert.equal(metric?.mean, 0.25);
        const [info] = await coordinator.listWorkers();
        assert.deepEqual(
            info?.metrics.find(({ name }) => name === "accuracy"),
            { name: "accuracy", value: 0.5, weight: 32 },
        );
        assert.ok(
            (await coordinator.status()).metrics.some(
                ({ name, worker: from }) => name === "loss" && from === "w",
            ),
        );
    },

    async push_without_base(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.parameters();
        await coordinator.stop();
        await worker.push(numbers(1, 2, 3), { base: null });
        await soon("it is queued", async () => (await coordinator.status()).queuedGradients === 1);
        await coordinator.setModelParameters(zeros());
        await coordinator.start();
        await worker.flush();
        assert.equal(worker.stats.applied, 1);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-1, -2, -3]);
    },

    async skip(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "bsp" });
        const one = await scene.worker(daemon, { name: "w1" });
        const two = await scene.worker(daemon, { name: "w2" });
        await Promise.all([one.parameters(), two.parameters()]);
        await one.push(numbers(2, 4, 6));
        await soon("it is received", async () => (await coordinator.status()).contributions === 1);
        assert.equal((await coordinator.getModelParameters()).version, 0);
        await two.skip();
        await Promise.all([one.flush(), two.flush()]);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-2, -4, -6]);
        assert.equal(two.stats.applied, 0);
    },

    compress_int8: (scene) => compressed(scene, { method: "int8" }, 6, 1e-3),
    compress_top_k: (scene) => compressed(scene, { method: "topK", fraction: 0.25 }, 12, 1e-4),
    compress_low_rank: (scene) => compressed(scene, { method: "lowRank", rank: 3 }, 40, 1e-3),

    async verdicts(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: Verdict[] = [];
        const worker = await scene.worker(daemon, {
            name: "w",
            onVerdict: (verdict) => verdicts.push(verdict),
        });
        await worker.push(numbers(1, 1, 1));
        await worker.push(numbers(Number.POSITIVE_INFINITY, 1, 1));
        await worker.skip();
        await worker.flush();
        await coordinator.stop();
        await worker.push(numbers(1, 1, 1));
        await soon("it is queued", async () => (await coordinator.status()).queuedGradients === 1);
        await coordinator.clearGradients();
        await worker.flush();
        assert.deepEqual(
            verdicts.map(({ sequence, disposition, codeName }) => [sequence, disposition, codeName]),
            [
                [2, "REFUSED", "NON_FINITE"],
                [3, "SKIPPED", ""],
                [4, "DISCARDED", ""],
            ],
        );
        assert.equal(worker.stats.applied, 1);
        assert.equal(worker.stats.refused, 3);
    },

    async flush(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        await coordinator.stop();
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.push(numbers(1, 1, 1));
        await worker.push(numbers(1, 1, 1));
        const error = await refused("TIMEOUT", worker.flush({ timeoutMs: 300 }));
        assert.match(error.message, /2 gradients are not settled/);
        await coordinator.start();
        await worker.flush();
        assert.equal(worker.stats.unsettled, 0);
        assert.equal(worker.stats.applied, 2);
    },

    async credit(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { queueGradients: 8 });
        await coordinator.stop();
        const told: (string | null)[] = [];
        const worker = await scene.worker(daemon, { name: "w", onWait: (text) => told.push(text) });
        const { creditGradients } = worker.stats;
        for (let i = 0; i < creditGradients; i++) await worker.push(numbers(1, 1, 1));
        let gone = false;
        const next = worker.push(numbers(1, 1, 1)).then(() => {
            gone = true;
        });
        const full = `credit: ${creditGradients} of ${creditGradients} gradients`;
        await soon("it says what it waits for", () =>
            told.some((text) => text?.includes(full) && text.includes("STOPPED")),
        );
        assert.ok(worker.waits.includes(full));
        assert.equal(gone, false);
        await coordinator.start();
        await next;
        assert.equal(told.at(-1), null);
        await worker.flush();
        assert.equal(worker.stats.applied, creditGradients + 1);
        assert.equal(worker.stats.resent, 0);
    },

    async cancelled(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        await coordinator.stop();
        const worker = await scene.worker(daemon, { name: "w", window: 2 });
        await worker.push(numbers(1, 1, 1));
        await worker.push(numbers(1, 1, 1));
        const control = new AbortController();
        const reason = new Error("enough");
        const waits: Promise<unknown>[] = [
            worker.push(numbers(1, 1, 1), { signal: control.signal }),
            worker.flush({ signal: control.signal }),
        ];
        await worker.parameters();
        waits.push(worker.next({ signal: control.signal }));
        const settled = Promise.allSettled(waits);
        await soon("they wait", () => worker.waits !== "");
        control.abort(reason);
        for (const wait of await settled) assert.deepEqual(wait, { status: "rejected", reason });
        await assert.rejects(worker.flush({ signal: AbortSignal.timeout(1) }), { name: "TimeoutError" });
        await coordinator.start();
        await worker.flush();
        assert.equal(worker.stats.applied, 2);
        assert.equal(await worker.push(numbers(1, 1, 1)), 3);
    },
};
