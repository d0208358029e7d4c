import { fromBinary, isFieldSet, type Message, toBinary } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";

import { GradmqError } from "../errors.js";
import {
    ModelParametersSchema,
    type Reply,
    ReplySchema,
    type Request,
    RequestSchema,
} from "../gen/gradmq/v1/control_pb.js";
import { type Event, EventSchema } from "../gen/gradmq/v1/event_pb.js";
import { type Gradient, GradientSchema } from "../gen/gradmq/v1/gradient_pb.js";
import { type Update, UpdateSchema } from "../gen/gradmq/v1/update_pb.js";
import { HEADER_BYTES } from "../limits.js";
import { dtypeOf } from "../tensor/dtype.js";
import { encodingKnown } from "../tensor/encoding.js";
import { FrameKind, frameHeader, openHeader } from "./preamble.js";
import { type Stranger, scan } from "./scan.js";

/** Read a header of one kind: preamble, schema, protobuf. */
export function decodeHeader<T extends Message>(
    kind: FrameKind,
    schema: GenMessage<T>,
    header: Uint8Array,
    stranger?: Stranger,
): T {
    const bytes = openHeader(kind, header);
    scan(schema, bytes, stranger);
    try {
        return fromBinary(schema, bytes) as T;
    } catch (error) {
        throw new GradmqError("MALFORMED", `the header is not a valid ${schema.name}`, { cause: error });
    }
}

/** Write a header of one kind. */
export function encodeHeader<T extends Message>(kind: FrameKind, schema: GenMessage<T>, message: T): Buffer {
    const header = frameHeader(kind, toBinary(schema, message));
    if (header.length > HEADER_BYTES)
        throw new GradmqError(
            "TOO_LARGE",
            `a ${schema.name} has a header of ${header.length} bytes; ${HEADER_BYTES} can go`,
        );
    return header;
}

/** Rule N-2: what is stated of a payload is known; undefined stands for what is not stated. */
function checkForm(dtype: number | undefined, encoding: number | undefined): void {
    if (dtype !== undefined && !dtypeOf(dtype))
        throw new GradmqError("UNSUPPORTED", `dtype ${dtype} is not known here`);
    if (encoding !== undefined && !encodingKnown(encoding))
        throw new GradmqError("UNSUPPORTED", `encoding ${encoding} is not known here`);
}

export function decodeUpdate(header: Uint8Array): Update {
    const update = decodeHeader(FrameKind.update, UpdateSchema, header);
    const { dtype, encoding } = UpdateSchema.field;
    checkForm(
        isFieldSet(update, dtype) ? update.dtype : undefined,
        isFieldSet(update, encoding) ? update.encoding : undefined,
    );
    return update;
}

export function decodeEvent(header: Uint8Array): Event {
    return decodeHeader(FrameKind.event, EventSchema, header);
}

export function decodeReply(header: Uint8Array): Reply {
    const reply = decodeHeader(FrameKind.reply, ReplySchema, header);
    if (reply.body.case === "modelParameters") {
        const told = reply.body.value;
        const { dtype, encoding } = ModelParametersSchema.field;
        checkForm(
            isFieldSet(told, dtype) ? told.dtype : undefined,
            isFieldSet(told, encoding) ? told.encoding : undefined,
        );
    }
    return reply;
}

export function encodeGradient(gradient: Gradient): Buffer {
    return encodeHeader(FrameKind.gradient, GradientSchema, gradient);
}

export function encodeRequest(request: Request): Buffer {
    return encodeHeader(FrameKind.request, RequestSchema, request);
}
