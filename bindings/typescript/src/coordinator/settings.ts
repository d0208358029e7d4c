import { create, type DescField, isFieldSet, ScalarType } from "@bufbuild/protobuf";

import { GradmqError } from "../errors.js";
import type { Parameters as WireParameters } from "../gen/gradmq/v1/control_pb.js";
import {
    GroupSchema,
    GroupsSchema,
    SettingsSchema,
    type Settings as WireSettings,
} from "../gen/gradmq/v1/settings_pb.js";
import { toNumber } from "../wire/number.js";

/** What is different for the tensors whose names match a pattern; the first match wins. */
export interface Group {
    /** Shell pattern over tensor names: `*`, `?`, `[...]`. */
    pattern: string;
    /** Multiplies the learning rate; 1 by default. */
    rateScale?: number;
    /** Instead of the setting of that name. */
    weightDecay?: number;
    /** Instead of the setting of that name. */
    l2?: number;
    /** Neither applied nor counted in a norm. */
    frozen?: boolean;
}

/**
 * How gradients become parameters. `gradmq describe --settings` prints each with its range, unit and default; the
 * names are the same, written as `learning_rate`. Times are in milliseconds, sizes in bytes.
 */
export interface Settings {
    mode: "descent" | "ascent" | (string & {});
    optimizer: string;
    learningRate: number;
    momentum: number;
    dampening: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    rho: number;
    initialAccumulator: number;
    momentumDecay: number;
    trustCoefficient: number;
    rateDecay: number;
    l2: number;
    weightDecay: number;
    groups: Group[];
    biasCorrection: boolean;
    schedule: string;
    scheduleSteps: number;
    scheduleFactor: number;
    scheduleFinal: number;
    warmupSteps: number;
    clipNorm: number;
    clipValue: number;
    clipGlobalNorm: number;
    policy: "async" | "bsp" | "ssp" | "merge" | (string & {});
    bufferGradients: number;
    maxStaleness: number;
    stalenessScale: "none" | "members" | "inverse" | (string & {});
    quorum: number;
    roundTimeoutMs: number;
    roundMinimum: number;
    clockBound: number;
    mergeCount: number;
    rule: string;
    trimFraction: number;
    byzantine: number;
    krumSelected: number;
    maxWeight: number;
    coalesce: boolean;
    publishEvery: number;
    publishMinIntervalMs: number;
    streams: string;
    leaseMs: number;
    queueGradients: number;
    queueBytes: number;
    pinnedSnapshots: number;
    durability: "memory" | "checkpoint" | "journal" | (string & {});
    checkpointEvery: number;
    checkpointIntervalMs: number;
    checkpointKeep: number;
}

/** What is to be changed: absent keeps its value, `null` goes back to its default. */
export type SettingsChange = { [Name in keyof Settings]?: Settings[Name] | null | undefined };

/** Settings as they are in force. */
export interface SettingsInForce {
    /** Every setting that has an effect. */
    readonly settings: Partial<Settings>;
    /** Of these, what somebody gave; the others are at their defaults. */
    readonly given: ReadonlySet<keyof Settings>;
    /** +1 a change. */
    readonly revision: number;
    /** The base of the first step that they hold for. */
    readonly effectiveFrom: { readonly epoch: bigint; readonly version: number };
    /** What this change put back to its default, because nothing reads it any more. */
    readonly unset: readonly (keyof Settings)[];
}

const fields = new Map<string, DescField>(SettingsSchema.fields.map((field) => [field.localName, field]));
const localNames = new Map<string, string>(
    SettingsSchema.fields.map((field) => [field.name, field.localName]),
);

/** The greatest value of each kind of whole number. */
const MOST = new Map<ScalarType | undefined, number>([
    [ScalarType.UINT32, 2 ** 32 - 1],
    [ScalarType.UINT64, Number.MAX_SAFE_INTEGER],
]);
const KIND_OF: Partial<Record<ScalarType, string>> = {
    [ScalarType.STRING]: "string",
    [ScalarType.BOOL]: "boolean",
};

function toWire(field: DescField, value: unknown): unknown {
    if (field.message)
        return create(GroupsSchema, {
            groups: (value as Group[]).map((group) => create(GroupSchema, group)),
        });
    const kind = (field.scalar !== undefined && KIND_OF[field.scalar]) || "number";
    if (typeof value !== kind)
        throw new GradmqError(
            "ARGUMENT",
            `setting ${field.localName} is ${JSON.stringify(value)}; it has to be a ${kind}`,
        );
    const most = MOST.get(field.scalar);
    if (
        most !== undefined &&
        !(Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most)
    )
        throw new GradmqError(
            "ARGUMENT",
            `setting ${field.localName} is ${value}; it has to be a whole number of at most ${most}`,
        );
    return field.scalar === ScalarType.UINT64 ? BigInt(value as number) : value;
}

/** A change as the message has it. Refused with ARGUMENT and UNSUPPORTED (no such setting). */
export function writeChange(change: SettingsChange): { settings: WireSettings; reset: string[] } {
    const settings = create(SettingsSchema);
    const reset: string[] = [];
    for (const [name, value] of Object.entries(change)) {
        if (value === undefined) continue;
        const field = fields.get(name);
        if (!field)
            throw new GradmqError(
                "UNSUPPORTED",
                `there is no setting ${name}; there are ${[...fields.keys()].join(", ")}`,
            );
        if (value === null) reset.push(field.name);
        else (settings as unknown as Record<string, unknown>)[name] = toWire(field, value);
    }
    return { settings, reset };
}

function readGroups(settings: WireSettings): Group[] {
    return (settings.groups?.groups ?? []).map((group) => ({
        pattern: group.pattern,
        ...(isFieldSet(group, GroupSchema.field.rateScale) ? { rateScale: group.rateScale } : {}),
        ...(isFieldSet(group, GroupSchema.field.weightDecay) ? { weightDecay: group.weightDecay } : {}),
        ...(isFieldSet(group, GroupSchema.field.l2) ? { l2: group.l2 } : {}),
        ...(isFieldSet(group, GroupSchema.field.frozen) ? { frozen: group.frozen } : {}),
    }));
}

function readNames(names: readonly string[]): (keyof Settings)[] {
    return names.map((name) => (localNames.get(name) ?? name) as keyof Settings);
}

export function readSettings(told: WireParameters): SettingsInForce {
    const settings: Record<string, unknown> = {};
    for (const [name, field] of fields) {
        if (!told.settings || !isFieldSet(told.settings, field)) continue;
        const value = (told.settings as unknown as Record<string, unknown>)[name];
        if (field.message) settings[name] = readGroups(told.settings);
        else settings[name] = typeof value === "bigint" ? toNumber(value) : value;
    }
    return {
        settings: settings as Partial<Settings>,
        given: new Set(readNames(told.explicitNames)),
        revision: toNumber(told.revision),
        effectiveFrom: {
            epoch: told.effectiveFrom?.epoch ?? 0n,
            version: toNumber(told.effectiveFrom?.version ?? 0n),
        },
        unset: readNames(told.unset),
    };
}
