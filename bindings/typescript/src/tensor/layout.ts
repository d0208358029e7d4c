import { createHash } from "node:crypto";

import { GradmqError } from "../errors.js";
import type { Layout as WireLayout } from "../gen/gradmq/v1/types_pb.js";
import { ELEMENTS, RANK, TENSOR_NAME_BYTES, TENSORS } from "../limits.js";
import { tensorNameValid } from "../wire/name.js";
import { Dtype, type DtypeName, type DtypeRow, dtypeNamed, dtypeOf } from "./dtype.js";

/** One tensor of a layout. */
export interface TensorInfo {
    /** Its name. */
    readonly name: string;
    /** Its dimensions, row-major; none: a scalar. */
    readonly shape: readonly number[];
    /** Its place in the layout. */
    readonly index: number;
    /** Number of its elements. */
    readonly elements: number;
    /** Where it begins in the packed model, in elements. */
    readonly first: number;
    /** Rows: all that has the same first index. Scalars and vectors have rows of one element. */
    readonly rows: number;
    /** Elements of a row. */
    readonly row: number;
}

/** A tensor's name and shape, of which a layout is made. */
export interface TensorSpec {
    readonly name: string;
    readonly shape: readonly (number | bigint)[];
}

const MAGIC = Buffer.from("gradmq.layout.v1\n");

function countElements(spec: TensorSpec): number {
    if (spec.shape.length > RANK)
        throw new GradmqError(
            "SHAPE",
            `tensor ${spec.name} has ${spec.shape.length} dimensions; at most ${RANK} are possible`,
        );
    let elements = 1;
    spec.shape.forEach((dimension, i) => {
        if (!(dimension >= 1) || (typeof dimension === "number" && !Number.isInteger(dimension)))
            throw new GradmqError(
                "SHAPE",
                `dimension ${i} of tensor ${spec.name} is ${dimension}; each is a whole number of at least 1`,
            );
        elements *= dimension > ELEMENTS ? ELEMENTS + 1 : Number(dimension);
        if (elements > ELEMENTS)
            throw new GradmqError("SHAPE", `tensor ${spec.name} has more than 2^40 elements`);
    });
    return elements;
}

function u32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
}

function u64(value: number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
}

/**
 * An ordered list of tensors and the dtype in which a coordinator holds them. In packed form they stand
 * one after the other, row-major. It never changes.
 */
export class Layout {
    /** The tensors, in their order. */
    readonly tensors: readonly TensorInfo[];
    /** The master dtype. */
    readonly dtype: "f32" | "f64";
    /** Number of elements of all tensors. */
    readonly elements: number;
    /** The layout id: the same for the same names, shapes and dtype. */
    readonly id: bigint;
    private readonly byName: ReadonlyMap<string, TensorInfo>;

    /** Refused with SHAPE, NAME or UNSUPPORTED where it is no possible layout. */
    constructor(specs: readonly TensorSpec[], dtype: DtypeName | number = "f32") {
        const master = typeof dtype === "number" ? dtypeOf(dtype) : dtypeNamed(dtype);
        if (!master?.master)
            throw new GradmqError(
                "UNSUPPORTED",
                `dtype ${dtype} cannot be a master dtype; f32 (${Dtype.F32}) and f64 (${Dtype.F64}) can`,
            );
        if (specs.length === 0 || specs.length > TENSORS)
            throw new GradmqError(
                "SHAPE",
                `a layout of ${specs.length} tensors; it needs at least 1 and at most ${TENSORS}`,
            );
        const tensors: TensorInfo[] = [];
        const byName = new Map<string, TensorInfo>();
        let first = 0;
        for (const [index, spec] of specs.entries()) {
            if (!tensorNameValid(spec.name))
                throw new GradmqError(
                    "NAME",
                    `tensor ${index} has a name that is not 1 to ${TENSOR_NAME_BYTES} octets of UTF-8 without ` +
                        "control characters, or is __metadata__",
                );
            const elements = countElements(spec);
            if (first + elements > ELEMENTS)
                throw new GradmqError(
                    "SHAPE",
                    `with tensor ${spec.name} the layout has more than 2^40 elements`,
                );
            if (byName.has(spec.name))
                throw new GradmqError(
                    "NAME",
                    `two tensors are named ${spec.name}; names are unique in a layout`,
                );
            const shape = Object.freeze(spec.shape.map(Number));
            const rows = shape.length > 1 ? (shape[0] as number) : elements;
            const tensor = { name: spec.name, shape, index, elements, first, rows, row: elements / rows };
            tensors.push(Object.freeze(tensor));
            byName.set(spec.name, tensor);
            first += elements;
        }
        this.tensors = Object.freeze(tensors);
        this.byName = byName;
        this.dtype = master.name as "f32" | "f64";
        this.elements = first;
        this.id = createHash("sha256").update(this.canonical()).digest().readBigUInt64LE(0);
    }

    /** A layout as a message has it. */
    static fromWire(layout: WireLayout): Layout {
        return new Layout(
            layout.tensors.map(({ name, shape }) => ({ name, shape })),
            layout.dtype || Dtype.F32,
        );
    }

    /** The tensor of that name. */
    tensor(name: string): TensorInfo | undefined {
        return this.byName.get(name);
    }

    /** @internal The row of the master dtype. */
    get master(): DtypeRow {
        return dtypeNamed(this.dtype) as DtypeRow;
    }

    /** @internal The octets that the id is made from (rule L-2). */
    canonical(): Buffer {
        const pieces = [MAGIC, u32(this.master.code), u32(this.tensors.length)];
        for (const { name, shape } of this.tensors) {
            const text = Buffer.from(name);
            pieces.push(u32(text.length), text, u32(shape.length), ...shape.map(u64));
        }
        return Buffer.concat(pieces);
    }
}
