import { GradmqError } from "../errors.js";
import { CUT_BYTES, PAYLOAD_FRAMES } from "../limits.js";
import { Dtype, type Floats, littleEndian, makeFloats, octetsOf, readElements } from "./dtype.js";
import { Encoding, HEAD_UNIT, INT8_BLOCK, type Part } from "./encoding.js";

/** The frames of a payload in one piece; no copy where there is one frame. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
    return frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames);
}

export function framesBytes(frames: readonly Uint8Array[]): number {
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    return bytes;
}

function checkTotal(frames: readonly Uint8Array[], wanted: number): void {
    if (frames.length > PAYLOAD_FRAMES)
        throw new GradmqError(
            "FRAMES",
            `the payload has ${frames.length} frames; it can have ${PAYLOAD_FRAMES}`,
        );
    frames.forEach((frame, i) => {
        if (frame.length === 0) throw new GradmqError("LENGTH", `payload frame ${i} is empty`);
    });
    const bytes = framesBytes(frames);
    if (bytes !== wanted)
        throw new GradmqError("LENGTH", `the payload has ${bytes} bytes; its header makes it ${wanted}`);
}

/** True where an element, an index or a scale begins, or the part ends. */
function boundary(part: Part, at: number): boolean {
    return at < part.head ? at % HEAD_UNIT === 0 : (at - part.head) % part.element === 0;
}

function checkFrames(frames: readonly Uint8Array[], parts: readonly Part[]): void {
    let end = 0;
    let at = 0;
    frames.forEach((frame, i) => {
        end += frame.length;
        let part = parts[at];
        while (part && part.offset + part.bytes <= end) part = parts[++at];
        if (part && end > part.offset && !boundary(part, end - part.offset))
            throw new GradmqError(
                "ALIGNMENT",
                `payload frame ${i} ends inside an element, an index or a scale`,
            );
    });
}

function checkIndices(payload: Uint8Array, part: Part): void {
    const most = part.encoding === Encoding.ROWS ? part.tensor.rows : part.tensor.elements;
    const view = new DataView(payload.buffer, payload.byteOffset + part.offset, part.head);
    let least = 0;
    for (let i = 0; i < part.count; i++) {
        const index = view.getUint32(i * HEAD_UNIT, true);
        if (index < least || index >= most)
            throw new GradmqError(
                "ARGUMENT",
                `index ${index} in tensor ${part.tensor.name} is out of range or not above the one before; ` +
                    `it has ${most}`,
            );
        least = index + 1;
    }
}

/**
 * Hold a payload against its parts (rules W-11 to W-13, L-6); returns it in one piece.
 */
export function checkPayload(frames: readonly Uint8Array[], parts: readonly Part[]): Uint8Array {
    const last = parts[parts.length - 1];
    checkTotal(frames, last ? last.offset + last.bytes : 0);
    checkFrames(frames, parts);
    const payload = joinFrames(frames);
    for (const part of parts)
        if (part.encoding === Encoding.ROWS || part.encoding === Encoding.TOP_K) checkIndices(payload, part);
    return payload;
}

function addInt8(part: Part, bytes: DataView, to: Floats, factor: number): void {
    for (let i = 0; i < part.tensor.elements; i++) {
        const scale = bytes.getFloat32(Math.floor(i / INT8_BLOCK) * HEAD_UNIT, true);
        to[i] = (to[i] as number) + factor * (scale * bytes.getInt8(part.head + i));
    }
}

function addLowRank(part: Part, elements: Floats, to: Floats, factor: number): void {
    const { rows, row } = part.tensor;
    const rank = part.count;
    const right = rows * rank;
    for (let i = 0; i < rows; i++)
        for (let k = 0; k < rank; k++) {
            const left = factor * (elements[i * rank + k] as number);
            for (let j = 0; j < row; j++)
                to[i * row + j] =
                    (to[i * row + j] as number) + left * (elements[right + k * row + j] as number);
        }
}

/**
 * to += factor x what a part stands for. `to` holds the whole tensor; ROWS and TOP_K touch what they have.
 * The payload was checked.
 */
export function addPart(part: Part, payload: Uint8Array, to: Floats, factor = 1): void {
    const bytes = new DataView(payload.buffer, payload.byteOffset + part.offset, part.bytes);
    if (part.encoding === Encoding.INT8) {
        addInt8(part, bytes, to, factor);
        return;
    }
    const elements = makeFloats(
        part.dtype.code === Dtype.F64 ? Dtype.F64 : Dtype.F32,
        (part.bytes - part.head) / part.element,
    );
    const start = part.offset + part.head;
    readElements(elements, part.dtype.code, payload.subarray(start, part.offset + part.bytes));
    if (part.encoding === Encoding.LOW_RANK) {
        addLowRank(part, elements, to, factor);
        return;
    }
    const width = part.encoding === Encoding.ROWS ? part.tensor.row : 1;
    const dense = part.encoding === Encoding.DENSE;
    for (let i = 0; i < elements.length; i++) {
        const within = i % width;
        const at = dense ? i : bytes.getUint32(((i - within) / width) * HEAD_UNIT, true) * width + within;
        to[at] = (to[at] as number) + factor * (elements[i] as number);
    }
}

/**
 * Cut a payload into frames of about 1 MiB, as views, never inside an element, an index or a scale (rules
 * W-10, W-12). `parts` are all of it, in their order.
 */
export function cutFrames(payload: Buffer, parts: readonly Part[]): Buffer[] {
    const frames: Buffer[] = [];
    let index = 0;
    for (let at = 0; at < payload.length; ) {
        let end = Math.min(at + CUT_BYTES, payload.length);
        let part = parts[index];
        while (part && part.offset + part.bytes <= end) part = parts[++index];
        if (part && end > part.offset) {
            const within = end - part.offset;
            end -= within < part.head ? within % HEAD_UNIT : (within - part.head) % part.element;
        }
        frames.push(payload.subarray(at, end));
        at = end;
    }
    return frames;
}

/** Read the packed numbers of a stream's payload, whose length was checked, into one array. */
export function readPacked(parts: readonly Part[], frames: readonly Uint8Array[], to: Floats): void {
    const own = to instanceof Float64Array ? Dtype.F64 : Dtype.F32;
    if (littleEndian && parts.every((part) => part.encoding === Encoding.DENSE && part.dtype.code === own)) {
        const octets = octetsOf(to);
        let at = 0;
        for (const frame of frames) {
            octets.set(frame, at);
            at += frame.length;
        }
        return;
    }
    const payload = joinFrames(frames);
    if (parts.every((part) => part.encoding === Encoding.DENSE)) {
        readElements(to, (parts[0] as Part).dtype.code, payload);
        return;
    }
    to.fill(0);
    for (const part of parts)
        addPart(part, payload, to.subarray(part.tensor.first, part.tensor.first + part.tensor.elements));
}
