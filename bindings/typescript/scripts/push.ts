import { parseArgs } from "node:util";
import { Worker } from "../src/index.js";
import { makeFloats } from "../src/tensor/dtype.js";

//  The benchmark's worker: push.js --control ENDPOINT --gradients N --warm M

const SETTLE_MS = 600000;

const { values } = parseArgs({
    options: {
        control: { type: "string" },
        gradients: { type: "string", default: "100" },
        warm: { type: "string", default: "10" },
    },
});
const gradients = Number(values.gradients);
const warm = Number(values.warm);
if (!values.control || !Number.isInteger(gradients) || !Number.isInteger(warm)) {
    console.error("push: --control ENDPOINT --gradients N --warm M are needed");
    process.exit(2);
}

const worker = await Worker.open({ control: values.control, updates: false, timeoutMs: SETTLE_MS });
const { layout } = worker;
const gradient = makeFloats(layout.dtype === "f64" ? 2 : 1, layout.elements).fill(1e-6);

/** Push so many and wait until they are settled. */
async function push(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await worker.push(gradient, { base: null, copy: false });
    await worker.flush({ timeoutMs: SETTLE_MS });
}

await push(warm);
const begun = process.hrtime.bigint();
await push(gradients);
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
const { applied, refused } = worker.stats;
if (applied !== gradients + warm) {
    console.error(`push: ${refused} of ${gradients + warm} gradients were not applied`);
    process.exitCode = 1;
}
await worker.close();
console.log(JSON.stringify({ gradients, seconds }));
