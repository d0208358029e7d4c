import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { type Compression, Compressor } from "../../src/compress/compressor.js";
import { greatest } from "../../src/compress/top-k.js";
import { GradmqError } from "../../src/errors.js";
import { Layout } from "../../src/tensor/layout.js";
import { addPart } from "../../src/tensor/payload.js";

const layout = new Layout([
    { name: "m", shape: [20, 30] },
    { name: "v", shape: [5] },
]);

function wave(length: number, step: number): Float32Array {
    return Float32Array.from({ length }, (_, i) => Math.sin(i * step) * (1 + (i % 5)));
}

const gradient = [wave(600, 0.7), wave(5, 1.1)];

function decode(compressor: Compressor, payload: Buffer): number[] {
    return compressor.parts.flatMap((part) => {
        const to = new Float64Array(part.tensor.elements);
        addPart(part, payload, to);
        return [...to];
    });
}

const METHODS: Compression[] = [
    { method: "int8" },
    { method: "topK", fraction: 0.1 },
    { method: "lowRank", rank: 2 },
];

describe("compress", () => {
    test("int8 is off by half a scale at most, subnormal numbers too", () => {
        for (const factor of [1, 1e-42, 1e30]) {
            const compressor = new Compressor({ method: "int8" }, layout);
            const payload = Buffer.alloc(compressor.bytes);
            const scaled = gradient.map((numbers) => numbers.map((value) => value * factor));
            compressor.encode(scaled, 1, payload);
            const [part] = compressor.parts;
            decode(compressor, payload)
                .slice(0, 600)
                .forEach((value, i) => {
                    const scale = payload.readFloatLE((part?.offset ?? 0) + Math.floor(i / 256) * 4);
                    assert.ok(Math.abs(value - (scaled[0]?.[i] as number)) <= scale / 2, `${factor} ${i}`);
                });
        }
    });

    test("topK takes the greatest, of equal ones those with the lower index", () => {
        assert.deepEqual([...greatest(Float32Array.of(1, -3, 3, 2, 3, 0), 3)], [1, 2, 4]);
        assert.deepEqual([...greatest(Float32Array.of(1, -3, 3, 2, 3, 0), 2)], [1, 2]);
        assert.deepEqual([...greatest(new Float32Array(9), 2)], [0, 1]);
        const numbers = wave(5000, 0.37);
        for (const k of [1, 17, 2500, 5000]) {
            const sorted = [...numbers.keys()].sort(
                (a, b) => Math.abs(numbers[b] as number) - Math.abs(numbers[a] as number) || a - b,
            );
            assert.deepEqual(
                [...greatest(numbers, k)],
                sorted.slice(0, k).sort((a, b) => a - b),
            );
        }
    });

    test("lowRank gives a matrix of that rank back", () => {
        const compressor = new Compressor({ method: "lowRank", rank: 2 }, layout);
        const matrix = Float32Array.from({ length: 600 }, (_, i) => {
            const row = Math.floor(i / 30);
            const column = i % 30;
            return (row + 1) * Math.cos(column) + (row % 3) * column;
        });
        const payload = Buffer.alloc(compressor.bytes);
        for (let i = 0; i < 3; i++) {
            compressor.encode([matrix, new Float32Array(5)], 1, payload);
            decode(compressor, payload)
                .slice(0, 600)
                .forEach((value, k) => {
                    if (i > 0) assert.ok(Math.abs(value - (matrix[k] as number)) < 1e-2);
                });
        }
        compressor.encode([new Float32Array(600), new Float32Array(5)], 1, payload);
        assert.ok(decode(compressor, payload).every((value) => value === 0));
    });

    for (const how of METHODS)
        test(`what ${how.method} leaves out goes with later ones, and what comes back too`, () => {
            const compressor = new Compressor(how, layout);
            const sum = new Float64Array(605);
            const payload = Buffer.alloc(compressor.bytes);
            const nothing = [new Float32Array(600), new Float32Array(5)];
            const pushes = 60;
            for (let i = 0; i < pushes; i++) {
                compressor.encode(i < 2 ? gradient : nothing, 0.5, payload);
                compressor.sent();
                //  The second one is refused: what it held comes back.
                if (i === 1) compressor.giveBack(compressor.generation, payload);
                else
                    decode(compressor, payload).forEach((value, k) => {
                        sum[k] = (sum[k] as number) + value;
                    });
            }
            const whole = gradient.flatMap((numbers) => [...numbers]);
            whole.forEach((value, k) => {
                assert.ok(
                    Math.abs((sum[k] as number) - value) < 0.02,
                    `${how.method} ${k}: ${sum[k]}, not ${value}`,
                );
            });
        });

    test("what was not sent changes nothing", () => {
        const compressor = new Compressor({ method: "topK", fraction: 0.05 }, layout);
        const first = Buffer.alloc(compressor.bytes);
        const second = Buffer.alloc(compressor.bytes);
        compressor.encode(gradient, 1, first);
        compressor.encode(gradient, 1, second);
        assert.deepEqual(first, second);
        compressor.giveBack(compressor.generation + 1, first);
        compressor.encode(gradient, 1, second);
        assert.deepEqual(first, second);
    });

    test("a value that is not finite is refused before anything has changed", () => {
        const compressor = new Compressor({ method: "int8" }, layout);
        const bad = [
            Float32Array.from(gradient[0] as Float32Array).fill(Number.NaN, 3, 4),
            new Float32Array(5),
        ];
        assert.throws(() => compressor.encode(bad, 1, Buffer.alloc(compressor.bytes)), GradmqError);
    });

    test("tensors that would not become shorter go whole", () => {
        const compressor = new Compressor({ method: "lowRank", rank: 19 }, layout);
        assert.ok(compressor.parts.every((part) => part.encoding === 1));
        assert.throws(() => new Compressor({ method: "topK", fraction: 0 }, layout), GradmqError);
        assert.throws(() => new Compressor({ method: "lowRank", rank: 0.5 }, layout), GradmqError);
        assert.throws(() => new Compressor({ method: "zip" } as never, layout), GradmqError);
    });
});
