import { GradmqError } from "../errors.js";
import type { DtypeName } from "../tensor/dtype.js";
import { Layout, type TensorSpec } from "../tensor/layout.js";
import { Parameters } from "../tensor/parameters.js";
import { cutFrames } from "../tensor/payload.js";
import {
    borrowFrames,
    isNative,
    type Numbers,
    type Plan,
    planTensors,
    type Tensor,
    type TensorsInput,
    writePlan,
} from "../worker/tensors.js";

/**
 * A model to load: tensors by name, in this order, each with its shape; or a layout with all its numbers; or
 * parameters that were got from somewhere.
 */
export type ModelInput =
    | { readonly [name: string]: Tensor }
    | ReadonlyMap<string, Tensor>
    | { readonly layout: Layout; readonly data: Numbers }
    | Parameters;

/** What is sent to load a model. */
export interface Load {
    readonly layout: Layout;
    readonly dtype: number;
    readonly bytes: number;
    readonly frames: Buffer[];
}

function isPacked(model: ModelInput): model is { layout: Layout; data: Numbers } {
    return model instanceof Parameters || (model as { layout?: unknown }).layout instanceof Layout;
}

function layoutOf(entries: [string, Tensor][], master: "f32" | "f64" | undefined): Layout {
    const specs: TensorSpec[] = entries.map(([name, tensor]) => {
        if (!tensor?.shape)
            throw new GradmqError("ARGUMENT", `tensor ${name} has no shape: give { shape, data }`);
        return { name, shape: tensor.shape };
    });
    const own = entries.some(([, tensor]) => tensor.data instanceof Float64Array) ? "f64" : "f32";
    return new Layout(specs, master ?? own);
}

/** Check a model and write it. `lend`: straight from the caller's arrays, where they are as the wire wants them. */
export function planLoad(
    model: ModelInput,
    dtype: DtypeName | undefined,
    master: "f32" | "f64" | undefined,
    lend: boolean,
): Load {
    let layout: Layout;
    let input: TensorsInput;
    if (isPacked(model)) {
        layout =
            master && master !== model.layout.dtype ? new Layout(model.layout.tensors, master) : model.layout;
        input = model.data;
    } else {
        const entries = model instanceof Map ? [...model] : Object.entries(model as Record<string, Tensor>);
        layout = layoutOf(entries, master);
        input = new Map(entries);
    }
    const plan: Plan = planTensors(layout, input, dtype);
    if (lend && isNative(plan))
        return { layout, dtype: plan.dtype.code, bytes: plan.bytes, frames: borrowFrames(plan) };
    const payload = Buffer.allocUnsafeSlow(plan.bytes);
    writePlan(plan, payload);
    return { layout, dtype: plan.dtype.code, bytes: plan.bytes, frames: cutFrames(payload, plan.parts) };
}
