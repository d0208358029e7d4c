import assert from "node:assert/strict";

import { type Cases, list, numbers, refused, soon, zeros } from "./scene.js";

export const policyCases: Cases = {
    async bsp(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "bsp" });
        const one = await scene.worker(daemon, { name: "w1" });
        const two = await scene.worker(daemon, { name: "w2" });
        let nexts = [one.next(), two.next()];
        const rounds = 5;
        for (let round = 0; round < rounds; round++) {
            const versions = (await Promise.all(nexts)).map(({ version }) => version);
            assert.deepEqual(versions, [round, round]);
            await one.push(numbers(1, 1, 1));
            let ahead = false;
            const next = one.next();
            void next.then(() => {
                ahead = true;
            });
            await soon("its gradient is there", async () => (await coordinator.status()).contributions === 1);
            await soon("it waits for its turn", () => one.waits.includes(`a version newer than ${round}`));
            assert.equal(ahead, false);
            assert.equal((await coordinator.getModelParameters()).version, round);
            await two.push(numbers(3, 3, 3));
            nexts = [next, two.next()];
        }
        await Promise.all(nexts);
        await Promise.all([one.flush(), two.flush()]);
        const got = await coordinator.getModelParameters();
        assert.equal(got.version, rounds);
        assert.deepEqual(list(got.data), new Array(3).fill(-2 * rounds));
        assert.deepEqual([one.stats.applied, two.stats.applied], [rounds, rounds]);
    },

    async ssp(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "ssp", clockBound: 1 });
        const fast = await scene.worker(daemon, { name: "fast" });
        const slow = await scene.worker(daemon, { name: "slow" });
        for (let i = 0; i < 3; i++) await fast.push(numbers(1, 1, 1), { base: null });
        await soon("two are applied", () => fast.stats.applied === 2);
        const error = await refused("TIMEOUT", fast.flush({ timeoutMs: 500 }));
        assert.match(error.message, /slow/);
        assert.equal((await coordinator.getModelParameters()).version, 2);
        await slow.push(numbers(1, 1, 1), { base: null });
        await fast.flush();
        assert.equal(fast.stats.applied, 3);
        assert.equal(fast.stats.clock, 3);
        await soon("the least clock is heard", () => fast.stats.minClock === 1);
    },

    async merge(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "merge", mergeCount: 2 });
        const one = await scene.worker(daemon, { name: "w1" });
        const two = await scene.worker(daemon, { name: "w2" });
        for (let step = 1; step <= 3; step++) {
            const [a] = await Promise.all([one.next(), two.next()]);
            assert.equal(a.version, step - 1);
            await one.push(numbers(1, 2, 3), { kind: "delta" });
            await two.push(numbers(3, 2, 1), { kind: "delta" });
            await Promise.all([one.flush(), two.flush()]);
        }
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [6, 6, 6]);
        const [a] = await Promise.all([one.next(), two.next()]);
        await one.addModelParameters(a.data.map((value) => value + 4));
        await two.addModelParameters(a.data);
        await Promise.all([one.flush(), two.flush()]);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [8, 8, 8]);
    },

    async epoch_changed(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: string[] = [];
        const onVerdict = (verdict: { codeName: string }) => verdicts.push(verdict.codeName);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        const before = await worker.next();
        await coordinator.stop();
        for (let i = 0; i < 3; i++) await worker.push(numbers(1, 1, 1));
        await soon("they are queued", async () => (await coordinator.status()).queuedGradients === 3);
        await coordinator.setModelParameters({ v: { shape: [3], data: numbers(5, 5, 5) } });
        await coordinator.start();
        const after = await worker.next();
        assert.ok(after.epoch > before.epoch);
        assert.deepEqual(list(after.data), [5, 5, 5]);
        await worker.push(numbers(1, 1, 1));
        await worker.flush();
        assert.deepEqual(verdicts, ["EPOCH", "EPOCH", "EPOCH"]);
        assert.equal(worker.stats.applied, 1);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [4, 4, 4]);
    },

    async layout_changed(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: string[] = [];
        const onVerdict = (verdict: { codeName: string }) => verdicts.push(verdict.codeName);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await worker.next();
        await coordinator.stop();
        await worker.push(numbers(1, 1, 1));
        await soon("it is queued", async () => (await coordinator.status()).queuedGradients === 1);
        await coordinator.setModelParameters({ u: { shape: [2, 2], data: numbers(1, 2, 3, 4) } });
        await coordinator.start();
        const after = await worker.next();
        assert.deepEqual([...(after.tensors.get("u")?.shape ?? [])], [2, 2]);
        assert.equal(worker.layout.elements, 4);
        await worker.push({ u: numbers(1, 1, 1, 1) });
        await worker.flush();
        assert.equal(verdicts.length, 1);
        assert.ok(["LAYOUT", "EPOCH"].includes(verdicts[0] as string));
        assert.equal(worker.stats.applied, 1);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [0, 1, 2, 3]);
    },
};
