import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import {
    type CodeName,
    type ConnectOptions,
    Coordinator,
    GradmqError,
    type ModelInput,
    type SettingsChange,
    Worker,
    type WorkerOptions,
} from "../../src/index.js";
import { bin, root } from "../support/places.js";

/** However slow the machine is. */
export const PATIENCE_MS = 60000;
const LOOK_MS = 10;

const run = promisify(execFile);

/** Wait until it holds; says what was waited for when it never does. */
export async function soon(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
        assert.ok(Date.now() < until, `not within a minute: ${what}`);
        await sleep(LOOK_MS);
    }
}

/** It rejects with this code; returns the error. */
export async function refused(
    code: CodeName | readonly CodeName[],
    call: Promise<unknown>,
): Promise<GradmqError> {
    const wanted = typeof code === "string" ? [code] : code;
    try {
        await call;
    } catch (error) {
        assert.ok(error instanceof GradmqError, `${error}`);
        assert.ok(
            (wanted as string[]).includes(error.codeName),
            `${error.codeName}: ${error.message}, not ${wanted}`,
        );
        assert.ok(error.message.length > 10, error.message);
        return error;
    }
    throw new assert.AssertionError({ message: `not refused with ${wanted}` });
}

/** Stop a process, and wait until it stands still. */
export async function halt(process: ChildProcess | undefined): Promise<void> {
    process?.kill("SIGSTOP");
    await soon("the process stands still", () => {
        const stat = readFileSync(`/proc/${process?.pid}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
    });
}

/** A gradmqd of its own. */
export class Daemon {
    process: ChildProcess | undefined;
    log = "";
    constructor(
        readonly control: string,
        private readonly settings: readonly string[],
    ) {}

    async start(): Promise<void> {
        const words = this.settings.flatMap((setting) => ["--set", setting]);
        const child = spawn(join(bin, "gradmqd"), words, { stdio: ["ignore", "pipe", "pipe"] });
        const begun = this.log.length;
        const note = (text: Buffer) => {
            this.log += text;
        };
        child.stdout.on("data", note);
        child.stderr.on("data", note);
        this.process = child;
        await soon("gradmqd is ready", () => {
            assert.equal(child.exitCode, null, `gradmqd has ended: ${this.log}`);
            return this.log.slice(begun).includes("ready:");
        });
    }

    signal(signal: NodeJS.Signals): void {
        this.process?.kill(signal);
    }

    /** Stand still, from now on and not some time later; SIGCONT ends that. */
    async halt(): Promise<void> {
        await halt(this.process);
    }

    get ended(): boolean {
        return this.process?.exitCode !== null || this.process.signalCode !== null;
    }

    /** As a crash would. */
    async kill(): Promise<void> {
        this.signal("SIGKILL");
        await soon("gradmqd is dead", () => this.ended);
    }
}

/** A worker in a process of its own: see child.ts. */
export class Child {
    private readonly lines: string[] = [];
    private rest = "";

    constructor(readonly process: ChildProcess) {
        process.stdout?.on("data", (text: Buffer) => {
            const parts = `${this.rest}${text}`.split("\n");
            this.rest = parts.pop() ?? "";
            this.lines.push(...parts);
        });
    }

    /** Tell it what to do, without waiting for it. */
    tell(line: string): void {
        this.process.stdin?.write(`${line}\n`);
    }

    /** Its next answer. */
    async answer(): Promise<Record<string, unknown>> {
        await soon("the worker answers", () => {
            assert.equal(this.process.exitCode, null, "the worker has ended");
            return this.lines.length > 0;
        });
        return JSON.parse(this.lines.shift() as string) as Record<string, unknown>;
    }

    ask(line: string): Promise<Record<string, unknown>> {
        this.tell(line);
        return this.answer();
    }
}

/** What one case needs; everything is ended behind it. */
export class Scene {
    readonly folder = mkdtempSync(join(tmpdir(), "gq-"));
    readonly notes: string[] = [];
    private readonly ends: (() => Promise<unknown>)[] = [];
    private daemons = 0;

    /** A daemon with endpoints of its own; `settings` are words for --set. */
    async daemon(...settings: string[]): Promise<Daemon> {
        const folder = join(this.folder, `d${this.daemons++}`);
        mkdirSync(folder);
        const sockets = ["control", "gradients", "updates", "events"].map(
            (socket) => `sockets/${socket}=ipc://${join(folder, socket[0] as string)}`,
        );
        const daemon = new Daemon(`ipc://${join(folder, "c")}`, [
            "heartbeat_ms=100",
            "model/name=m",
            ...sockets,
            ...settings,
        ]);
        this.ends.push(async () => {
            this.notes.push(daemon.log);
            daemon.signal("SIGKILL");
        });
        await daemon.start();
        return daemon;
    }

    async coordinator(daemon: Daemon, options: Partial<ConnectOptions> = {}): Promise<Coordinator> {
        const coordinator = await Coordinator.open({
            control: daemon.control,
            timeoutMs: PATIENCE_MS,
            ...options,
        });
        this.ends.push(() => coordinator.close());
        return coordinator;
    }

    async worker(daemon: Daemon, options: Partial<WorkerOptions> = {}): Promise<Worker> {
        const worker = await Worker.open({ control: daemon.control, timeoutMs: PATIENCE_MS, ...options });
        this.ends.push(() => worker.close({ timeoutMs: 0 }));
        return worker;
    }

    /** A daemon with a model that is loaded and runs. */
    async running(
        model: ModelInput,
        change: SettingsChange = {},
        ...settings: string[]
    ): Promise<{ daemon: Daemon; coordinator: Coordinator }> {
        const daemon = await this.daemon(...settings);
        const coordinator = await this.coordinator(daemon);
        await coordinator.setParameters(change);
        await coordinator.setModelParameters(model);
        await coordinator.start();
        return { daemon, coordinator };
    }

    /** A worker in a process of its own, ready. */
    async child(daemon: Daemon, name: string): Promise<Child> {
        const script = fileURLToPath(new URL("./child.js", import.meta.url));
        const child = new Child(
            spawn(process.execPath, [script, daemon.control, name], { stdio: ["pipe", "pipe", "inherit"] }),
        );
        this.ends.push(async () => {
            child.process.kill("SIGKILL");
        });
        assert.deepEqual(await child.answer(), { ready: true });
        return child;
    }

    /** The endpoint at which a Record of `code-N` is refused with the code N. */
    async refuser(daemon: Daemon): Promise<string> {
        const script = join(root, "tests", "bindings", "refuser.py");
        const child = spawn("python3", [script, daemon.control], { stdio: ["pipe", "pipe", "inherit"] });
        this.ends.push(async () => {
            child.kill("SIGKILL");
        });
        let said = "";
        child.stdout.on("data", (text: Buffer) => {
            said += text;
        });
        await soon("the refuser is there", () => {
            assert.equal(child.exitCode, null, "the refuser has ended");
            return said.includes("\n");
        });
        return said.trim();
    }

    /** gradmq's own words on standard output. */
    async gradmq(...words: string[]): Promise<string> {
        const { stdout } = await run(join(bin, "gradmq"), words);
        return stdout;
    }

    async end(): Promise<void> {
        for (const end of this.ends.reverse()) await end().catch(() => {});
        rmSync(this.folder, { recursive: true, force: true });
    }
}

export type Case = (scene: Scene) => Promise<void>;
export type Cases = Record<string, Case>;

/** A vector `v` of zeros. */
export const zeros = (length = 3) => ({ v: { shape: [length], data: new Float32Array(length) } });
/** A gradient for it, or any packed one. */
export const numbers = (...values: number[]): Float32Array => Float32Array.from(values);
/** Numbers as plain ones, to compare. */
export const list = (data: Float32Array | Float64Array): number[] => Array.from(data);
