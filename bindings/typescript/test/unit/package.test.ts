import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import * as gradmq from "gradmq";

import { packageFolder } from "../support/places.js";

const CONTENTS = /^(dist\/|README\.md$|LICENSE$|package\.json$)/;

describe("package", () => {
    test("the lock file names no hosts", () => {
        const text = readFileSync(join(packageFolder, "package-lock.json"), "utf8");
        assert.ok(!text.includes("://") && !text.includes('"resolved"'));
        assert.ok(text.includes('"integrity"'));
    });

    test("has what it needs and no more", () => {
        const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
        const told = execFileSync("npm", words, { cwd: packageFolder, encoding: "utf8" });
        const [{ files }] = JSON.parse(told) as [{ files: { path: string }[] }];
        const names = files.map(({ path }) => path);
        for (const needed of ["dist/index.js", "dist/index.d.ts", "dist/worker/lease-thread.js", "README.md"])
            assert.ok(names.includes(needed), needed);
        assert.deepEqual(
            names.filter((name) => !CONTENTS.test(name)),
            [],
        );
    });

    test("gives out its classes under its own name", () => {
        const names = ["Coordinator", "GradmqError", "Layout", "Parameters", "Worker"];
        assert.deepEqual(
            Object.entries(gradmq)
                .filter(([, value]) => typeof value === "function" && /^class /.test(String(value)))
                .map(([name]) => name)
                .sort(),
            names,
        );
    });
});
