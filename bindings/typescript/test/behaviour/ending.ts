import { Worker } from "../../src/index.js";

//  A process with a worker that ends in the way that is said: ending.js CONTROL WAY PID

const [control = "", way, daemon] = process.argv.slice(2);
const worker = await Worker.open({ control, name: "w" });
await worker.parameters();
//  Long enough for the lease to have been renewed.
for (let i = 0; i < 5; i++) {
    await worker.push(Float32Array.of(1, 1, 1));
    await worker.next();
}
if (way === "throw") throw new Error("on purpose");
if (way === "exit") process.exit(3);
if (way === "dead") {
    process.kill(Number(daemon), "SIGKILL");
    await worker.push(Float32Array.of(1, 1, 1)).catch(() => {});
    process.exit(5);
}
await worker.close();
if (way === "close-exit") process.exit(4);
