import { fromJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";

import { GradmqError } from "../../src/errors.js";
import { ReplySchema, RequestSchema } from "../../src/gen/gradmq/v1/control_pb.js";
import { EventSchema } from "../../src/gen/gradmq/v1/event_pb.js";
import { type Gradient, GradientSchema } from "../../src/gen/gradmq/v1/gradient_pb.js";
import { UpdateSchema } from "../../src/gen/gradmq/v1/update_pb.js";
import { dtypeNamed, dtypeOf, makeFloats, readElements, writeElements } from "../../src/tensor/dtype.js";
import { placeParts } from "../../src/tensor/encoding.js";
import { Layout } from "../../src/tensor/layout.js";
import { addPart, checkPayload } from "../../src/tensor/payload.js";
import { decodeEvent, decodeReply, decodeUpdate, encodeHeader } from "../../src/wire/message.js";
import { FrameKind } from "../../src/wire/preamble.js";
import { topics } from "../../src/wire/topic.js";
import { compare } from "./compare.js";
import { checkGradient, decodeGradient, decodeRequest, GradientRefused, requestIdOf } from "./coordinator.js";
import { framesOf, type LayoutText, type Subject, specsOf, subjects, type Vector } from "./vectors.js";

//  Runs every vector of schemas/vectors: `ok SUBJECT/NAME` or, after what is wrong, `not ok SUBJECT/NAME`.

interface HeaderKind {
    readonly kind: FrameKind;
    // biome-ignore lint/suspicious/noExplicitAny: any of the five messages
    readonly schema: GenMessage<any>;
    /** Which frame is the header. */
    readonly at: number;
    decode(header: Uint8Array): Message;
}

const HEADERS: Record<string, HeaderKind> = {
    gradient: { kind: FrameKind.gradient, schema: GradientSchema, at: 0, decode: decodeGradient },
    update: { kind: FrameKind.update, schema: UpdateSchema, at: 1, decode: decodeUpdate },
    event: { kind: FrameKind.event, schema: EventSchema, at: 1, decode: decodeEvent },
    request: { kind: FrameKind.request, schema: RequestSchema, at: 0, decode: decodeRequest },
    reply: { kind: FrameKind.reply, schema: ReplySchema, at: 0, decode: decodeReply },
};

const layouts = new Map<string, Layout>();

/** The name of the code with which something is refused, "OK" where it is not. */
function codeOf(action: () => unknown): { code: string; refusal?: unknown } {
    try {
        action();
        return { code: "OK" };
    } catch (refusal) {
        const error = refusal instanceof GradientRefused ? refusal.reason : refusal;
        if (!(error instanceof GradmqError)) throw refusal;
        if (error.message.length < 10) throw new Error(`${error.codeName} comes without a sentence`);
        return { code: error.codeName, refusal };
    }
}

function runRefused(vector: Vector, header: Buffer, refusal: unknown): string {
    if (vector.attributable !== undefined) {
        const inside = (refusal as GradientRefused).attributable;
        if (inside !== vector.attributable) return `wrongly ${inside ? "" : "not "}attributable`;
    }
    if (vector.request_id !== undefined && requestIdOf(header) !== BigInt(vector.request_id))
        return "the request id was not found";
    return "";
}

function runHeader(of: HeaderKind, vector: Vector): string {
    const frames = framesOf(vector);
    const header = frames[of.at] as Buffer;
    let message: Message | undefined;
    const { code, refusal } = codeOf(() => {
        message = of.decode(header);
    });
    if (vector.error) {
        if (code === vector.error) return runRefused(vector, header, refusal);
        return code === "OK" && vector.may_take ? "" : `${code}, not ${vector.error}`;
    }
    if (!message) return `refused with ${code}: ${String(refusal)}`;
    const want = vector.message ?? {};
    const read = compare(of.schema, want, message);
    if (read) return `read: ${read}`;
    const made = fromJson(of.schema, want as JsonValue) as Message;
    const again = of.decode(encodeHeader(of.kind, of.schema, made));
    const written = compare(of.schema, want, again);
    if (written) return `written: ${written}`;
    if (!vector.check) return "";
    const layout = layouts.get(vector.layout as string) as Layout;
    const checked = codeOf(() => checkGradient(message as Gradient, layout, frames.slice(1)));
    return checked.code === vector.check ? "" : `checked: ${checked.code}, not ${vector.check}`;
}

function runLayout(vector: Vector): string {
    let layout: Layout | undefined;
    const text = vector.layout as LayoutText;
    const { code } = codeOf(() => {
        layout = new Layout(specsOf(text), Number(text.dtype));
    });
    if (code !== (vector.error ?? "OK")) return `${code}, not ${vector.error ?? "OK"}`;
    if (!layout) return "";
    layouts.set(vector.name, layout);
    if (layout.canonical().toString("hex") !== vector.canonical) return "another canonical string";
    return layout.id === BigInt(vector.id as string) ? "" : `its id is ${layout.id}`;
}

function runPayload(vector: Vector): string {
    const text = vector.layout as LayoutText;
    const layout = new Layout(specsOf(text), Number(text.dtype));
    const stated = (vector.parts ?? []).map((part) => ({
        tensor: part.tensor,
        encoding: part.encoding ?? 1,
        dtype: part.dtype,
        count: Number(part.count ?? 0),
        bytes: undefined,
    }));
    const values: Float64Array[] = [];
    const { code } = codeOf(() => {
        const dtype = dtypeOf(Number(vector.dtype ?? text.dtype));
        const parts = placeParts(layout, dtype ?? layout.master, stated);
        const payload = checkPayload(framesOf(vector), parts);
        for (const part of parts) {
            const whole = new Float64Array(part.tensor.elements);
            addPart(part, payload, whole);
            values.push(whole);
        }
    });
    if (code !== (vector.error ?? "OK")) return `${code}, not ${vector.error ?? "OK"}`;
    for (const [i, have] of values.entries())
        for (const [k, value] of have.entries())
            if (value !== Number(vector.values?.[i]?.[k])) return `part ${i}, element ${k} is ${value}`;
    return "";
}

function runDtype(vector: Vector): string {
    const from = dtypeNamed((vector.from as string).toLowerCase());
    const to = dtypeNamed((vector.to as string).toLowerCase());
    if (!from || !to) return "a dtype is not known";
    const input = Buffer.from(vector.input as string, "hex");
    const numbers = makeFloats(from.name === "f32" && to.name !== "f64" ? 1 : 2, input.length / from.size);
    readElements(numbers, from.code, input);
    const output = Buffer.alloc(numbers.length * to.size);
    writeElements(output, to.code, numbers);
    const want = Buffer.from(vector.output as string, "hex");
    for (let i = 0; i < want.length; i += to.size)
        if (!output.subarray(i, i + to.size).equals(want.subarray(i, i + to.size)))
            return `element ${i / to.size} becomes ${output.subarray(i, i + to.size).toString("hex")}`;
    return output.length === want.length ? "" : "another length";
}

function runTopic(vector: Vector): string {
    const { model = "", worker = "", stream = "", nonce } = vector.of ?? {};
    const made = [
        topics.parameters(model, stream),
        topics.acknowledgement(model, worker),
        topics.everybody(model),
        topics.worker(model, worker),
        topics.announcement(model),
        topics.malformed(model),
        topics.sync(BigInt(nonce ?? 0)),
    ];
    return made.includes(vector.topic as string) ? "" : `none of ${made.join(" ")} is ${vector.topic}`;
}

function runner(subject: string): ((vector: Vector) => string) | undefined {
    const header = HEADERS[subject];
    if (header) return (vector) => runHeader(header, vector);
    return { layout: runLayout, payload: runPayload, dtype: runDtype, topic: runTopic }[subject];
}

function runSubject({ subject, vectors }: Subject): boolean {
    const run = runner(subject);
    let good = true;
    for (const vector of vectors) {
        let wrong: string;
        try {
            wrong = run ? run(vector) : "nobody runs this subject";
        } catch (error) {
            wrong = `thrown: ${error instanceof Error ? error.stack : String(error)}`;
        }
        if (wrong) console.log(`    rule ${vector.rule}: ${wrong.replaceAll("\n", "\n    ")}`);
        console.log(`${wrong ? "not ok" : "ok"} ${subject}/${vector.name}`);
        good = good && !wrong;
    }
    return good;
}

const all = subjects();
//  Gradients name the layouts that they are held against.
all.sort((a, b) => Number(b.subject === "layout") - Number(a.subject === "layout"));
process.exitCode = all.map(runSubject).every(Boolean) ? 0 : 1;
