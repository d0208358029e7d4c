import { readFileSync } from "node:fs";

import { Random } from "./random.js";

export const PIXELS = 64;
export const CLASSES = 10;
const DARKEST = 16;
/** One image in so many is held out. */
const HELD_OUT = 5;
const SPLIT_SEED = 1n;

/** Images, 64 numbers from 0 to 1 each, and which digits they are. */
export interface Images {
    readonly count: number;
    readonly pixels: Float32Array;
    readonly labels: Uint8Array;
}

function readAll(path: string): { pixels: number[]; label: number }[] {
    const lines = readFileSync(path, "utf8")
        .split(/\r?\n/)
        .filter((line) => line !== "");
    return lines.map((line, i) => {
        const numbers = line.split(",").map(Number);
        const label = numbers.pop();
        const good =
            numbers.length === PIXELS &&
            numbers.every((number) => number >= 0 && number <= DARKEST) &&
            Number.isInteger(label) &&
            (label as number) >= 0 &&
            (label as number) < CLASSES;
        if (!good)
            throw new Error(`${path}:${i + 1}: not ${PIXELS} numbers from 0 to ${DARKEST} and a digit`);
        return { pixels: numbers.map((number) => number / DARKEST), label: label as number };
    });
}

/** The images to train on, without those that are held out; ordered by class, and within a class at random. */
export function loadTraining(path: string): Images {
    const all = readAll(path);
    const random = new Random(SPLIT_SEED);
    const order: number[] = [];
    for (let label = 0; label < CLASSES; label++) {
        const some = all.flatMap((image, i) => (image.label === label ? [i] : []));
        random.shuffle(some);
        order.push(...some);
    }
    const train = order.filter((_, i) => i % HELD_OUT !== 0);
    const pixels = new Float32Array(train.length * PIXELS);
    const labels = new Uint8Array(train.length);
    train.forEach((index, i) => {
        pixels.set(all[index]?.pixels ?? [], i * PIXELS);
        labels[i] = all[index]?.label ?? 0;
    });
    return { count: train.length, pixels, labels };
}
