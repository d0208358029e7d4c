import type { Layout, Parameters } from "gradmq";

import { CLASSES, type Images, PIXELS } from "./data.js";

/** Hidden units. */
const HIDDEN = 128;

type Floats = Float32Array | Float64Array;

/** A gradient by tensors, as a push takes it. */
export type Gradient = Record<
    "hidden.weight" | "hidden.bias" | "output.weight" | "output.bias",
    Float32Array
>;

/** What a network of one hidden layer, 64 - 128 - 10, makes of some images: the mean cross entropy and its gradient. */
export interface Score {
    /** Nats. */
    readonly loss: number;
    /** Share of images whose class is right. */
    readonly accuracy: number;
    readonly gradient: Gradient;
}

/** rows x outputs = in (rows x inputs) weight' + bias */
function layer(
    from: Floats,
    weight: Floats,
    bias: Floats,
    rows: number,
    inputs: number,
    outputs: number,
): Float32Array {
    const to = new Float32Array(rows * outputs);
    for (let i = 0; i < rows; i++)
        for (let j = 0; j < outputs; j++) {
            let sum = bias[j] as number;
            for (let k = 0; k < inputs; k++)
                sum += (from[i * inputs + k] as number) * (weight[j * inputs + k] as number);
            to[i * outputs + j] = sum;
        }
    return to;
}

/** Of the loss's derivative by a layer's output make that by its weight and bias. */
function layerGradient(slope: Floats, from: Floats, rows: number, inputs: number, outputs: number) {
    const weight = new Float32Array(outputs * inputs);
    const bias = new Float32Array(outputs);
    for (let i = 0; i < rows; i++)
        for (let j = 0; j < outputs; j++) {
            const value = slope[i * outputs + j] as number;
            bias[j] = (bias[j] as number) + value;
            for (let k = 0; k < inputs; k++)
                weight[j * inputs + k] =
                    (weight[j * inputs + k] as number) + value * (from[i * inputs + k] as number);
        }
    return { weight, bias };
}

/** Of scores make what their softmax is off the truth, divided by the number of images. */
function softmax(scores: Float32Array, images: Images): { loss: number; accuracy: number } {
    let loss = 0;
    let right = 0;
    for (let i = 0; i < images.count; i++) {
        const row = scores.subarray(i * CLASSES, (i + 1) * CLASSES);
        const label = images.labels[i] as number;
        const most = Math.max(...row);
        let sum = 0;
        for (const value of row) sum += Math.exp(value - most);
        loss += Math.log(sum) + most - (row[label] as number);
        if (row.indexOf(most) === label) right++;
        for (let j = 0; j < CLASSES; j++)
            row[j] = (Math.exp((row[j] as number) - most) / sum - (j === label ? 1 : 0)) / images.count;
    }
    return { loss: loss / images.count, accuracy: right / images.count };
}

/** Refuse a model that is not this network. */
export function checkModel(layout: Layout): void {
    const shapes: Record<string, number[]> = {
        "hidden.weight": [HIDDEN, PIXELS],
        "hidden.bias": [HIDDEN],
        "output.weight": [CLASSES, HIDDEN],
        "output.bias": [CLASSES],
    };
    for (const [name, shape] of Object.entries(shapes))
        if (layout.tensor(name)?.shape.join() !== shape.join())
            throw new Error(`the coordinator holds another network: there is no ${name} of [${shape}]`);
}

/** Loss, accuracy and gradient at these parameters. */
export function score(parameters: Parameters, images: Images): Score {
    const outputWeight = parameters.tensor("output.weight");
    const hidden = layer(
        images.pixels,
        parameters.tensor("hidden.weight"),
        parameters.tensor("hidden.bias"),
        images.count,
        PIXELS,
        HIDDEN,
    ).map((value) => Math.max(value, 0));
    const slope = layer(
        hidden,
        outputWeight,
        parameters.tensor("output.bias"),
        images.count,
        HIDDEN,
        CLASSES,
    );
    const { loss, accuracy } = softmax(slope, images);
    const output = layerGradient(slope, hidden, images.count, HIDDEN, CLASSES);
    const hiddenSlope = new Float32Array(images.count * HIDDEN);
    for (let i = 0; i < images.count; i++)
        for (let k = 0; k < HIDDEN; k++) {
            if ((hidden[i * HIDDEN + k] as number) <= 0) continue;
            let sum = 0;
            for (let j = 0; j < CLASSES; j++)
                sum += (slope[i * CLASSES + j] as number) * (outputWeight[j * HIDDEN + k] as number);
            hiddenSlope[i * HIDDEN + k] = sum;
        }
    const first = layerGradient(hiddenSlope, images.pixels, images.count, PIXELS, HIDDEN);
    const gradient = {
        "hidden.weight": first.weight,
        "hidden.bias": first.bias,
        "output.weight": output.weight,
        "output.bias": output.bias,
    };
    return { loss, accuracy, gradient };
}
