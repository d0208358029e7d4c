import { GradmqError } from "../errors.js";
import {
    type DtypeName,
    type DtypeRow,
    dtypeNamed,
    littleEndian,
    octetsOf,
    writeElements,
} from "../tensor/dtype.js";
import { denseParts, Encoding, HEAD_UNIT, type Part, placePart } from "../tensor/encoding.js";
import type { Layout, TensorInfo } from "../tensor/layout.js";
import { cutFrames } from "../tensor/payload.js";

/**
 * Numbers as they are given: Float32Array is f32, Float64Array is f64. Uint16Array holds elements of f16 or bf16
 * as their bits, which of the two says the option `dtype`.
 */
export type Numbers = Float32Array | Float64Array | Uint16Array;

/** Some rows of a tensor. */
export interface Rows {
    /** Which rows, strictly increasing. */
    readonly rows: Uint32Array | readonly number[];
    /** These rows one after the other. */
    readonly data: Numbers;
}

/** A tensor with its shape. */
export interface Tensor {
    /** Its dimensions; none: a scalar. */
    readonly shape: readonly number[];
    /** Its elements, row-major. */
    readonly data: Float32Array | Float64Array;
}

/** What can stand for one tensor of a gradient. */
export type TensorInput = Numbers | Rows | Tensor;

/**
 * A gradient, or parameters: the whole model packed in one array, or tensors by name. Tensors that are not named
 * are absent: they get no step at all.
 */
export type TensorsInput =
    | Numbers
    | { readonly [name: string]: TensorInput }
    | ReadonlyMap<string, TensorInput>;

interface Piece {
    readonly part: Part;
    readonly data: Numbers;
    readonly rows: Uint32Array | undefined;
}

/** What is to be sent, checked against the layout and not written yet. */
export interface Plan {
    readonly layout: Layout;
    readonly dtype: DtypeRow;
    /** Every tensor, dense: the message needs no parts. */
    readonly whole: boolean;
    readonly parts: readonly Part[];
    readonly pieces: readonly Piece[];
    readonly bytes: number;
}

function isNumbers(input: unknown): input is Numbers {
    return input instanceof Float32Array || input instanceof Float64Array || input instanceof Uint16Array;
}

function dtypeFor(data: Numbers, wanted: DtypeName | undefined): DtypeRow {
    const own = data instanceof Float64Array ? "f64" : data instanceof Float32Array ? "f32" : undefined;
    const name = wanted ?? own;
    const row = name && dtypeNamed(name);
    if (!row || (!own && row.size !== 2))
        throw new GradmqError(
            "ARGUMENT",
            own
                ? `there is no dtype ${name}: f32, f64, f16 and bf16 are there`
                : 'a Uint16Array holds the bits of f16 or bf16: say which with the option dtype, "f16" or "bf16"',
        );
    return row;
}

function checkRows(tensor: TensorInfo, rows: Uint32Array | readonly number[]): Uint32Array {
    const indices = rows instanceof Uint32Array ? rows : Uint32Array.from(rows);
    for (let i = 0; i < indices.length; i++) {
        const row = rows[i] as number;
        if (!Number.isInteger(row) || row < 0 || row >= tensor.rows)
            throw new GradmqError(
                "ARGUMENT",
                `row ${row} of tensor ${tensor.name} is not there: it has ${tensor.rows} rows`,
            );
        if (i > 0 && row <= (rows[i - 1] as number))
            throw new GradmqError(
                "ARGUMENT",
                `rows of tensor ${tensor.name} must be strictly increasing: row ${row} follows row ${rows[i - 1]}`,
            );
    }
    return indices;
}

function checkShape(tensor: TensorInfo, shape: readonly number[]): void {
    if (shape.length !== tensor.shape.length || shape.some((size, i) => size !== tensor.shape[i]))
        throw new GradmqError(
            "SHAPE",
            `tensor ${tensor.name} has the shape [${tensor.shape.join(", ")}], and [${shape.join(", ")}] is given`,
        );
}

function planPiece(
    tensor: TensorInfo,
    input: TensorInput,
    wanted: DtypeName | undefined,
    offset: number,
): Piece {
    const data = isNumbers(input) ? input : input?.data;
    if (!isNumbers(data))
        throw new GradmqError(
            "ARGUMENT",
            `tensor ${tensor.name} is given as something else than numbers: a Float32Array, a Float64Array, or an ` +
                "object with data, and rows or shape",
        );
    const dtype = dtypeFor(data, wanted);
    if (!isNumbers(input) && "shape" in input) checkShape(tensor, input.shape);
    const rows = !isNumbers(input) && "rows" in input ? checkRows(tensor, input.rows) : undefined;
    const encoding = rows ? Encoding.ROWS : Encoding.DENSE;
    const part = placePart(tensor, encoding, dtype, rows?.length ?? 0, offset);
    const elements = (part.bytes - part.head) / part.element;
    if (data.length !== elements)
        throw new GradmqError(
            "LENGTH",
            `tensor ${tensor.name} needs ${elements} numbers${rows ? ` for ${rows.length} rows` : ""}, and ` +
                `${data.length} are given`,
        );
    return { part, data, rows };
}

function planPacked(layout: Layout, data: Numbers, wanted: DtypeName | undefined): Plan {
    const dtype = dtypeFor(data, wanted);
    if (data.length !== layout.elements)
        throw new GradmqError(
            "LENGTH",
            `the model has ${layout.elements} numbers, and ${data.length} are given`,
        );
    const parts = denseParts(layout, dtype);
    const pieces = parts.map((part) => {
        const { first, elements } = part.tensor;
        return { part, data: data.subarray(first, first + elements), rows: undefined };
    });
    return { layout, dtype, whole: true, parts, pieces, bytes: data.length * dtype.size };
}

function planNamed(
    layout: Layout,
    entries: Iterable<[string, TensorInput]>,
    wanted: DtypeName | undefined,
): Plan {
    const named = [...entries].map(([name, input]) => {
        const tensor = layout.tensor(name);
        if (!tensor)
            throw new GradmqError(
                "LAYOUT",
                `the model has no tensor ${name}; it has ` +
                    `${layout.tensors
                        .slice(0, 8)
                        .map((one) => one.name)
                        .join(", ")}${layout.tensors.length > 8 ? " ..." : ""}`,
            );
        return { tensor, input };
    });
    if (named.length === 0)
        throw new GradmqError(
            "ARGUMENT",
            'a partial gradient needs a tensor; to say "nothing this time", skip',
        );
    named.sort((a, b) => a.tensor.index - b.tensor.index);
    let bytes = 0;
    const pieces = named.map(({ tensor, input }) => {
        const piece = planPiece(tensor, input, wanted, bytes);
        bytes += piece.part.bytes;
        return piece;
    });
    const parts = pieces.map((piece) => piece.part);
    const dtype = (parts[0] as Part).dtype;
    if (parts.some((part) => part.dtype !== dtype))
        throw new GradmqError(
            "ARGUMENT",
            "the tensors are of different types: give all as Float32Array or all as Float64Array, or say which " +
                "they are to be sent as with the option dtype",
        );
    const whole = pieces.length === layout.tensors.length && pieces.every((piece) => !piece.rows);
    return { layout, dtype, whole, parts, pieces, bytes };
}

/**
 * Hold what a caller gives against the layout. Refused with LAYOUT, LENGTH, SHAPE, ARGUMENT.
 */
export function planTensors(layout: Layout, input: TensorsInput, wanted?: DtypeName | undefined): Plan {
    if (wanted !== undefined && !dtypeNamed(wanted))
        throw new GradmqError("ARGUMENT", `there is no dtype ${wanted}: f32, f64, f16 and bf16 are there`);
    if (isNumbers(input)) return planPacked(layout, input, wanted);
    if (input === null || typeof input !== "object")
        throw new GradmqError("ARGUMENT", "a gradient is one array, or an object or Map of tensors by name");
    return planNamed(layout, input instanceof Map ? input : Object.entries(input), wanted);
}

function writePiece({ part, data, rows }: Piece, to: Buffer): void {
    rows?.forEach((row, i) => {
        to.writeUInt32LE(row, part.offset + i * HEAD_UNIT);
    });
    const elements = to.subarray(part.offset + part.head, part.offset + part.bytes);
    if (!(data instanceof Uint16Array)) writeElements(elements, part.dtype.code, data);
    else if (littleEndian) elements.set(octetsOf(data));
    else for (const [i, bits] of data.entries()) elements.writeUInt16LE(bits, i * 2);
}

/** Write the payload. `to` is `plan.bytes` long. */
export function writePlan(plan: Plan, to: Buffer): void {
    for (const piece of plan.pieces) writePiece(piece, to);
}

/** Whether memory is already as the wire wants it, so that nothing need be copied. */
export function isNative(plan: Plan): boolean {
    return (
        littleEndian &&
        plan.pieces.every(({ part, data, rows }) => !rows && data.BYTES_PER_ELEMENT === part.dtype.size)
    );
}

/** The frames of a payload that stands in the caller's own arrays; see isNative. */
export function borrowFrames(plan: Plan): Buffer[] {
    return plan.pieces.flatMap(({ part, data }) => cutFrames(octetsOf(data), [{ ...part, offset: 0 }]));
}
