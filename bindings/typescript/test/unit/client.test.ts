import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { curveKeyPair } from "zeromq";
import { chooseEndpoint } from "../../src/client/endpoint.js";
import { keyOctets, loadKeys } from "../../src/client/keys.js";
import { readProperties } from "../../src/client/property.js";
import { Session } from "../../src/client/session.js";
import { Bell, Deadline, Turnstile } from "../../src/client/wait.js";
import { readSettings, writeChange } from "../../src/coordinator/settings.js";
import { GradmqError } from "../../src/errors.js";
import { ParametersSchema } from "../../src/gen/gradmq/v1/control_pb.js";
import { checkPush } from "../../src/worker/push-options.js";

function code(action: () => unknown): string {
    try {
        action();
        return "OK";
    } catch (error) {
        if (!(error instanceof GradmqError)) throw error;
        return error.codeName;
    }
}

describe("endpoints", () => {
    test("a wildcard becomes the host of control, and the transport of control is preferred", () => {
        const control = "tcp://host.example:5570";
        assert.equal(
            chooseEndpoint(["ipc:///x", "tcp://*:5571"], control, "updates"),
            "tcp://host.example:5571",
        );
        assert.equal(chooseEndpoint(["tcp://[::]:9"], "tcp://[::1]:5", "events"), "tcp://[::1]:9");
        assert.equal(chooseEndpoint(["tcp://10.0.0.1:7", "ipc:///y"], "ipc:///c", "events"), "ipc:///y");
        assert.equal(chooseEndpoint(["tcp://10.0.0.1:7"], "ipc:///c", "events"), "tcp://10.0.0.1:7");
        assert.equal(
            chooseEndpoint(["tcp://*:7", "tcp://10.0.0.1:7"], "ipc:///c", "events"),
            "tcp://10.0.0.1:7",
        );
        assert.equal(
            code(() => chooseEndpoint(["tcp://*:7"], "ipc:///c", "events")),
            "ARGUMENT",
        );
        assert.equal(
            code(() => chooseEndpoint([], control, "events")),
            "CONNECT",
        );
    });
});

describe("options", () => {
    test("are checked before anything is connected", () => {
        assert.equal(
            code(() => Session.open({ control: "" })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => Session.open({ control: "inproc://x" })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => Session.open({ control: "tcp://h:1", timeoutMs: -1 })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => Session.open({ control: "tcp://h:1", model: "a/b" })),
            "NAME",
        );
        assert.match(Session.open({ control: "tcp://h:1" }).name, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/);
        assert.equal(Session.open({ control: "tcp://h:1", lingerMs: 0 }).state.lingerMs, 1);
    });

    test("of a push", () => {
        assert.equal(
            code(() => checkPush({ weight: 0 })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => checkPush({ lossScale: Number.NaN })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => checkPush({ clock: 1.5 })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => checkPush({ kind: "guess" as never })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => checkPush({ metrics: { "": 1 } })),
            "NAME",
        );
        assert.equal(
            code(() => checkPush({ metrics: { loss: Number.POSITIVE_INFINITY } })),
            "ARGUMENT",
        );
        const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`m${i}`, i]));
        assert.equal(
            code(() => checkPush({ metrics: many })),
            "ARGUMENT",
        );
        assert.deepEqual(checkPush({ metrics: { loss: 2 } }).metrics, [
            { name: "loss", value: 2, weight: 1 },
        ]);
    });

    test("settings go over the wire under their own names", () => {
        const { settings, reset } = writeChange({
            learningRate: 0.5,
            leaseMs: 300,
            clipNorm: null,
            mode: undefined,
        });
        assert.equal(settings.learningRate, 0.5);
        assert.equal(settings.leaseMs, 300n);
        assert.deepEqual(reset, ["clip_norm"]);
        assert.equal(
            code(() => writeChange({ nonsense: 1 } as never)),
            "UNSUPPORTED",
        );
        assert.equal(
            code(() => writeChange({ coalesce: 1 } as never)),
            "ARGUMENT",
        );
        assert.equal(
            code(() => writeChange({ mergeCount: 2 ** 32 })),
            "ARGUMENT",
        );
        assert.equal(
            code(() => writeChange({ mergeCount: -1 })),
            "ARGUMENT",
        );
        const told = readSettings(
            create(ParametersSchema, {
                settings,
                explicitNames: ["lease_ms"],
                revision: 3n,
                unset: ["beta1"],
            }),
        );
        assert.deepEqual(told.settings, { learningRate: 0.5, leaseMs: 300 });
        assert.ok(told.given.has("leaseMs"));
        assert.deepEqual(told.unset, ["beta1"]);
    });
});

describe("keys", () => {
    const folder = mkdtempSync(join(tmpdir(), "gq-"));
    after(() => rmSync(folder, { recursive: true }));
    const { publicKey, secretKey } = curveKeyPair();
    const write = (name: string, text: string, mode = 0o600) => {
        const path = join(folder, name);
        writeFileSync(path, text);
        chmodSync(path, mode);
        return path;
    };
    const certificate = (open: string, secret?: string) =>
        `#   c\n\nmetadata\n    name = "w"\ncurve\n    public-key = "${open}"\n` +
        (secret ? `    secret-key = "${secret}"\n` : "");

    test("are read from certificates, and belong together", () => {
        const secret = write("w.secret", certificate(publicKey, secretKey));
        const open = write("s.public", certificate(publicKey), 0o644);
        assert.deepEqual(loadKeys(secret, open), { serverKey: publicKey, publicKey, secretKey });
        assert.deepEqual(loadKeys(secret, publicKey)?.serverKey, publicKey);
        assert.equal(loadKeys(undefined, undefined), undefined);
        const other = write("other.secret", certificate(curveKeyPair().publicKey, secretKey));
        assert.equal(
            code(() => loadKeys(other, open)),
            "FORMAT",
        );
        assert.equal(
            code(() => loadKeys(write("bad", certificate("short")), open)),
            "FORMAT",
        );
        assert.equal(
            code(() => loadKeys(secret, write("group", certificate(publicKey), 0o664))),
            "PERMISSION",
        );
        assert.equal(
            code(() => loadKeys(write("read", certificate(publicKey, secretKey), 0o640), open)),
            "PERMISSION",
        );
        assert.equal(
            code(() => loadKeys(folder, open)),
            "FORMAT",
        );
        assert.equal(
            code(() => loadKeys(secret, undefined)),
            "ARGUMENT",
        );
    });

    test("Z85 is read strictly", () => {
        assert.equal(keyOctets(publicKey)?.length, 32);
        assert.equal(keyOctets("#".repeat(40)), undefined);
        assert.equal(keyOctets(`${publicKey}0`), undefined);
        assert.equal(keyOctets(`${publicKey.slice(1)}"`), undefined);
    });

    test("property files", () => {
        const text = "a = 1 # one\nb\n    c = 'x # y'\n    d\n        e = \"\"\nf =  g h \n";
        const entries = Object.fromEntries(readProperties("f", text));
        assert.deepEqual(entries, { a: "1", "b/c": "x # y", "b/d/e": "", f: "g h" });
        for (const bad of ["  a = 1", "        a = 1", 'a = "x', 'a = "x" y', "= 1", "a = #", "a b"])
            assert.equal(
                code(() => readProperties("f", bad)),
                "FORMAT",
                bad,
            );
    });
});

describe("waits", () => {
    test("those behind wait for those before, also where one gives up", async () => {
        const door = new Turnstile();
        const order: number[] = [];
        let open = () => {};
        const gate = new Promise<void>((resolve) => {
            open = resolve;
        });
        const never = () => new GradmqError("TIMEOUT");
        const long = new Deadline(60000);
        const first = door.pass(long, never, async () => {
            await gate;
            order.push(1);
        });
        const second = door.pass(new Deadline(1), never, async () => {
            order.push(2);
        });
        const third = door.pass(long, never, async () => {
            order.push(3);
        });
        await assert.rejects(second, { codeName: "TIMEOUT" });
        open();
        await Promise.all([first, third]);
        assert.deepEqual(order, [1, 3]);
    });

    test("an abort ends a wait with its reason", async () => {
        const control = new AbortController();
        const bell = new Bell();
        const until = new Deadline(60000, control.signal);
        const wait = bell.wait(until.left, until.signal);
        control.abort(new Error("enough"));
        await wait;
        assert.throws(() => until.check(), { message: "enough" });
    });
});
