import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Scene, zeros } from "../behaviour/scene.js";

//  How a process ends that has a worker: cleanly, however it ends.

const WAYS = { close: 0, exit: 3, "close-exit": 4, throw: 1, dead: 5 };

describe("process", () => {
    for (const [way, status] of Object.entries(WAYS))
        test(`ends by ${way}`, async () => {
            const scene = new Scene();
            try {
                const { daemon } = await scene.running(zeros(), { leaseMs: 200 });
                const script = fileURLToPath(new URL("../behaviour/ending.js", import.meta.url));
                const words = [script, daemon.control, way, String(daemon.process?.pid)];
                const child = spawn(process.execPath, words, { stdio: "ignore" });
                const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
                assert.deepEqual([code, signal], [status, null]);
            } finally {
                await scene.end();
            }
        });
});
