import { isUtf8 } from "node:buffer";

import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

import { GradmqError } from "../errors.js";

/** How a field stands on the wire. */
const Wire = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

interface Known {
    readonly name: string;
    readonly wire: number;
    readonly list: boolean;
    readonly text: boolean;
    readonly message?: DescMessage;
}

/** What to do about a field that the schema has not: nothing, or throw. */
export type Stranger = (message: DescMessage, number: number) => void;

const tables = new WeakMap<DescMessage, Map<number, Known>>();

function wireOf(scalar: ScalarType): number {
    switch (scalar) {
        case ScalarType.DOUBLE:
        case ScalarType.FIXED64:
        case ScalarType.SFIXED64:
            return Wire.fixed64;
        case ScalarType.FLOAT:
        case ScalarType.FIXED32:
        case ScalarType.SFIXED32:
            return Wire.fixed32;
        case ScalarType.STRING:
        case ScalarType.BYTES:
            return Wire.length;
        default:
            return Wire.varint;
    }
}

function known(field: DescField): Known {
    const list = field.fieldKind === "list";
    if (field.message)
        return { name: field.name, wire: Wire.length, list, text: false, message: field.message };
    const scalar = field.scalar ?? ScalarType.UINT32;
    return { name: field.name, wire: wireOf(scalar), list, text: scalar === ScalarType.STRING };
}

function tableOf(message: DescMessage): Map<number, Known> {
    let table = tables.get(message);
    if (!table) {
        table = new Map(message.fields.map((field) => [field.number, known(field)]));
        tables.set(message, table);
    }
    return table;
}

/** Whether the schema has a field of this number (rule W-8). */
export function hasField(message: DescMessage, number: number): boolean {
    return tableOf(message).has(number);
}

/** One field as it stands on the wire; `start` to `end` is what it holds. */
export interface RawField {
    number: number;
    wire: number;
    start: number;
    end: number;
}

/** Reads fields one after the other without a schema. */
export class FieldReader {
    private at = 0;
    constructor(private readonly bytes: Uint8Array) {}

    /** The next field; undefined at the end. Throws a RangeError at what is no field. */
    next(): RawField | undefined {
        if (this.at >= this.bytes.length) return undefined;
        const tag = this.varint();
        const number = Number(tag >> 3n);
        const wire = Number(tag & 7n);
        if (number < 1 || tag >> 32n) throw new RangeError("no field number");
        const start = this.skip(wire);
        return { number, wire, start, end: this.at };
    }

    /** A number of at most ten octets. */
    varint(): bigint {
        let value = 0n;
        for (let shift = 0n; shift < 70n; shift += 7n) {
            const octet = this.bytes[this.at++];
            if (octet === undefined) throw new RangeError("breaks off");
            value |= BigInt(octet & 0x7f) << shift;
            if (octet < 0x80) return BigInt.asUintN(64, value);
        }
        throw new RangeError("a number of more than ten octets");
    }

    get done(): boolean {
        return this.at >= this.bytes.length;
    }

    private skip(wire: number): number {
        let start = this.at;
        if (wire === Wire.varint) this.varint();
        else if (wire === Wire.fixed64) this.at += 8;
        else if (wire === Wire.fixed32) this.at += 4;
        else if (wire === Wire.length) {
            const length = this.varint();
            start = this.at;
            if (length > BigInt(this.bytes.length - start)) throw new RangeError("a length past the end");
            this.at += Number(length);
        } else throw new RangeError("no such wire type");
        if (this.at > this.bytes.length) throw new RangeError("breaks off");
        return start;
    }
}

function malformed(message: DescMessage, what: string, field?: Known): GradmqError {
    return new GradmqError("MALFORMED", `${message.name}${field ? `.${field.name}` : ""} ${what}`);
}

/** Repeated numbers in one field, one after the other. */
function packedValid(wire: number, bytes: Uint8Array): boolean {
    if (wire !== Wire.varint) return bytes.length % (wire === Wire.fixed64 ? 8 : 4) === 0;
    const reader = new FieldReader(bytes);
    try {
        while (!reader.done) reader.varint();
    } catch {
        return false;
    }
    return true;
}

function checkKnown(
    message: DescMessage,
    field: Known,
    wire: number,
    bytes: Uint8Array,
    stranger?: Stranger,
): void {
    if (wire !== field.wire) {
        const packed = field.list && field.wire !== Wire.length && wire === Wire.length;
        if (!packed || !packedValid(field.wire, bytes)) throw malformed(message, "is not of its type", field);
    } else if (field.text) {
        if (!isUtf8(bytes) || bytes.includes(0)) throw malformed(message, "is not text in UTF-8", field);
    } else if (field.message) scan(field.message, bytes, stranger);
}

/**
 * Hold octets against the schema, more strictly than a protobuf runtime does (rule W-6): wire types,
 * lengths and text. Fields that the schema has not are told to `stranger`, without which they are
 * passed over (rule W-7).
 */
export function scan(message: DescMessage, bytes: Uint8Array, stranger?: Stranger): void {
    const table = tableOf(message);
    const reader = new FieldReader(bytes);
    for (;;) {
        let raw: RawField | undefined;
        try {
            raw = reader.next();
        } catch (error) {
            throw malformed(message, `cannot be read: ${(error as Error).message}`);
        }
        if (!raw) return;
        const field = table.get(raw.number);
        if (field) checkKnown(message, field, raw.wire, bytes.subarray(raw.start, raw.end), stranger);
        else stranger?.(message, raw.number);
    }
}
