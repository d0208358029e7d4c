import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Verdict } from "../../src/index.js";
import { type Cases, halt, list, numbers, refused, soon, zeros } from "./scene.js";

export const faultCases: Cases = {
    async lease(scene) {
        const leaseMs = 8000;
        const { daemon, coordinator } = await scene.running(zeros(), { leaseMs });
        const child = await scene.child(daemon, "w");
        const before = await child.ask("stats");
        const begun = (await coordinator.status()).uptimeMs;
        const done = join(scene.folder, "done");
        child.tell(`compute ${done}`);
        await soon("its lease would be over", async () => {
            const [info] = await coordinator.listWorkers();
            assert.equal(String(info?.incarnation), before.incarnation, "the membership is over");
            return (await coordinator.status()).uptimeMs > begun + 1.5 * leaseMs;
        });
        writeFileSync(done, "");
        await child.answer();
        const after = await child.ask("push");
        assert.equal(after.incarnation, before.incarnation);
        assert.equal(after.applied, 1);
        assert.equal(after.resent, 0);
    },

    async rejoin(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { leaseMs: 300 });
        const child = await scene.child(daemon, "w");
        await child.ask("push");
        await halt(child.process);
        await soon("its lease is over", async () => (await coordinator.listWorkers()).length === 0);
        child.process.kill("SIGCONT");
        const after = await child.ask("push");
        assert.equal(after.applied, 2);
        assert.equal(after.pushed, 2);
        const [info] = await coordinator.listWorkers();
        assert.equal(String(info?.incarnation), after.incarnation);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-2, -2, -2]);
    },

    async fenced(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const first = await scene.worker(daemon, { name: "w" });
        await first.push(numbers(1, 1, 1));
        await first.flush();
        await first.parameters();
        const waiting = refused("FENCED", first.next());
        const second = await scene.worker(daemon, { name: "w" });
        const error = await waiting;
        assert.match(error.message, /name/);
        await refused("FENCED", first.push(numbers(1, 1, 1)));
        await refused("FENCED", first.parameters());
        await first.close();
        await second.push(numbers(1, 1, 1));
        await second.flush();
        assert.equal(second.stats.applied, 1);
        const [info] = await coordinator.listWorkers();
        assert.equal(info?.incarnation, second.stats.incarnation);
    },

    async killed_memory(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: Verdict[] = [];
        const onVerdict = (verdict: Verdict) => verdicts.push(verdict);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await worker.next();
        for (let i = 0; i < 5; i++) await worker.push(numbers(1, 1, 1));
        await worker.flush();
        await coordinator.stop();
        for (let i = 0; i < 4; i++) await worker.push(numbers(1, 1, 1));
        await soon("they are queued", async () => (await coordinator.status()).queuedGradients === 4);
        await daemon.kill();
        await daemon.start();
        await coordinator.setModelParameters(zeros());
        await coordinator.start();
        await worker.flush();
        assert.deepEqual(
            verdicts.map(({ sequence, disposition }) => [sequence, disposition]),
            [6, 7, 8, 9].map((sequence) => [sequence, "REFUSED"]),
        );
        //  They came before the new model, or after it.
        for (const { codeName } of verdicts) assert.ok(["NO_MODEL", "EPOCH"].includes(codeName), codeName);
        const after = await worker.next();
        assert.equal(after.epoch, coordinator.position.epoch);
        for (let i = 0; i < 3; i++) await worker.push(numbers(1, 1, 1));
        await worker.flush();
        const { pushed, settled, applied, refused: not } = worker.stats;
        assert.deepEqual([pushed, settled, applied, not], [12, 12, 8, 4]);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-3, -3, -3]);
    },

    async killed_journal(scene) {
        const state = join(scene.folder, "state");
        mkdirSync(state, { mode: 0o700 });
        const { daemon, coordinator } = await scene.running(
            zeros(),
            { durability: "journal" },
            `state/directory=${state}`,
        );
        const worker = await scene.worker(daemon, { name: "w" });
        const gradients = 60;
        let pushed = 0;
        const pushing = (async () => {
            for (; pushed < gradients; pushed++) {
                await worker.push(numbers(1, 1, 1), { base: await worker.parameters() });
                //  Some are unsettled at any time.
                await soon("room", () => worker.stats.unsettled < 5);
            }
            await worker.flush();
        })();
        for (const part of [15, 30, 45]) {
            await soon("some are pushed", () => pushed >= part);
            await daemon.kill();
            await daemon.start();
        }
        await pushing;
        assert.equal(worker.stats.settled, gradients);
        assert.equal(worker.stats.refused, 0);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), new Array(3).fill(-gradients));
    },

    async killed_large(scene) {
        const state = join(scene.folder, "state");
        mkdirSync(state, { mode: 0o700 });
        const length = 1024 * 1024;
        const { daemon, coordinator } = await scene.running(
            zeros(length),
            { durability: "journal" },
            `state/directory=${state}`,
        );
        const worker = await scene.worker(daemon, { name: "w", updates: false });
        const gradient = new Float32Array(length).fill(1);
        await worker.push(gradient, { base: null });
        await worker.flush();
        await daemon.halt();
        for (let i = 0; i < 8; i++) await worker.push(gradient, { base: null, copy: false });
        await daemon.kill();
        await daemon.start();
        await worker.flush();
        assert.equal(worker.stats.applied, 9);
        const { data } = await coordinator.getModelParameters();
        for (let i = 0; i < length; i += 997) assert.equal(data[i], -9);
    },

    async slow_subscriber(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const child = await scene.child(daemon, "slow");
        await child.ask("parameters");
        const done = join(scene.folder, "done");
        child.tell(`compute-newest ${done}`);
        const fast = await scene.worker(daemon, { name: "fast" });
        for (let i = 0; i < 300; i++) await fast.push(numbers(1, 1, 1), { base: null });
        await fast.flush();
        assert.equal((await coordinator.getModelParameters()).version, 300);
        await soon("the newest is published", async () => (await fast.parameters()).version === 300);
        writeFileSync(done, "");
        assert.deepEqual(await child.answer(), { version: 300 });
    },

    async stop_while_waiting(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.next();
        const ended = refused("CLOSED", worker.next());
        await coordinator.stop();
        await soon("it says STOPPED", () => worker.waits.includes("STOPPED"));
        daemon.signal("SIGTERM");
        await ended;
        await refused("CLOSED", worker.push(numbers(1, 1, 1)));
    },

    async close(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.push(numbers(1, 1, 1));
        await worker.close();
        assert.deepEqual(await coordinator.listWorkers(), []);
        assert.equal((await coordinator.status()).counters.applied, 1);
        await refused("CLOSED", worker.push(numbers(1, 1, 1)));
        await worker.close();
        const other = await scene.worker(daemon, { name: "w2" });
        await coordinator.stop();
        await other.push(numbers(1, 1, 1));
        await daemon.halt();
        const begun = Date.now();
        await refused("TIMEOUT", other.close({ timeoutMs: 300 }));
        assert.ok(Date.now() - begun < 30000);
        daemon.signal("SIGCONT");
        {
            await using disposed = await scene.worker(daemon, { name: "w3" });
            assert.equal(disposed.name, "w3");
        }
        assert.ok((await coordinator.listWorkers()).every(({ name }) => name !== "w3"));
    },
};
