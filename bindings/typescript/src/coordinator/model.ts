import type { CallOptions } from "../client/wait.js";
import type { DtypeName } from "../tensor/dtype.js";
import { type BaseInput, type Parameters, readParameters, wireBase } from "../tensor/parameters.js";
import { positionOf } from "../wire/ack.js";
import { toNumber } from "../wire/number.js";
import type { ChangeOptions, Connection } from "./connection.js";
import { type ModelInput, planLoad } from "./load.js";

/** How a model is loaded. */
export type LoadOptions = ChangeOptions & {
    /** What the numbers are sent as; by default what they are given as. */
    dtype?: DtypeName | undefined;
    /** In what the coordinator holds them; by default f64 where a tensor is given so, else f32. */
    masterDtype?: "f32" | "f64" | undefined;
    /** `false`: the numbers are not copied, and must not change before the call has ended. */
    copy?: boolean | undefined;
};

/** What a load came to. */
export interface Loaded {
    /** The epoch that began with it, at version 0. */
    readonly epoch: bigint;
    readonly layoutId: bigint;
    readonly elements: number;
}

/** What parameters are asked for. */
export type GetOptions = CallOptions & { stream?: string | undefined; newerThan?: BaseInput | undefined };

export async function setModel(
    connection: Connection,
    model: ModelInput,
    options: LoadOptions,
): Promise<Loaded> {
    const load = planLoad(model, options.dtype, options.masterDtype, options.copy === false);
    const { layout } = load;
    const tensors = layout.tensors.map(({ name, shape }) => ({ name, shape: shape.map(BigInt) }));
    const { body, answer } = await connection.ask(
        {
            case: "setModelParameters",
            value: {
                layout: { tensors, dtype: layout.master.code },
                dtype: load.dtype,
                bytes: BigInt(load.bytes),
            },
        },
        "loaded",
        connection.session.deadline(options),
        { payload: load.frames, ifEpoch: options.ifEpoch, ifVersion: options.ifVersion },
    );
    return {
        epoch: positionOf(answer.reply.position).epoch,
        layoutId: body.layoutId,
        elements: toNumber(body.elements),
    };
}

/** The newest parameters; undefined where none are newer than those that are known. */
export async function getModel(connection: Connection, options: GetOptions): Promise<Parameters | undefined> {
    const until = connection.session.deadline(options);
    const { stream, newerThan } = options;
    const value = {
        ...(stream ? { stream } : {}),
        ...(newerThan ? { newerThan: wireBase(newerThan) } : {}),
    };
    const { body, answer } = await connection.ask(
        { case: "getModelParameters", value },
        "modelParameters",
        until,
    );
    if (body.unchanged) return undefined;
    const { epoch, version } = positionOf(answer.reply.position);
    const { dtype, encoding, layoutId } = body;
    const layout = await connection.knowLayout(layoutId, until);
    connection.base = { epoch, version };
    return readParameters(layout, { epoch, version, layoutId, dtype, encoding }, answer.payload);
}
