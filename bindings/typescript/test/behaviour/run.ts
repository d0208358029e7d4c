import { setTimeout as sleep } from "node:timers/promises";

import { coordinatorCases } from "./coordinator.js";
import { errorCases } from "./errors.js";
import { faultCases } from "./faults.js";
import { policyCases } from "./policies.js";
import { pushCases } from "./push.js";
import { type Case, type Cases, Scene } from "./scene.js";
import { securityCases } from "./security.js";
import { workerCases } from "./worker.js";

//  Runs the cases of tests/bindings/cases.txt, several at a time: run.js [NAME ...]

const TOGETHER = 4;
const LONGEST_MS = 180000;

const all: Cases = {
    ...coordinatorCases,
    ...errorCases,
    ...workerCases,
    ...pushCases,
    ...policyCases,
    ...faultCases,
    ...securityCases,
};

let good = true;

//  A case that has failed may leave calls behind that fail, too.
process.on("unhandledRejection", (error) => {
    console.log(`    not awaited: ${error instanceof Error ? error.message : String(error)}`);
});

async function play(name: string, act: Case): Promise<void> {
    const scene = new Scene();
    const late = new AbortController();
    let wrong: unknown;
    try {
        await Promise.race([
            act(scene),
            sleep(LONGEST_MS, undefined, { signal: late.signal }).then(() => {
                throw new Error("it took too long");
            }),
        ]);
    } catch (error) {
        wrong = error ?? new Error("failed");
    } finally {
        late.abort();
        await scene.end();
    }
    if (wrong) {
        const said = wrong instanceof Error ? (wrong.stack ?? wrong.message) : String(wrong);
        console.log([said, ...scene.notes].join("\n").trimEnd().replace(/^/gm, "    "));
        good = false;
    }
    console.log(`${wrong ? "not ok" : "ok"} ${name}`);
}

const wanted = process.argv.slice(2);
const queue = Object.entries(all).filter(([name]) => wanted.length === 0 || wanted.includes(name));
async function playOn(): Promise<void> {
    for (let next = queue.shift(); next; next = queue.shift()) await play(...next);
}
const players: Promise<void>[] = [];
for (let i = 0; i < TOGETHER; i++) players.push(playOn());
await Promise.all(players);
process.exitCode = good ? 0 : 1;
