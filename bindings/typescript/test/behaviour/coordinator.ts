import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { CoordinatorEvent } from "../../src/index.js";
import { type Cases, list, numbers, refused, soon, zeros } from "./scene.js";

const several = () => ({
    a: { shape: [2, 3], data: numbers(1, -2, 3.5, 0, 1e-7, 6) },
    "b.weight": { shape: [4], data: numbers(0.1, 0.2, 0.3, 0.4) },
    scalar: { shape: [], data: numbers(42) },
});

/** Precision of the streams, as a share of the greatest value of a block. */
const PRECISION: Record<string, number> = { f32: 0, f64: 0, f16: 2 ** -11, bf16: 2 ** -8, int8: 0.5 / 127 };

export const coordinatorCases: Cases = {
    async describe(scene) {
        const daemon = await scene.daemon();
        const coordinator = await scene.coordinator(daemon);
        const before = await coordinator.describe();
        assert.equal(before.layout, undefined);
        assert.equal(before.state, "EMPTY");
        await coordinator.setModelParameters(several());
        const told = await coordinator.describe();
        assert.equal(told.model, "m");
        assert.deepEqual(
            told.layout?.tensors.map(({ name, shape }) => [name, [...shape]]),
            [
                ["a", [2, 3]],
                ["b.weight", [4]],
                ["scalar", []],
            ],
        );
        assert.equal(told.layout?.dtype, "f32");
        for (const endpoints of [told.gradientsEndpoints, told.updatesEndpoints, told.eventsEndpoints])
            assert.match(endpoints[0] as string, /^ipc:\/\//);
        assert.equal(told.limits.frameBytes, 16 * 1024 * 1024);
        assert.equal(told.limits.receiveWindow, 1024);
        assert.equal(told.heartbeatMs, 100);
        assert.ok(told.optimizers.includes("adam") && told.policies.includes("bsp"));
        assert.ok(told.dtypes.includes("bf16") && told.encodings.includes("LOW_RANK"));
        assert.ok(told.kinds.includes("DELTA") && told.rules.includes("krum"));
        assert.deepEqual([...told.streamNames].sort(), ["bf16", "f16", "f32", "f64", "int8"]);
    },

    async status(scene) {
        const { coordinator } = await scene.running(zeros());
        await coordinator.addGradients(numbers(1, 2, 3));
        const status = await coordinator.status();
        assert.equal(status.state, "RUNNING");
        assert.equal(status.counters.applied, 1);
        assert.equal(status.elements, 3);
        assert.equal(status.policy, "async");
        assert.equal(coordinator.position.version, 1);
        assert.notEqual(coordinator.position.epoch, 0n);
        assert.notEqual(coordinator.position.instance, 0n);
    },

    async list_workers(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const names = ["w1", "w2", "w3", "w4", "w5"];
        for (const name of names.toReversed()) await scene.worker(daemon, { name, updates: false });
        const found: string[] = [];
        for await (const worker of coordinator.workers({ pageSize: 2 })) {
            assert.notEqual(worker.incarnation, 0n);
            assert.ok(worker.leaseLeftMs > 0);
            found.push(worker.name);
        }
        assert.deepEqual(found, names);
        assert.equal((await coordinator.listWorkers()).length, names.length);
    },

    async set_parameters(scene) {
        const { coordinator } = await scene.running(zeros());
        const first = await coordinator.setParameters({ optimizer: "adam", learningRate: 0.01 });
        const second = await coordinator.setParameters({ beta1: 0.8 });
        assert.equal(second.settings.learningRate, 0.01);
        assert.equal(second.settings.optimizer, "adam");
        assert.equal(second.settings.beta1, 0.8);
        assert.ok(second.given.has("beta1") && second.given.has("learningRate"));
        assert.equal(second.revision, first.revision + 1);
        assert.equal(second.effectiveFrom.epoch, coordinator.position.epoch);
        assert.equal(second.effectiveFrom.version, 0);
        const third = await coordinator.setParameters({ optimizer: "sgd", learningRate: 0.5 });
        assert.deepEqual(third.unset, ["beta1"]);
        const groups = [{ pattern: "v", rateScale: 0.5 }];
        assert.deepEqual((await coordinator.setParameters({ groups })).settings.groups, groups);
    },

    async set_parameters_refused(scene) {
        const { coordinator } = await scene.running(zeros());
        const before = await coordinator.getParameters();
        const error = await refused("ARGUMENT", coordinator.setParameters({ clipNorm: 1, leaseMs: 1 }));
        assert.match(error.message, /lease_ms/);
        assert.match(error.message, /100/);
        const after = await coordinator.getParameters();
        assert.equal(after.revision, before.revision);
        assert.equal(after.settings.clipNorm, 0);
    },

    async reset_parameter(scene) {
        const { coordinator } = await scene.running(zeros());
        const given = await coordinator.setParameters({ clipNorm: 3 });
        assert.ok(given.given.has("clipNorm"));
        const reset = await coordinator.setParameters({ clipNorm: null });
        assert.equal(reset.settings.clipNorm, 0);
        assert.ok(!reset.given.has("clipNorm"));
    },

    async get_parameters(scene) {
        const { coordinator } = await scene.running(zeros(), { momentum: null, learningRate: 0.25 });
        const { settings, given, revision } = await coordinator.getParameters();
        assert.equal(settings.learningRate, 0.25);
        assert.equal(settings.optimizer, "sgd");
        assert.equal(settings.publishEvery, 1);
        assert.equal(settings.coalesce, true);
        assert.equal(settings.leaseMs, 30000);
        assert.equal(settings.durability, "memory");
        assert.ok(given.has("learningRate") && !given.has("optimizer"));
        assert.ok(revision >= 1);
    },

    async set_model_parameters(scene) {
        const daemon = await scene.daemon();
        const coordinator = await scene.coordinator(daemon);
        const first = await coordinator.setModelParameters(several());
        assert.equal(first.elements, 11);
        assert.equal(coordinator.position.version, 0);
        await coordinator.start();
        await coordinator.addGradients({ scalar: numbers(1) });
        assert.equal(coordinator.position.version, 1);
        const second = await coordinator.setModelParameters(several(), { copy: false });
        assert.ok(second.epoch > first.epoch);
        assert.equal(coordinator.position.version, 0);
        assert.equal((await coordinator.status()).state, "RUNNING");
    },

    async get_model_parameters(scene) {
        const { coordinator } = await scene.running(several());
        const got = await coordinator.getModelParameters();
        for (const [name, { shape, data }] of Object.entries(several())) {
            assert.deepEqual([...(got.tensors.get(name)?.shape ?? [])], shape);
            assert.deepEqual(list(got.tensor(name)), list(data));
        }
        assert.equal(got.epoch, coordinator.position.epoch);
        assert.equal(got.version, 0);
        const f64 = { d: { shape: [2], data: Float64Array.of(Math.PI, -1e300) } };
        await coordinator.setModelParameters(f64);
        assert.deepEqual(list((await coordinator.getModelParameters()).tensor("d")), list(f64.d.data));
    },

    async get_model_newer_than(scene) {
        const { coordinator } = await scene.running(zeros());
        const got = await coordinator.getModelParameters();
        assert.equal(await coordinator.getModelParameters({ newerThan: got }), undefined);
        await coordinator.addGradients(numbers(1, 1, 1));
        const newer = await coordinator.getModelParameters({ newerThan: got });
        assert.equal(newer?.version, 1);
    },

    async get_model_streams(scene) {
        const data = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i) * (1 + i / 100));
        const { coordinator } = await scene.running({ v: { shape: [600], data } });
        const greatest = Math.max(...data.map(Math.abs));
        for (const [stream, precision] of Object.entries(PRECISION)) {
            const got = await coordinator.getModelParameters({ stream });
            assert.equal(got.data instanceof Float64Array, stream === "f64");
            for (const [i, value] of data.entries())
                assert.ok(
                    Math.abs((got.data[i] as number) - value) <= precision * greatest,
                    `${stream} ${i}`,
                );
        }
        await refused("UNSUPPORTED", coordinator.getModelParameters({ stream: "f8" }));
    },

    async add_gradients(scene) {
        const { coordinator } = await scene.running(several(), { learningRate: 0.5 });
        const before = await coordinator.getModelParameters();
        const gradient = numbers(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        await coordinator.addGradients(gradient);
        const after = await coordinator.getModelParameters();
        assert.equal(after.version, 1);
        assert.deepEqual(
            list(after.data),
            list(before.data.map((value, i) => Math.fround(value - 0.5 * (gradient[i] as number)))),
        );
        await coordinator.addGradients({ "b.weight": numbers(2, 2, 2, 2) });
        const part = await coordinator.getModelParameters();
        assert.deepEqual(list(part.tensor("a")), list(after.tensor("a")));
        assert.deepEqual(list(part.tensor("scalar")), list(after.tensor("scalar")));
        assert.deepEqual(
            list(part.tensor("b.weight")),
            list(after.tensor("b.weight").map((value) => Math.fround(value - 1))),
        );
    },

    async add_gradients_ascent(scene) {
        const { coordinator } = await scene.running(zeros(), { learningRate: 0.5 });
        await coordinator.setParameters({ mode: "ascent" });
        await coordinator.addGradients(numbers(1, 2, -4));
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [0.5, 1, -2]);
    },

    async add_gradients_dry_run(scene) {
        const { coordinator } = await scene.running(zeros());
        await coordinator.addGradients(numbers(1, 1, 1), { dryRun: true });
        await refused("NON_FINITE", coordinator.addGradients(numbers(1, Number.NaN, 1), { dryRun: true }));
        const got = await coordinator.getModelParameters();
        assert.equal(got.version, 0);
        assert.deepEqual(list(got.data), [0, 0, 0]);
        assert.equal((await coordinator.status()).counters.applied, 0);
    },

    async add_model_parameters(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "merge", mergeCount: 2 });
        const other = await scene.coordinator(daemon);
        assert.deepEqual(await coordinator.contributions(), { contributions: 0, needed: 2 });
        await coordinator.addModelParameters(numbers(2, 4, 6));
        assert.deepEqual(await coordinator.contributions(), { contributions: 1, needed: 2 });
        await other.addModelParameters(numbers(4, 0, 0), { kind: "delta", weight: 3 });
        await soon("the step is made", async () => (await coordinator.getModelParameters()).version === 1);
        const merged = list((await coordinator.getModelParameters()).data);
        assert.deepEqual(merged, [3.5, 1, 1.5]);
        assert.deepEqual(await coordinator.contributions(), { contributions: 0, needed: 2 });
    },

    async reset(scene) {
        const { coordinator } = await scene.running(zeros(), { policy: "merge", mergeCount: 3 });
        await coordinator.addModelParameters(numbers(1, 1, 1));
        assert.equal((await coordinator.contributions()).contributions, 1);
        assert.equal(await coordinator.reset(), 1);
        assert.equal((await coordinator.contributions()).contributions, 0);
        assert.equal((await coordinator.status()).counters.applied, 0);
    },

    async start_stop(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        await refused("STATE", coordinator.start());
        assert.equal(await coordinator.stop(), "STOPPED");
        const worker = await scene.worker(daemon, { name: "w" });
        await worker.push(numbers(1, 2, 3));
        await soon("it is queued", async () => (await coordinator.status()).queuedGradients === 1);
        assert.equal((await coordinator.getModelParameters()).version, 0);
        assert.equal(await coordinator.start(), "RUNNING");
        await worker.flush();
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-1, -2, -3]);
        //  A second stop changes nothing, and says so by its answer alone (section 7 of the protocol).
        await coordinator.stop();
        assert.equal(await coordinator.stop(), "STOPPED");
    },

    async clear_gradients(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        await coordinator.stop();
        const verdicts: string[] = [];
        const onVerdict = (verdict: { disposition: string }) => verdicts.push(verdict.disposition);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await worker.push(numbers(1, 1, 1));
        await worker.push(numbers(1, 1, 1));
        await soon("both are queued", async () => (await coordinator.status()).queuedGradients === 2);
        assert.equal(await coordinator.clearGradients(), 2);
        await worker.flush();
        assert.deepEqual(verdicts, ["DISCARDED", "DISCARDED"]);
        const { epoch } = coordinator.position;
        assert.equal(await coordinator.clearGradients({ newEpoch: true }), 0);
        await coordinator.status();
        assert.ok(coordinator.position.epoch > epoch);
    },

    async checkpoint_restore(scene) {
        const state = join(scene.folder, "state");
        mkdirSync(state, { mode: 0o700 });
        const { coordinator } = await scene.running(zeros(), {}, `state/directory=${state}`);
        await coordinator.addGradients(numbers(1, 2, 3));
        assert.equal((await coordinator.checkpoint()).done, true);
        await coordinator.addGradients(numbers(10, 10, 10));
        const before = await coordinator.getModelParameters();
        assert.deepEqual(list(before.data), [-11, -12, -13]);
        await coordinator.restore();
        const after = await coordinator.getModelParameters();
        assert.deepEqual(list(after.data), [-1, -2, -3]);
        assert.ok(after.epoch > before.epoch);
        await refused("ARGUMENT", coordinator.restore({ checkpoint: "nothing" }));
    },

    async record(scene) {
        const folder = join(scene.folder, "records");
        mkdirSync(folder, { mode: 0o700 });
        const { coordinator } = await scene.running(zeros(), {}, `record/directory=${folder}`);
        const begun = await coordinator.record("run1");
        assert.equal(begun.done, false);
        await refused("STATE", coordinator.record("run2"));
        await coordinator.addGradients(numbers(1, 2, 3));
        assert.equal((await coordinator.endRecording()).done, true);
        await refused("STATE", coordinator.endRecording());
        await scene.gradmq("replay", join(folder, "run1"), "--quiet");
    },

    async destroy(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const events: CoordinatorEvent[] = [];
        const reading = (async () => {
            for await (const event of coordinator.events()) events.push(event);
        })();
        await soon("the watch hears", () => events.length > 0);
        assert.equal(await coordinator.destroy(), "CLOSING");
        await soon("the daemon ends", () => daemon.ended);
        assert.equal(daemon.process?.exitCode, 0);
        const begun = Date.now();
        const error = await refused(["CLOSED", "CONNECT", "TIMEOUT"], coordinator.status({ timeoutMs: 500 }));
        assert.ok(Date.now() - begun < 30000);
        assert.ok(error.message.includes(daemon.control));
        await coordinator.close();
        await reading;
        assert.ok(events.some((event) => event.type === "notice" && event.notice === "CLOSING"));
    },

    async only_if(scene) {
        const { coordinator } = await scene.running(zeros());
        const { epoch } = coordinator.position;
        await refused("CONDITION", coordinator.stop({ ifVersion: 7 }));
        await refused("CONDITION", coordinator.setParameters({ clipNorm: 2 }, { ifEpoch: epoch + 1n }));
        await refused("CONDITION", coordinator.setModelParameters(zeros(), { ifEpoch: epoch, ifVersion: 1 }));
        assert.equal((await coordinator.status()).state, "RUNNING");
        assert.equal((await coordinator.getParameters()).settings.clipNorm, 0);
        assert.equal(await coordinator.stop({ ifEpoch: epoch, ifVersion: 0 }), "STOPPED");
    },

    async request_repeated(scene) {
        const daemon = await scene.daemon();
        let waits = 0;
        const onWait = (text: string | null) => {
            waits += text === null ? 0 : 1;
        };
        const coordinator = await scene.coordinator(daemon, { requestMs: 100, onWait });
        await coordinator.setModelParameters(zeros());
        const { revision } = await coordinator.getParameters();
        await daemon.halt();
        const error = await refused(
            "TIMEOUT",
            coordinator.setParameters({ clipNorm: 5 }, { timeoutMs: 2000 }),
        );
        assert.match(error.message, /asked ([2-9]|\d\d)/);
        waits = 0;
        const change = coordinator.setParameters({ clipValue: 6 });
        await soon("it waits", () => waits > 0);
        daemon.signal("SIGCONT");
        const { settings, revision: reached } = await change;
        assert.equal(settings.clipNorm, 5);
        assert.equal(settings.clipValue, 6);
        assert.equal(reached, revision + 2);
        assert.equal((await coordinator.getParameters()).revision, revision + 2);
    },
};
