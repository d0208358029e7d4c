import { GradmqError } from "../errors.js";
import { HEADER_BYTES } from "../limits.js";

export const PREAMBLE_BYTES = 8;
const MAGIC = Buffer.from([0x47, 0x4d, 0x51, 0xf1]);
const MAJOR = 1;

/** What a header is the header of. */
export const FrameKind = { gradient: 1, update: 2, event: 3, request: 4, reply: 5 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

function hex(bytes: Uint8Array): string {
    return Buffer.from(bytes)
        .toString("hex")
        .toUpperCase()
        .replace(/..(?=.)/g, "$& ");
}

function kindName(kind: number): string {
    const found = Object.entries(FrameKind).find(([, number]) => number === kind);
    return found ? found[0] : "unknown";
}

/** A header: preamble, then `message`. */
export function frameHeader(kind: FrameKind, message: Uint8Array): Buffer {
    const header = Buffer.allocUnsafe(PREAMBLE_BYTES + message.length);
    header.set(MAGIC);
    header[4] = MAJOR;
    header[5] = kind;
    header[6] = 0;
    header[7] = 0;
    header.set(message, PREAMBLE_BYTES);
    return header;
}

/**
 * Check a header's preamble and length (rules W-1 to W-6) and return the message behind it, as a view.
 */
export function openHeader(kind: FrameKind, header: Uint8Array): Uint8Array {
    if (header.length < PREAMBLE_BYTES)
        throw new GradmqError(
            "MALFORMED",
            `the header has ${header.length} bytes; the preamble alone has ${PREAMBLE_BYTES}`,
        );
    if (!MAGIC.equals(header.subarray(0, MAGIC.length)))
        throw new GradmqError(
            "PREAMBLE",
            `the header begins with ${hex(header.subarray(0, MAGIC.length))}, not with ${hex(MAGIC)}`,
        );
    if (header[4] !== MAJOR)
        throw new GradmqError(
            "VERSION",
            `the header is of protocol version ${header[4]}; this is version ${MAJOR}`,
        );
    if (header[5] !== kind)
        throw new GradmqError(
            "PREAMBLE",
            `a message of kind ${header[5]} (${kindName(header[5] as number)}) came where the kind ` +
                `${kindName(kind)} belongs`,
        );
    if (header[6] || header[7])
        throw new GradmqError(
            "UNSUPPORTED",
            `the flags are ${hex(header.subarray(6, 8))}; none is defined, send 00 00`,
        );
    if (header.length > HEADER_BYTES)
        throw new GradmqError(
            "TOO_LARGE",
            `the header has ${header.length} bytes; it can have ${HEADER_BYTES}`,
        );
    return header.subarray(PREAMBLE_BYTES);
}
