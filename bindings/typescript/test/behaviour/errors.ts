import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type CodeName, Coordinator, codeName, codeSentence, codes, Worker } from "../../src/index.js";
import { root } from "../support/places.js";
import { type Cases, list, numbers, refused, soon, zeros } from "./scene.js";

/** `[number, name]` of section 17 of the protocol. */
function codesOfProtocol(): [number, string][] {
    const text = readFileSync(join(root, "schemas", "PROTOCOL.md"), "utf8");
    const section = text.slice(text.indexOf("## 17. Codes"), text.indexOf("## 18."));
    return [...section.matchAll(/^\| (\d+) \| ([A-Z_]+) \|/gm)].map(([, number, name]) => [
        Number(number),
        name as string,
    ]);
}

export const errorCases: Cases = {
    async error_table() {
        const rows = codesOfProtocol();
        assert.ok(rows.length >= 32);
        for (const [number, name] of rows) {
            assert.equal(codes[name as CodeName], number);
            assert.equal(codeName(number), name);
            assert.ok(codeSentence(number).length > 5);
        }
        assert.equal(Object.values(codes).filter((number) => number < 64).length, rows.length);
        assert.equal(codeName(63), "CODE_63");
    },

    async error_argument(scene) {
        const { coordinator } = await scene.running(zeros());
        await refused("ARGUMENT", coordinator.setParameters({ learningRate: -1 }));
        await refused("ARGUMENT", coordinator.setParameters({ publishEvery: 0.5 }));
        await refused("ARGUMENT", coordinator.setParameters({ quorum: 2 }));
    },

    async error_unsupported(scene) {
        const { coordinator } = await scene.running(zeros());
        const error = await refused("UNSUPPORTED", coordinator.setParameters({ optimizer: "newton" }));
        for (const name of ["sgd", "adam", "lamb"]) assert.ok(error.message.includes(name), error.message);
    },

    async error_name(scene) {
        const daemon = await scene.daemon();
        await refused("NAME", Worker.open({ control: daemon.control, name: "not a name" }));
        await refused("NAME", Coordinator.open({ control: daemon.control, model: ".m" }));
        const coordinator = await scene.coordinator(daemon);
        const twice = { "": { shape: [1], data: numbers(1) } };
        await refused("NAME", coordinator.setModelParameters(twice));
    },

    async error_model(scene) {
        const daemon = await scene.daemon();
        await refused("MODEL", Coordinator.open({ control: daemon.control, model: "another" }));
        await refused("MODEL", Worker.open({ control: daemon.control, model: "another", name: "w" }));
    },

    async error_no_model(scene) {
        const daemon = await scene.daemon();
        const coordinator = await scene.coordinator(daemon);
        await refused("NO_MODEL", coordinator.getModelParameters());
        await refused("NO_MODEL", coordinator.start());
        await refused("NO_MODEL", Worker.open({ control: daemon.control, name: "w", timeoutMs: 300 }));
    },

    async error_state(scene) {
        const { coordinator } = await scene.running(zeros());
        await refused("STATE", coordinator.start());
    },

    async error_layout(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: string[] = [];
        const onVerdict = (verdict: { codeName: string }) => verdicts.push(verdict.codeName);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await refused("LAYOUT", worker.push({ other: numbers(1) }));
        await coordinator.stop();
        await worker.push(numbers(1, 2, 3), { base: null });
        await soon("it is queued", async () => (await coordinator.status()).queuedGradients === 1);
        await coordinator.setModelParameters({ u: { shape: [3], data: numbers(0, 0, 0) } });
        await coordinator.start();
        await worker.flush();
        assert.deepEqual(verdicts, ["LAYOUT"]);
    },

    async error_length(scene) {
        const { daemon } = await scene.running({ a: { shape: [2, 3], data: new Float32Array(6) } });
        const worker = await scene.worker(daemon, { name: "w" });
        await refused("LENGTH", worker.push(numbers(1, 2)));
        await refused("LENGTH", worker.push({ a: numbers(1, 2) }));
        await refused("LENGTH", worker.push({ a: { rows: [0], data: numbers(1, 2) } }));
        await refused("SHAPE", worker.push({ a: { shape: [3, 2], data: new Float32Array(6) } }));
        assert.equal(worker.stats.pushed, 0);
    },

    async error_shape(scene) {
        const { coordinator } = await scene.running(zeros());
        const nine = { a: { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], data: numbers(1) } };
        const error = await refused("SHAPE", coordinator.setModelParameters(nine));
        assert.ok(error.message.includes("9 dimensions"), error.message);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [0, 0, 0]);
    },

    async error_non_finite(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const verdicts: unknown[] = [];
        const onVerdict = (verdict: unknown) => verdicts.push(verdict);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await worker.push(numbers(1, Number.NaN, 1));
        await worker.push(numbers(1, 2, 3));
        await worker.flush();
        assert.equal(verdicts.length, 1);
        const [{ sequence, disposition, codeName, message }] = verdicts as [Record<string, unknown>];
        assert.deepEqual([sequence, disposition, codeName], [1, "REFUSED", "NON_FINITE"]);
        assert.match(message as string, /finite/);
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-1, -2, -3]);
    },

    async error_epoch(scene) {
        const { daemon, coordinator } = await scene.running(zeros());
        const old = await coordinator.getModelParameters();
        const verdicts: string[] = [];
        const onVerdict = (verdict: { codeName: string }) => verdicts.push(verdict.codeName);
        const worker = await scene.worker(daemon, { name: "w", onVerdict });
        await coordinator.setModelParameters(zeros());
        await refused("EPOCH", coordinator.addGradients(numbers(1, 1, 1), { base: old }));
        await worker.push(numbers(1, 1, 1), { base: old });
        await worker.flush();
        assert.deepEqual(verdicts, ["EPOCH"]);
        assert.equal((await coordinator.getModelParameters()).version, 0);
    },

    async error_stale(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { maxStaleness: 1 });
        const worker = await scene.worker(daemon, { name: "w" });
        const first = await worker.parameters();
        for (let i = 0; i < 3; i++) {
            await worker.push(numbers(1, 1, 1), { base: await worker.fetch() });
            await worker.flush();
        }
        await refused("STALE", coordinator.addGradients(numbers(1, 1, 1), { base: first }));
        assert.equal((await coordinator.getModelParameters()).version, 3);
    },

    async error_base(scene) {
        const { coordinator } = await scene.running(zeros(), { maxStaleness: 2 });
        const error = await refused("BASE", coordinator.addGradients(numbers(1, 1, 1), { base: null }));
        assert.ok(error.message.includes("max_staleness"), error.message);
        const base = await coordinator.getModelParameters();
        assert.equal(base.version, 0);
        await coordinator.addGradients(numbers(1, 1, 1), { base });
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-1, -1, -1]);
    },

    async error_late(scene) {
        const { daemon, coordinator } = await scene.running(zeros(), { policy: "bsp" });
        const base = await coordinator.getModelParameters();
        const worker = await scene.worker(daemon, { name: "w" });
        const step = async () => {
            await worker.next();
            await worker.push(numbers(1, 1, 1));
            await worker.flush();
        };
        await step();
        const error = await refused("LATE", coordinator.addGradients(numbers(1, 1, 1), { base }));
        assert.ok(error.message.includes("round"), error.message);
        await step();
        assert.deepEqual(list((await coordinator.getModelParameters()).data), [-2, -2, -2]);
    },

    async error_every_code(scene) {
        const { daemon } = await scene.running(zeros());
        const coordinator = await scene.coordinator(daemon, { control: await scene.refuser(daemon) });
        for (const [number, name] of codesOfProtocol()) {
            //  BUSY is asked again until the time is over.
            const options = name === "BUSY" ? { timeoutMs: 2000 } : {};
            const error = await refused(name as CodeName, coordinator.record(`code-${number}`, options));
            assert.equal(error.code, number);
            if (name !== "BUSY") assert.ok(error.message.includes(`the code ${number}`), error.message);
        }
        await assert.rejects(coordinator.record("code-63"), { code: 63, codeName: "CODE_63" });
        assert.equal((await coordinator.status()).state, "RUNNING");
    },

    async error_timeout(scene) {
        const nobody = `ipc://${scene.folder}/nobody`;
        let error = await refused(
            ["CONNECT", "TIMEOUT"],
            Worker.open({ control: nobody, name: "w", timeoutMs: 300 }),
        );
        assert.ok(error.message.includes(nobody));
        const daemon = await scene.daemon();
        const coordinator = await scene.coordinator(daemon);
        await daemon.halt();
        const begun = Date.now();
        error = await refused("TIMEOUT", coordinator.status({ timeoutMs: 300 }));
        assert.ok(error.message.includes(daemon.control));
        assert.ok(Date.now() - begun < 30000);
        daemon.signal("SIGCONT");
    },
};
