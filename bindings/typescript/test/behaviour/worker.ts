import assert from "node:assert/strict";

import { type Cases, list, numbers, refused, soon, zeros } from "./scene.js";

export const workerCases: Cases = {
    async open_waits_for_model(scene) {
        const daemon = await scene.daemon();
        const coordinator = await scene.coordinator(daemon);
        const told: (string | null)[] = [];
        const opening = scene.worker(daemon, { name: "w", onWait: (text) => told.push(text) });
        await soon("it says what it waits for", () =>
            told.some((text) => text?.includes("waiting for a model to be loaded into m")),
        );
        await coordinator.setModelParameters(zeros());
        const worker = await opening;
        assert.equal(worker.model, "m");
        assert.deepEqual(list((await worker.parameters()).data), [0, 0, 0]);
    },

    async parameters_newest(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        assert.equal((await worker.parameters()).version, 0);
        const { requests } = (await coordinator.status()).counters;
        await coordinator.addGradients(numbers(1, 1, 1));
        await soon("it has arrived", async () => (await worker.parameters()).version === 1);
        for (let i = 0; i < 50; i++) await worker.parameters();
        const after = (await coordinator.status()).counters.requests;
        //  Join, AddGradients, Acknowledgement, Leave and Status, and none of the worker's own.
        if (requests !== undefined && after !== undefined)
            assert.ok(after - requests < 50, `${after - requests}`);
        assert.equal(worker.stats.updates >= 1, true);
    },

    async parameters_next(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        const first = await worker.next();
        assert.equal(first.version, 0);
        let got: number | undefined;
        const next = worker.next().then(({ version }) => {
            got = version;
        });
        await soon("it waits", () => worker.waits.includes("a version newer than 0"));
        assert.equal(got, undefined);
        await coordinator.addGradients(numbers(1, 2, 3));
        await next;
        assert.equal(got, 1);
        const error = await refused("TIMEOUT", worker.next({ timeoutMs: 200 }));
        assert.match(error.message, /a version newer than 1/);
    },

    async parameters_fetch(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w", updates: false });
        assert.equal((await worker.fetch()).version, 0);
        await coordinator.addGradients(numbers(1, 2, 3));
        const fetched = await worker.fetch();
        assert.equal(fetched.version, 1);
        assert.deepEqual(list(fetched.data), [-1, -2, -3]);
        assert.equal(worker.stats.updates, 0);
        const next = worker.next();
        await coordinator.addGradients(numbers(1, 2, 3));
        assert.equal((await next).version, 2);
    },

    async updates(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        const versions: number[] = [];
        for await (const parameters of worker.updates()) {
            versions.push(parameters.version);
            assert.deepEqual(list(parameters.data), new Array(3).fill(0 - parameters.version));
            if (parameters.version === 5) break;
            await worker.push(numbers(1, 1, 1));
        }
        assert.deepEqual(versions, [0, 1, 2, 3, 4, 5]);
        const control = new AbortController();
        const reason = new Error("enough");
        const aborted = (async () => {
            for await (const _ of worker.updates({ signal: control.signal })) control.abort(reason);
        })();
        await assert.rejects(aborted, reason);
        let ended = false;
        const closed = (async () => {
            for await (const _ of worker.updates());
            ended = true;
        })();
        await soon("it waits", () => worker.waits.includes("a version newer than 5"));
        assert.equal(ended, false);
        await worker.close();
        await closed;
        await coordinator.status();
    },

    async updates_streams(scene) {
        const data = Float32Array.from({ length: 300 }, (_, i) => Math.cos(i) * 3);
        const { daemon, coordinator } = await scene.running(
            { v: { shape: [300], data } },
            { streams: "f16,int8", learningRate: 0.5 },
        );
        for (const [stream, precision] of [
            ["f16", 3 * 2 ** -11],
            ["int8", 0.51 * (4 / 127)],
        ] as const) {
            const worker = await scene.worker(daemon, { name: `w-${stream}`, stream });
            const before = await worker.next();
            await coordinator.addGradients(new Float32Array(300).fill(1), { base: null });
            const after = await worker.next();
            assert.equal(after.version, before.version + 1);
            const exact = (await coordinator.getModelParameters()).data;
            assert.ok(worker.stats.updates >= 1);
            for (const [i, value] of exact.entries())
                assert.ok(Math.abs((after.data[i] as number) - value) <= precision, `${stream} ${i}`);
        }
        await refused("UNSUPPORTED", scene.worker(daemon, { name: "w", stream: "f8" }));
    },
};
