import { create } from "@bufbuild/protobuf";

import {
    DescriptionSchema,
    OperationSchema,
    StatusReportSchema,
    type Description as WireDescription,
    type Operation as WireOperation,
    type StatusReport as WireStatus,
    type Worker as WireWorker,
    WorkerSchema,
} from "../gen/gradmq/v1/control_pb.js";
import { LimitsSchema } from "../gen/gradmq/v1/types_pb.js";
import { type KindName, kindName, type StateName, stateName } from "../names.js";
import { type DtypeName, dtypeOf } from "../tensor/dtype.js";
import { ENCODING_NAMES } from "../tensor/encoding.js";
import { Layout } from "../tensor/layout.js";
import { plain } from "../wire/plain.js";

/** Constants of a coordinator that no setting changes. */
export interface Limits {
    readonly frameBytes: number;
    readonly payloadFrames: number;
    readonly headerBytes: number;
    readonly tensors: number;
    readonly rank: number;
    readonly nameBytes: number;
    readonly tensorNameBytes: number;
    readonly metrics: number;
    readonly groups: number;
    readonly receiveWindow: number;
}

/** What a coordinator is and can do. */
export interface Description {
    /** The model's name. */
    readonly model: string;
    /** Name and version of the software. */
    readonly product: string;
    readonly protocolMinor: number;
    readonly state: StateName;
    /** Undefined while there is no model. */
    readonly layout: Layout | undefined;
    readonly gradientsEndpoints: readonly string[];
    readonly updatesEndpoints: readonly string[];
    readonly eventsEndpoints: readonly string[];
    /** Streams that are published now. */
    readonly streams: readonly string[];
    /** Streams that getModelParameters can answer. */
    readonly streamNames: readonly string[];
    readonly limits: Limits;
    readonly dtypes: readonly (DtypeName | `dtype ${number}`)[];
    readonly encodings: readonly string[];
    readonly kinds: readonly KindName[];
    readonly optimizers: readonly string[];
    readonly schedules: readonly string[];
    readonly policies: readonly string[];
    readonly rules: readonly string[];
    readonly heartbeatMs: number;
}

/** Slow work that was started, such as a checkpoint. */
export interface Operation {
    readonly operation: number;
    readonly name: string;
    readonly done: boolean;
    /** 0: it went well. */
    readonly code: number;
    readonly message: string;
}

/** What a coordinator does now, and why. */
export interface Status {
    readonly product: string;
    readonly state: StateName;
    /** One sentence, where something keeps steps from being made. */
    readonly why: string;
    readonly durability: string;
    readonly uptimeMs: number;
    readonly members: number;
    readonly queuedGradients: number;
    readonly queuedBytes: number;
    readonly elements: number;
    readonly tensors: number;
    /** Of the next step. */
    readonly learningRate: number;
    readonly scheduleTick: number;
    readonly settingsRevision: number;
    readonly snapshotsPinned: number;
    readonly residentBytes: number;
    /** Counters since the process started, by name. */
    readonly counters: Readonly<Record<string, number>>;
    /** Those that run, and the newest that ended. */
    readonly operations: readonly Operation[];
    readonly round: number;
    /** Time that is left; undefined where nothing is waited for. */
    readonly deadlineMs: number | undefined;
    readonly minClock: number;
    /** Up to 16 names of those who are waited for. */
    readonly waitingFor: readonly string[];
    readonly waitingTotal: number;
    /** The newest value of each metric. */
    readonly metrics: readonly { readonly name: string; readonly value: number; readonly worker: string }[];
    /** How many contributions the open step has. */
    readonly contributions: number;
    readonly policy: string;
    /** "" where each gradient is a step. */
    readonly rule: string;
    /** Contributions that make a step; 0: that depends on the members. */
    readonly needed: number;
}

/** A member. */
export interface WorkerInfo {
    readonly name: string;
    readonly incarnation: bigint;
    readonly leaving: boolean;
    readonly leaseLeftMs: number;
    readonly seenMsAgo: number;
    readonly receivedThrough: number;
    readonly settledThrough: number;
    readonly queued: number;
    readonly clock: number;
    /** Of its newest gradient. */
    readonly baseVersion: number;
    readonly stalenessMean: number;
    /** How many came to which disposition, by its name. */
    readonly dispositions: Readonly<Record<string, number>>;
    /** Its newest metrics. */
    readonly metrics: readonly { readonly name: string; readonly value: number; readonly weight: number }[];
}

type Counters = { name: string; value: number }[];

function byName(counters: unknown): Record<string, number> {
    return Object.fromEntries((counters as Counters).map(({ name, value }) => [name, value]));
}

export function readDescription(model: string, told: WireDescription): Description {
    const rest = plain(DescriptionSchema, told);
    delete rest.layoutId;
    delete rest.curvePublicKey;
    return {
        ...(rest as unknown as Description),
        model,
        state: stateName(told.state),
        layout: told.layout?.tensors.length ? Layout.fromWire(told.layout) : undefined,
        limits: (rest.limits ?? plain(LimitsSchema, create(LimitsSchema))) as Limits,
        dtypes: told.dtypes.map((code) => dtypeOf(code)?.name ?? (`dtype ${code}` as const)),
        encodings: told.encodings.map((code) => ENCODING_NAMES[code] ?? `encoding ${code}`),
        kinds: told.kinds.map(kindName),
    };
}

export function readStatus(told: WireStatus): Status {
    const rest = plain(StatusReportSchema, told);
    return {
        ...(rest as unknown as Status),
        state: stateName(told.state),
        counters: byName(rest.counters),
    };
}

export function readWorker(told: WireWorker): WorkerInfo {
    const rest = plain(WorkerSchema, told);
    return { ...(rest as unknown as WorkerInfo), dispositions: byName(rest.dispositions) };
}

export function readOperation(told: WireOperation): Operation {
    return plain(OperationSchema, told) as unknown as Operation;
}
