import { GradmqError } from "../errors.js";
import { dtypeOf, type Floats, makeFloats } from "../tensor/dtype.js";
import { type Part, placePart } from "../tensor/encoding.js";
import type { Layout } from "../tensor/layout.js";
import { addPart } from "../tensor/payload.js";
import { dense } from "./dense.js";
import { int8 } from "./int8.js";
import { lowRank } from "./low-rank.js";
import type { Method } from "./method.js";
import { topK } from "./top-k.js";

/**
 * How whole gradients are compressed: octets (about a quarter of f32), of each tensor the greatest elements, or of
 * each matrix two thin factors (PowerSGD).
 */
export type Compression = (
    | { method: "int8" }
    | {
          method: "topK";
          /** Share of the elements, above 0 and at most 1; 0.01 by default. */
          fraction?: number;
      }
    | {
          method: "lowRank";
          /** Columns of the factors; 4 by default. */
          rank?: number;
      }
) & {
    /** Keep what is left out for the gradients to come, which is what makes training come out right. */
    feedback?: boolean;
};

const FRACTION = 0.01;
const RANK = 4;

function methodOf(how: Compression): Method {
    if (how.method === "int8") return int8;
    if (how.method === "topK") {
        const fraction = how.fraction ?? FRACTION;
        if (!(fraction > 0 && fraction <= 1))
            throw new GradmqError(
                "ARGUMENT",
                `fraction ${fraction} of the elements; it has to be above 0 and at most 1`,
            );
        return topK(fraction);
    }
    if (how.method === "lowRank") {
        const rank = how.rank ?? RANK;
        if (!Number.isInteger(rank) || rank < 1)
            throw new GradmqError("ARGUMENT", `rank ${rank}; it has to be a whole number of at least 1`);
        return lowRank(rank);
    }
    throw new GradmqError(
        "ARGUMENT",
        `there is no compression ${JSON.stringify((how as { method: unknown }).method)}: int8, topK and lowRank ` +
            "are there",
    );
}

/**
 * Compresses gradients with error feedback: what one leaves out stays here and goes with a later one.
 *
 *     p = residual + g;  send D = C (p);  residual = p - D
 *
 * Source: Karimireddy et al. 2019, "Error Feedback Fixes SignSGD", algorithm 2.
 */
export class Compressor {
    /** Grows with each compressor: which payloads the residual knows of. */
    readonly generation: number;
    readonly parts: readonly Part[];
    /** Octets of a payload. */
    readonly bytes: number;
    private readonly methods: readonly Method[];
    private readonly feedback: boolean;
    private residual: Floats;
    private work: Floats;
    private static last = 0;

    constructor(
        readonly how: Compression,
        readonly layout: Layout,
    ) {
        const method = methodOf(how);
        const parts: Part[] = [];
        const methods: Method[] = [];
        let bytes = 0;
        for (const tensor of layout.tensors) {
            const count = method.suits(tensor, layout.master);
            const chosen = count === undefined ? dense : method;
            const dtype = (chosen.dtype && dtypeOf(chosen.dtype)) || layout.master;
            const part = placePart(tensor, chosen.encoding, dtype, count ?? 0, bytes);
            bytes += part.bytes;
            parts.push(part);
            methods.push(chosen);
        }
        this.generation = ++Compressor.last;
        this.parts = parts;
        this.methods = methods;
        this.bytes = bytes;
        this.feedback = how.feedback ?? true;
        this.residual = makeFloats(layout.master.code, layout.elements).fill(0);
        this.work = makeFloats(layout.master.code, layout.elements);
    }

    /**
     * Encode residual + factor x gradient. Nothing is changed for good before `sent`. `gradient` is a list of
     * numbers for each tensor, in the layout's order. Refused with NON_FINITE.
     */
    encode(gradient: readonly Floats[], factor: number, payload: Buffer): void {
        const { work } = this;
        work.set(this.residual);
        for (const [i, numbers] of gradient.entries()) {
            const at = (this.parts[i] as Part).tensor.first;
            for (let k = 0; k < numbers.length; k++)
                work[at + k] = (work[at + k] as number) + factor * (numbers[k] as number);
        }
        for (const value of work)
            if (!Number.isFinite(value))
                throw new GradmqError(
                    "NON_FINITE",
                    "a value of the gradient is not finite, or too large to compute with; it was not pushed",
                );
        for (const [i, part] of this.parts.entries()) {
            const numbers = this.view(work, part);
            (this.methods[i] as Method).encode(part, numbers, payload);
            addPart(part, payload, numbers, -1);
        }
    }

    /** What was encoded last is on its way: what it left out remains. */
    sent(): void {
        if (!this.feedback) return;
        const { work } = this;
        this.work = this.residual;
        this.residual = work;
    }

    /** A payload was not used: what it held remains too. */
    giveBack(generation: number, payload: Buffer): void {
        if (generation !== this.generation || !this.feedback) return;
        for (const part of this.parts) addPart(part, payload, this.view(this.residual, part));
    }

    private view(numbers: Floats, part: Part): Floats {
        const { first, elements } = part.tensor;
        return numbers.subarray(first, first + elements);
    }
}
