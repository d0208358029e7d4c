import type { DescMessage } from "@bufbuild/protobuf";
import { type DescField, isFieldSet, type Message, type MessageShape, ScalarType } from "@bufbuild/protobuf";

import { toNumber } from "./number.js";

/** Fields that only name something: they stay bigint. All other 64-bit numbers become numbers. */
const NAMES = new Set(["instance", "epoch", "incarnation", "layout_id", "nonce"]);

/** Fields whose absence says something: they are undefined then. */
const PRESENT = new Set(["deadline_ms", "gradient_norm", "update_norm", "curve_public_key"]);

type Values = Record<string, unknown>;

function zero(field: DescField): unknown {
    if (field.message || PRESENT.has(field.name)) return undefined;
    if (field.scalar === ScalarType.STRING) return "";
    if (field.scalar === ScalarType.BOOL) return false;
    return NAMES.has(field.name) ? 0n : 0;
}

function one(field: DescField, value: unknown): unknown {
    if (field.message) return plain(field.message, value as Message);
    if (typeof value === "bigint" && !NAMES.has(field.name)) return toNumber(value);
    return value;
}

/**
 * A message as a plain object of the same field names: no classes, no octets of unknown fields, numbers as the
 * library tells them.
 */
export function plain<T extends DescMessage>(schema: T, message: MessageShape<T> | Message): Values {
    const values = message as unknown as Values;
    const result: Values = {};
    for (const field of schema.fields) {
        const value = values[field.localName];
        if (field.fieldKind === "list")
            result[field.localName] = (value as unknown[]).map((item) => one(field, item));
        else result[field.localName] = isFieldSet(message, field) ? one(field, value) : zero(field);
    }
    return result;
}
