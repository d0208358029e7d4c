import { type DescField, type DescMessage, isFieldSet, type Message, ScalarType } from "@bufbuild/protobuf";

type Json = Record<string, unknown>;

/** Defaults other than 0. */
const DEFAULTS: Record<string, number> = {
    "Gradient.low_water": 1,
    "Gradient.kind": 1,
    "Gradient.weight": 1,
    "Gradient.loss_scale": 1,
    "Part.encoding": 1,
    "Metric.weight": 1,
    "Group.rate_scale": 1,
};

/** Fields whose presence says something. */
const PRESENCE = new Set([
    "Gradient.based_on",
    "Gradient.clock",
    "Part.bytes",
    "Part.dtype",
    "Request.if_epoch",
    "Request.if_version",
    "GetModelParametersRequest.newer_than",
    "SetModelParametersRequest.bytes",
    "Update.previous_published_epoch",
    "Update.previous_published_version",
    "Heartbeat.deadline_ms",
    "StatusReport.deadline_ms",
    "Added.acknowledgement",
]);

function scalarText(field: DescField, value: unknown): string {
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    if (field.scalar === ScalarType.DOUBLE) {
        const number = Number(value);
        return Object.is(number, -0) ? "-0" : String(number);
    }
    if (field.scalar === ScalarType.BOOL) return String(Boolean(value));
    return String(value);
}

function zero(path: string, field: DescField): unknown {
    if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return "";
    if (field.scalar === ScalarType.BOOL) return false;
    return DEFAULTS[path] ?? 0;
}

function compareValue(path: string, field: DescField, want: unknown, have: unknown): string {
    if (field.message) {
        if (have === undefined) return want && Object.keys(want).length > 0 ? `${path} is not there` : "";
        return compare(field.message, (want ?? {}) as Json, have as Message);
    }
    const other = zero(path, field);
    const same = scalarText(field, have ?? other) === scalarText(field, want ?? other);
    return same ? "" : `${path} is ${String(have)}, not ${String(want)}`;
}

/** Compare by meaning (rule W-9); says what differs, "" where nothing does. */
export function compare(schema: DescMessage, want: Json, have: Message): string {
    const values = have as unknown as Record<string, unknown>;
    for (const key of Object.keys(want))
        if (!schema.fields.some((field) => field.name === key)) return `the schema has no ${key}`;
    for (const field of schema.fields) {
        const path = `${schema.name}.${field.name}`;
        const wanted = want[field.name];
        const present = isFieldSet(have, field);
        if (field.fieldKind === "list") {
            const list = values[field.localName] as unknown[];
            const wants = (wanted ?? []) as unknown[];
            if (list.length !== wants.length) return `${path} has ${list.length} items, not ${wants.length}`;
            for (const [i, item] of list.entries()) {
                const wrong = compareValue(path, field, wants[i], item);
                if (wrong) return wrong;
            }
            continue;
        }
        if (present !== (wanted !== undefined) && (field.oneof || PRESENCE.has(path)))
            return `${path} is ${present ? "" : "not "}there`;
        const oneof = field.oneof ? (values[field.oneof.localName] as { value?: unknown }).value : undefined;
        const value = present ? (field.oneof ? oneof : values[field.localName]) : undefined;
        const wrong = compareValue(path, field, wanted, value);
        if (wrong) return wrong;
    }
    return "";
}
