import { GradmqError } from "../errors.js";
import { Dtype, type DtypeRow, dtypeOf } from "./dtype.js";
import type { Layout, TensorInfo } from "./layout.js";

/** Numbers of encodings on the wire. */
export const Encoding = { DENSE: 1, ROWS: 2, TOP_K: 3, INT8: 4, LOW_RANK: 5 } as const;

export const ENCODING_NAMES: Readonly<Record<number, string>> = {
    [Encoding.DENSE]: "DENSE",
    [Encoding.ROWS]: "ROWS",
    [Encoding.TOP_K]: "TOP_K",
    [Encoding.INT8]: "INT8",
    [Encoding.LOW_RANK]: "LOW_RANK",
};

export const INT8_BLOCK = 256;
/** Indices and scales, which stand in front of a part's elements. */
export const HEAD_UNIT = 4;
const INDICES_MOST = 2 ** 32 - 1;

export function encodingKnown(code: number): boolean {
    return code in ENCODING_NAMES;
}

/** One tensor's share of a payload, as it is described and where it stands. */
export interface Part {
    readonly tensor: TensorInfo;
    readonly encoding: number;
    readonly dtype: DtypeRow;
    /** ROWS: rows; TOP_K: elements; LOW_RANK: rank; else 0. */
    readonly count: number;
    /** Octets of indices or scales, in front of the elements. */
    readonly head: number;
    /** Octets of one of what follows. */
    readonly element: number;
    /** Octets in all. */
    readonly bytes: number;
    /** Where it begins in the payload. */
    readonly offset: number;
}

function refuseCount(tensor: TensorInfo, count: number, what: string, most: number): GradmqError {
    return new GradmqError(
        "ARGUMENT",
        `${count} ${what} for tensor ${tensor.name}, which has ${most}; send 1 to all of them`,
    );
}

function checkCounted(tensor: TensorInfo, count: number, what: string, most: number): void {
    if (most > INDICES_MOST)
        throw new GradmqError(
            "UNSUPPORTED",
            `tensor ${tensor.name} has more than 2^32 - 1 ${what}; send it as DENSE`,
        );
    if (count < 1 || count > most) throw refuseCount(tensor, count, what, most);
}

function checkUncounted(tensor: TensorInfo, encoding: number, count: number): void {
    if (count !== 0)
        throw new GradmqError(
            "ARGUMENT",
            `count ${count} with ${ENCODING_NAMES[encoding]} for tensor ${tensor.name}; leave it out`,
        );
}

/** Head, number of elements and size of each, by encoding. */
function measure(
    tensor: TensorInfo,
    encoding: number,
    dtype: DtypeRow,
    count: number,
): { head: number; elements: number; element: number } {
    switch (encoding) {
        case Encoding.DENSE:
            checkUncounted(tensor, encoding, count);
            return { head: 0, elements: tensor.elements, element: dtype.size };
        case Encoding.ROWS:
            checkCounted(tensor, count, "rows", tensor.rows);
            return { head: count * HEAD_UNIT, elements: count * tensor.row, element: dtype.size };
        case Encoding.TOP_K:
            checkCounted(tensor, count, "elements", tensor.elements);
            return { head: count * HEAD_UNIT, elements: count, element: dtype.size };
        case Encoding.INT8:
            checkUncounted(tensor, encoding, count);
            if (dtype.code !== Dtype.F32)
                throw new GradmqError(
                    "UNSUPPORTED",
                    `INT8 for tensor ${tensor.name} with dtype ${dtype.name}; its scales are f32, so state f32`,
                );
            return {
                head: Math.ceil(tensor.elements / INT8_BLOCK) * HEAD_UNIT,
                elements: tensor.elements,
                element: 1,
            };
        case Encoding.LOW_RANK: {
            if (tensor.shape.length < 2)
                throw new GradmqError(
                    "UNSUPPORTED",
                    `LOW_RANK for tensor ${tensor.name}, which has ${tensor.shape.length} dimensions; it needs 2, ` +
                        "so send it as DENSE",
                );
            const most = Math.min(tensor.rows, tensor.row);
            if (count < 1 || count > most) throw refuseCount(tensor, count, "ranks", most);
            return { head: 0, elements: (tensor.rows + tensor.row) * count, element: dtype.size };
        }
        default:
            throw new GradmqError(
                "UNSUPPORTED",
                `encoding ${encoding} of tensor ${tensor.name} is not known here; Describe lists those that are`,
            );
    }
}

/** Describe a part that begins at `offset` of a payload (rules L-5, L-6, L-9). */
export function placePart(
    tensor: TensorInfo,
    encoding: number,
    dtype: DtypeRow,
    count: number,
    offset: number,
): Part {
    const { head, elements, element } = measure(tensor, encoding, dtype, count);
    return { tensor, encoding, dtype, count, head, element, bytes: head + elements * element, offset };
}

/** What a message says of a part. */
export interface StatedPart {
    readonly tensor: number;
    readonly encoding: number;
    /** Undefined: the message's. */
    readonly dtype: number | undefined;
    readonly count: bigint | number;
    /** Undefined: not stated. */
    readonly bytes: bigint | number | undefined;
}

/** Place all parts of a payload, in ascending order of tensors (rules L-4, L-5). */
export function placeParts(layout: Layout, dtype: DtypeRow, stated: readonly StatedPart[]): Part[] {
    const parts: Part[] = [];
    let offset = 0;
    let before = -1;
    for (const one of stated) {
        const tensor = layout.tensors[one.tensor];
        if (!tensor)
            throw new GradmqError(
                "ARGUMENT",
                `a part is for tensor ${one.tensor}; the layout has ${layout.tensors.length} tensors`,
            );
        if (one.tensor <= before)
            throw new GradmqError(
                "ARGUMENT",
                `tensor ${one.tensor} comes after tensor ${before}; parts ascend, one a tensor`,
            );
        before = one.tensor;
        const own = one.dtype === undefined ? dtype : dtypeOf(one.dtype);
        if (!own) throw new GradmqError("UNSUPPORTED", `dtype ${one.dtype} is not known here`);
        const part = placePart(tensor, one.encoding, own, Number(one.count), offset);
        if (one.bytes !== undefined && Number(one.bytes) !== part.bytes)
            throw new GradmqError(
                "LENGTH",
                `the part for tensor ${tensor.name} states ${one.bytes} bytes; it has to have ${part.bytes}`,
            );
        offset += part.bytes;
        parts.push(part);
    }
    return parts;
}

/** One DENSE part for each tensor, which is what a payload without parts consists of. */
export function denseParts(layout: Layout, dtype: DtypeRow): Part[] {
    let offset = 0;
    return layout.tensors.map((tensor) => {
        const part = placePart(tensor, Encoding.DENSE, dtype, 0, offset);
        offset += part.bytes;
        return part;
    });
}

/** The parts of what a stream carries: each tensor in one encoding. */
export function streamParts(layout: Layout, encoding: number, dtype: DtypeRow): Part[] {
    let offset = 0;
    return layout.tensors.map((tensor) => {
        const part = placePart(tensor, encoding, dtype, 0, offset);
        offset += part.bytes;
        return part;
    });
}
