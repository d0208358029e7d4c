import { parseArgs } from "node:util";

import { Coordinator, GradmqError, type Verdict, Worker } from "gradmq";

import { Batches } from "./batch.js";
import { loadTraining } from "./data.js";
import { checkModel, score } from "./network.js";

//  A worker that trains a network on handwritten digits, beside those of other languages. The layout and the first
//  parameters are the coordinator's: `gradmq-digits prepare` loads them.

const USAGE = `usage: digits --control ENDPOINT --name NAME --part I --parts N --gradients G --data FILE
              [--secret FILE --server-key FILE]`;
const BATCH = 32;
const TIMEOUT_MS = 60000;

const { values } = parseArgs({
    options: {
        control: { type: "string" },
        name: { type: "string", default: "digits-typescript" },
        part: { type: "string", default: "1" },
        parts: { type: "string", default: "1" },
        gradients: { type: "string", default: "1000" },
        data: { type: "string" },
        secret: { type: "string" },
        "server-key": { type: "string" },
    },
});

async function main(control: string, data: string): Promise<number> {
    const { name, secret } = values;
    const gradients = Number(values.gradients);
    const batches = new Batches(loadTraining(data), Number(values.part), Number(values.parts), BATCH);
    const connection = { control, secret, serverKey: values["server-key"], timeoutMs: TIMEOUT_MS };

    //  In rounds everybody computes from the same version; else each from the newest that has arrived.
    const coordinator = await Coordinator.open(connection);
    const { policy } = (await coordinator.getParameters()).settings;
    await coordinator.close();

    const onVerdict = ({ sequence, disposition, message }: Verdict) =>
        console.error(`gradient ${sequence} was not applied: ${disposition}: ${message}`);
    const worker = await Worker.open({ ...connection, name, onVerdict });
    try {
        checkModel(worker.layout);
        for (let i = 0; i < gradients; i++) {
            const parameters = policy === "bsp" ? await worker.next() : await worker.parameters();
            const { accuracy, gradient, loss } = score(parameters, batches.take());
            await worker.push(gradient, {
                metrics: {
                    loss: { value: loss, weight: BATCH },
                    accuracy: { value: accuracy, weight: BATCH },
                },
            });
        }
        await worker.flush();
    } finally {
        await worker.close();
    }
    const { applied, refused } = worker.stats;
    console.log(`${name}: ${gradients} gradients, ${applied} applied, ${refused} not`);
    return 0;
}

if (values.control && values.data) {
    try {
        process.exitCode = await main(values.control, values.data);
    } catch (error) {
        console.error(`digits: ${error instanceof GradmqError ? error.message : String(error)}`);
        process.exitCode = 1;
    }
} else {
    console.error(USAGE);
    process.exitCode = 2;
}
