import { type DescMessage, isFieldSet } from "@bufbuild/protobuf";

import { GradmqError } from "../../src/errors.js";
import {
    type Request,
    RequestSchema,
    type SetModelParametersRequest,
    SetModelParametersRequestSchema,
} from "../../src/gen/gradmq/v1/control_pb.js";
import { type Gradient, GradientSchema } from "../../src/gen/gradmq/v1/gradient_pb.js";
import { type Settings, SettingsSchema } from "../../src/gen/gradmq/v1/settings_pb.js";
import { LayoutSchema, MetricSchema, PartSchema } from "../../src/gen/gradmq/v1/types_pb.js";
import { METRICS, TENSORS } from "../../src/limits.js";
import { dtypeOf } from "../../src/tensor/dtype.js";
import { denseParts, encodingKnown, placeParts } from "../../src/tensor/encoding.js";
import type { Layout } from "../../src/tensor/layout.js";
import { checkPayload } from "../../src/tensor/payload.js";
import { decodeHeader } from "../../src/wire/message.js";
import { checkName, metricNameValid } from "../../src/wire/name.js";
import { FrameKind, openHeader } from "../../src/wire/preamble.js";
import { FieldReader, hasField } from "../../src/wire/scan.js";

//  A coordinator's half of the protocol, as far as the vectors show it: how gradients and requests are read.

function refuse(code: "ARGUMENT" | "UNSUPPORTED" | "NAME" | "COMMAND", text: string): never {
    throw new GradmqError(code, text);
}

function understand(schema: DescMessage, numbers: readonly number[]): void {
    for (const number of numbers)
        if (!hasField(schema, number))
            refuse("UNSUPPORTED", `must_understand names field ${number} of ${schema.name}`);
}

function checkIdentity(gradient: Gradient): void {
    checkName(gradient.model, "model");
    checkName(gradient.worker, "worker");
    if (!gradient.incarnation) refuse("ARGUMENT", "the gradient states no incarnation");
    if (!gradient.sequence) refuse("ARGUMENT", "the gradient states no sequence");
    if (gradient.lowWater > gradient.sequence) refuse("ARGUMENT", "low_water is above the sequence");
}

function positive(value: number, what: string): void {
    if (!(value > 0 && Number.isFinite(value))) refuse("ARGUMENT", `${what} is ${value}`);
}

function checkDtype(stated: boolean, dtype: number): void {
    if (stated && !dtypeOf(dtype)) refuse("UNSUPPORTED", `dtype ${dtype} is not known here`);
}

function checkParts(gradient: Gradient): void {
    if (gradient.parts.length > TENSORS) refuse("ARGUMENT", "too many parts");
    let before = -1;
    for (const part of gradient.parts) {
        const { tensor, encoding, dtype } = PartSchema.field;
        if (!isFieldSet(part, tensor)) refuse("ARGUMENT", "a part names no tensor");
        if (part.tensor <= before) refuse("ARGUMENT", "parts do not ascend");
        before = part.tensor;
        if (isFieldSet(part, encoding) && !encodingKnown(part.encoding))
            refuse("UNSUPPORTED", `encoding ${part.encoding} is not known here`);
        checkDtype(isFieldSet(part, dtype), part.dtype);
    }
}

function checkMetrics(gradient: Gradient): void {
    if (gradient.metrics.length > METRICS) refuse("ARGUMENT", "too many metrics");
    for (const metric of gradient.metrics) {
        if (!metricNameValid(metric.name)) refuse("NAME", "a metric has no valid name");
        if (!Number.isFinite(metric.value)) refuse("ARGUMENT", "a metric is not finite");
        positive(isFieldSet(metric, MetricSchema.field.weight) ? metric.weight : 1, "a metric's weight");
    }
}

function checkContent(gradient: Gradient): void {
    const { kind, weight, lossScale, dtype } = GradientSchema.field;
    if (isFieldSet(gradient, kind) && (gradient.kind < 1 || gradient.kind > 4))
        refuse("UNSUPPORTED", `kind ${gradient.kind} is not known here`);
    positive(isFieldSet(gradient, weight) ? gradient.weight : 1, "weight");
    positive(isFieldSet(gradient, lossScale) ? gradient.lossScale : 1, "loss_scale");
    checkDtype(isFieldSet(gradient, dtype), gradient.dtype);
    checkParts(gradient);
    checkMetrics(gradient);
}

/** A refused gradient; `attributable` where its worker can be told. */
export class GradientRefused extends Error {
    constructor(
        readonly reason: GradmqError,
        readonly attributable: boolean,
    ) {
        super(reason.message);
    }
}

function readGradient(gradient: Gradient): void {
    let attributable = false;
    try {
        understand(GradientSchema, gradient.mustUnderstand);
        checkIdentity(gradient);
        attributable = true;
        checkContent(gradient);
    } catch (error) {
        throw new GradientRefused(error as GradmqError, attributable);
    }
}

export function decodeGradient(header: Uint8Array): Gradient {
    let gradient: Gradient;
    try {
        gradient = decodeHeader(FrameKind.gradient, GradientSchema, header);
    } catch (error) {
        throw new GradientRefused(error as GradmqError, false);
    }
    readGradient(gradient);
    return gradient;
}

/** Hold header and payload against a layout (check 9 of G-2). */
export function checkGradient(gradient: Gradient, layout: Layout, frames: readonly Uint8Array[]): void {
    const skip = gradient.kind === 4;
    if (skip && (gradient.parts.length || frames.length))
        throw new GradmqError("LENGTH", "kind SKIP has no payload");
    if (gradient.layout !== layout.id && !(skip && !gradient.layout))
        throw new GradmqError("LAYOUT", "the gradient is for another layout");
    if (skip) return;
    const dtype = gradient.dtype ? dtypeOf(gradient.dtype) : layout.master;
    if (!dtype) throw new GradmqError("UNSUPPORTED", `dtype ${gradient.dtype} is not known here`);
    const stated = gradient.parts.map((part) => ({
        tensor: part.tensor,
        encoding: part.encoding || 1,
        dtype: isFieldSet(part, PartSchema.field.dtype) ? part.dtype : undefined,
        count: part.count,
        bytes: isFieldSet(part, PartSchema.field.bytes) ? part.bytes : undefined,
    }));
    checkPayload(frames, stated.length ? placeParts(layout, dtype, stated) : denseParts(layout, dtype));
}

//  ------------------------------------------------------------------------------------------------
//  Requests

/** Rules W-7 and R-2. Inside a gradient what is not known is passed over. */
function stranger(schema: DescMessage, number: number): void {
    if (schema === RequestSchema && number >= 10 && number <= 99) refuse("COMMAND", `no command ${number}`);
    if (!GRADIENT.has(schema)) refuse("UNSUPPORTED", `field ${number} of ${schema.name} is not known here`);
}

const GRADIENT = new Set<DescMessage>([
    GradientSchema,
    ...GradientSchema.fields.flatMap((field) => (field.message ? [field.message] : [])),
]);

function checkOneCommand(bytes: Uint8Array): void {
    const reader = new FieldReader(bytes);
    let command = 0;
    for (let field = reader.next(); field; field = reader.next()) {
        if (field.number < 10 || field.number > 99) continue;
        if (command && command !== field.number) refuse("COMMAND", "several commands");
        command = field.number;
    }
}

function checkSettings(settings: Settings): void {
    const values = settings as unknown as Record<string, unknown>;
    for (const field of SettingsSchema.fields) {
        const value = isFieldSet(settings, field) ? values[field.localName] : undefined;
        if (typeof value === "number" && !Number.isFinite(value))
            refuse("ARGUMENT", `${field.name} is ${value}`);
        if (typeof value === "string" && Buffer.byteLength(value) > 127)
            refuse("ARGUMENT", `${field.name} is too long`);
    }
    const groups = settings.groups?.groups ?? [];
    if (groups.length > 64) refuse("ARGUMENT", "too many groups");
    for (const group of groups) {
        if (Buffer.byteLength(group.pattern) > 128) refuse("ARGUMENT", "a pattern is too long");
        for (const value of [group.rateScale, group.weightDecay, group.l2])
            if (!Number.isFinite(value)) refuse("ARGUMENT", `a group has ${value}`);
    }
}

function checkLoad(load: SetModelParametersRequest): void {
    checkDtype(isFieldSet(load, SetModelParametersRequestSchema.field.dtype), load.dtype);
    if (load.layout) checkDtype(isFieldSet(load.layout, LayoutSchema.field.dtype), load.layout.dtype);
}

function checkBody(body: Request["body"]): void {
    switch (body.case) {
        case undefined:
            refuse("COMMAND", "the request has no command");
            break;
        case "join":
        case "leave":
        case "acknowledgement":
            checkName(body.value.worker, "worker");
            break;
        case "setParameters":
            if (body.value.settings) checkSettings(body.value.settings);
            break;
        case "setModelParameters":
            checkLoad(body.value);
            break;
        case "getModelParameters":
            if (body.value.stream) checkName(body.value.stream, "stream");
            break;
        case "listWorkers":
            if (body.value.limit > 1024) refuse("ARGUMENT", "limit is above 1024");
            break;
        case "sync":
            if (!body.value.nonce) refuse("ARGUMENT", "a nonce of 0");
            break;
        case "record":
            if (!body.value.stop) checkName(body.value.name, "recording");
            else if (body.value.name) refuse("ARGUMENT", "a name and stop");
            break;
        case "addGradients":
        case "addModelParameters":
            if (!body.value.gradient) refuse("ARGUMENT", "the request has no gradient");
            readGradient(body.value.gradient);
            break;
    }
}

export function decodeRequest(header: Uint8Array): Request {
    const request = decodeHeader(FrameKind.request, RequestSchema, header, stranger);
    checkOneCommand(openHeader(FrameKind.request, header));
    understand(RequestSchema, request.mustUnderstand);
    const { client, model } = RequestSchema.field;
    if (isFieldSet(request, client)) checkName(request.client, "client");
    if (isFieldSet(request, model)) checkName(request.model, "model");
    checkBody(request.body);
    return request;
}

/** The id for the reply to a request that is refused. */
export function requestIdOf(header: Uint8Array): bigint {
    const bytes = openHeader(FrameKind.request, header);
    const reader = new FieldReader(bytes);
    let id = 0n;
    for (let field = reader.next(); field; field = reader.next())
        if (field.number === 2 && field.wire === 0)
            id = new FieldReader(bytes.subarray(field.start)).varint();
    return id;
}
