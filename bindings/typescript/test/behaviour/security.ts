import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Coordinator, Worker } from "../../src/index.js";
import { type Cases, type Daemon, list, numbers, refused, type Scene, zeros } from "./scene.js";

interface Secured {
    daemon: Daemon;
    secret(name: string): string;
    serverKey: string;
}

/** A daemon with keys; `w1` is a worker's, `boss` an admin's, `eye` an observer's, `stranger` is not authorised. */
async function secured(scene: Scene): Promise<Secured> {
    const keys = join(scene.folder, "keys");
    const authorised = join(scene.folder, "authorised");
    for (const folder of [keys, authorised]) mkdirSync(folder, { mode: 0o700 });
    for (const words of [
        ["server"],
        ["w1"],
        ["stranger"],
        ["boss", "--role", "admin"],
        ["eye", "--role", "observer"],
    ])
        await scene.gradmq("keygen", ...words, "--out", keys);
    for (const name of ["w1", "boss", "eye"])
        copyFileSync(join(keys, `${name}.public`), join(authorised, `${name}.public`));
    const secret = (name: string) => join(keys, `${name}.secret`);
    const daemon = await scene.daemon(
        `security/secret=${secret("server")}`,
        `security/authorised=${authorised}`,
    );
    return { daemon, secret, serverKey: join(keys, "server.public") };
}

export const securityCases: Cases = {
    async keys(scene) {
        const { daemon, secret, serverKey } = await secured(scene);
        const boss = await scene.coordinator(daemon, { secret: secret("boss"), serverKey });
        await boss.setModelParameters(zeros());
        await boss.start();
        const z85 = /public-key = "(.{40})"/.exec(readFileSync(serverKey, "utf8"))?.[1] as string;
        const worker = await scene.worker(daemon, { name: "w1", secret: secret("w1"), serverKey: z85 });
        const { version } = await worker.next();
        assert.equal(version, 0);
        await worker.push(numbers(1, 2, 3));
        assert.equal((await worker.next()).version, 1);
        await worker.flush();
        assert.deepEqual(list((await boss.getModelParameters()).data), [-1, -2, -3]);
    },

    async error_permission(scene) {
        const { daemon, secret, serverKey } = await secured(scene);
        const eye = await scene.coordinator(daemon, { secret: secret("eye"), serverKey });
        assert.equal((await eye.status()).state, "EMPTY");
        const error = await refused("PERMISSION", eye.setParameters({ clipNorm: 1 }));
        assert.match(error.message, /admin/);
        const boss = await scene.coordinator(daemon, { secret: secret("boss"), serverKey });
        await boss.setModelParameters(zeros());
        const other = { control: daemon.control, name: "w2", secret: secret("w1"), serverKey };
        await refused("PERMISSION", Worker.open(other));
    },

    async wrong_key(scene) {
        const { daemon, secret, serverKey } = await secured(scene);
        const { control } = daemon;
        const begun = Date.now();
        const wrong = join(scene.folder, "keys", "w1.public");
        let error = await refused(
            ["CONNECT", "TIMEOUT"],
            Coordinator.open({ control, secret: secret("boss"), serverKey: wrong, timeoutMs: 1000 }),
        );
        assert.match(error.message, /serverKey/);
        error = await refused(
            ["CONNECT", "TIMEOUT"],
            Worker.open({ control, name: "w1", secret: secret("stranger"), serverKey, timeoutMs: 1000 }),
        );
        assert.match(error.message, /authorised/);
        error = await refused(["CONNECT", "TIMEOUT"], Coordinator.open({ control, timeoutMs: 1000 }));
        assert.match(error.message, /keys/);
        assert.ok(Date.now() - begun < 60000);
        error = await refused("ARGUMENT", Coordinator.open({ control, secret: secret("w1") }));
        assert.match(error.message, /serverKey/);
        await refused(
            "FORMAT",
            Coordinator.open({ control, secret: wrong, serverKey }).catch((refusal) => {
                //  A public certificate may be read by others; that is said first where its mode says so.
                if (refusal.codeName !== "PERMISSION") throw refusal;
                chmodSync(wrong, 0o600);
                return Coordinator.open({ control, secret: wrong, serverKey });
            }),
        );
        chmodSync(secret("w1"), 0o644);
        error = await refused("PERMISSION", Coordinator.open({ control, secret: secret("w1"), serverKey }));
        assert.match(error.message, /chmod 600/);
        await refused("IO", Coordinator.open({ control, secret: "nowhere", serverKey }));
    },
};
