import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { GradmqError } from "../../src/errors.js";
import { fromBf16, fromF16, toBf16, toF16 } from "../../src/tensor/dtype.js";
import { Encoding, placeParts } from "../../src/tensor/encoding.js";
import { Layout } from "../../src/tensor/layout.js";
import { readParameters } from "../../src/tensor/parameters.js";
import { cutFrames, framesBytes } from "../../src/tensor/payload.js";
import { borrowFrames, isNative, planTensors, writePlan } from "../../src/worker/tensors.js";

const layout = new Layout([
    { name: "a", shape: [3, 2] },
    { name: "b", shape: [] },
]);
const MIB = 1024 * 1024;

describe("tensor", () => {
    test("every f16 and bf16 comes back as it was", () => {
        for (let bits = 0; bits < 65536; bits++) {
            if (!Number.isNaN(fromF16(bits))) assert.equal(toF16(fromF16(bits)), bits);
            if (!Number.isNaN(fromBf16(bits))) assert.equal(toBf16(fromBf16(bits)), bits);
        }
        assert.ok(Number.isNaN(fromF16(toF16(Number.NaN))) && Number.isNaN(fromBf16(toBf16(Number.NaN))));
    });

    test("between two f16 the nearer is taken, of equally near ones the even", () => {
        for (let bits = 0; bits < 0x7bff; bits++) {
            const low = fromF16(bits);
            const high = fromF16(bits + 1);
            const middle = (low + high) / 2;
            assert.equal(toF16(middle), bits % 2 === 0 ? bits : bits + 1);
            assert.equal(toF16(-(middle + (high - middle) / 4)), (bits + 1) | 0x8000);
            assert.equal(toF16(middle - (middle - low) / 4), bits);
        }
    });

    test("frames are cut near 1 MiB and never inside an element, an index or a scale", () => {
        const big = new Layout([{ name: "t", shape: [300001, 3] }], "f64");
        for (const [encoding, count] of [
            [Encoding.DENSE, 0],
            [Encoding.ROWS, 299999],
            [Encoding.TOP_K, 500001],
        ] as const) {
            const parts = placeParts(big, big.master, [
                { tensor: 0, encoding, dtype: undefined, count, bytes: undefined },
            ]);
            const [part] = parts;
            assert.ok(part);
            const frames = cutFrames(Buffer.alloc(part.bytes), parts);
            assert.equal(framesBytes(frames), part.bytes);
            let end = 0;
            for (const frame of frames) {
                end += frame.length;
                assert.ok(frame.length > 0 && frame.length <= MIB);
                if (end < part.head) assert.equal(end % 4, 0);
                else assert.equal((end - part.head) % part.element, 0);
            }
        }
    });

    test("what is given is held against the layout", () => {
        const code = (input: unknown, dtype?: "f16") => {
            try {
                planTensors(layout, input as Float32Array, dtype);
                return "OK";
            } catch (error) {
                return (error as GradmqError).codeName;
            }
        };
        assert.equal(code(new Float32Array(7)), "OK");
        assert.equal(code(new Float32Array(6)), "LENGTH");
        assert.equal(code({ a: new Float32Array(6), b: Float32Array.of(1) }), "OK");
        assert.equal(code({ c: Float32Array.of(1) }), "LAYOUT");
        assert.equal(code({}), "ARGUMENT");
        assert.equal(code(null), "ARGUMENT");
        assert.equal(code([1, 2, 3]), "LAYOUT");
        assert.equal(code({ a: [1, 2, 3, 4, 5, 6] }), "ARGUMENT");
        assert.equal(code({ a: new Float32Array(6), b: Float64Array.of(1) }), "ARGUMENT");
        assert.equal(code({ a: new Float32Array(6), b: Float64Array.of(1) }, "f16"), "OK");
        assert.equal(code({ a: new Uint16Array(6) }), "ARGUMENT");
        assert.equal(code({ a: { rows: [0, 0], data: new Float32Array(4) } }), "ARGUMENT");
        assert.equal(code({ a: { rows: [-1], data: new Float32Array(2) } }), "ARGUMENT");
        assert.equal(code({ a: { rows: [], data: new Float32Array(0) } }), "ARGUMENT");
    });

    test("lent frames are the same octets as copied ones", () => {
        const plan = planTensors(layout, {
            b: Float32Array.of(7),
            a: new Float32Array([0, 1, 2, 3, 4, 5, 6]).subarray(1),
        });
        const copy = Buffer.alloc(plan.bytes);
        writePlan(plan, copy);
        assert.ok(isNative(plan) && plan.whole);
        assert.deepEqual(Buffer.concat(borrowFrames(plan)), copy);
        assert.ok(!isNative(planTensors(layout, new Float32Array(7), "f16")));
    });

    test("parameters are refused where their length is not the layout's", () => {
        const told = { epoch: 1n, version: 2, layoutId: layout.id, dtype: 0, encoding: 0 };
        const read = readParameters(layout, told, [Buffer.alloc(12), Buffer.alloc(16)]);
        assert.deepEqual([...read.tensors.keys()], ["a", "b"]);
        assert.throws(() => readParameters(layout, told, [Buffer.alloc(27)]), GradmqError);
        assert.throws(
            () => readParameters(layout, { ...told, encoding: 3 }, [Buffer.alloc(28)]),
            GradmqError,
        );
        assert.throws(() => read.tensor("c"), GradmqError);
    });
});
