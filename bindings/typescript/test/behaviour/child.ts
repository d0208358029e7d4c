import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

import { GradmqError, Worker } from "../../src/index.js";

//  A worker in a process of its own, which does what it is told on standard input, a line each, and answers
//  with one line of JSON: child.js CONTROL NAME

const [control = "", name = ""] = process.argv.slice(2);

/** Compute: nothing else happens in this thread until the file is there. */
function computeUntil(file: string): void {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(file)) Atomics.wait(cell, 0, 0, 5);
}

const worker = await Worker.open({ control, name, timeoutMs: 60000 });

async function obey([verb = "", word = ""]: string[]): Promise<unknown> {
    switch (verb) {
        case "stats":
            break;
        case "push":
            await worker.push(Float32Array.of(1, 1, 1));
            await worker.flush();
            break;
        case "compute":
            computeUntil(word);
            break;
        case "compute-newest": {
            computeUntil(word);
            const { version } = await worker.parameters();
            return { version };
        }
        case "parameters":
            return { version: (await worker.parameters()).version };
        case "close":
            await worker.close();
            break;
        default:
            throw new Error(`what is ${verb}?`);
    }
    const { incarnation, ...stats } = worker.stats;
    return { ...stats, incarnation: String(incarnation), epoch: String(stats.epoch) };
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
    try {
        console.log(JSON.stringify(await obey(line.split(" "))));
    } catch (error) {
        const { message } = error as Error;
        console.log(JSON.stringify({ error: error instanceof GradmqError ? error.codeName : "?", message }));
    }
}
await worker.close({ timeoutMs: 0 }).catch(() => {});
