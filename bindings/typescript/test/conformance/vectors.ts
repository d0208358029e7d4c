import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { root } from "../support/places.js";

/** A frame as a vector writes it. */
type Piece = string | { repeat: string; count: number };
type FrameText = string | Piece[] | { frame: string; times: number };

export interface LayoutText {
    tensors: { name: string; shape?: string[] }[];
    dtype: number;
}

/** What the files hold; which members are there depends on the subject. */
export interface Vector {
    name: string;
    rule: string;
    frames?: FrameText[];
    message?: Record<string, unknown>;
    error?: string;
    may_take?: boolean;
    attributable?: boolean;
    request_id?: number | string;
    layout?: LayoutText | string;
    check?: string;
    canonical?: string;
    id?: string;
    dtype?: number;
    parts?: { tensor: number; encoding?: number; dtype?: number; count?: number | string }[];
    values?: (number | string)[][];
    from?: string;
    to?: string;
    input?: string;
    output?: string;
    socket?: string;
    of?: Record<string, string>;
    topic?: string;
}

export interface Subject {
    subject: string;
    vectors: Vector[];
}

const folder = join(root, "schemas", "vectors");

export function subjects(): Subject[] {
    return readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
        .map((name) => ({
            subject: basename(name, ".json"),
            vectors: (JSON.parse(readFileSync(join(folder, name), "utf8")) as { vectors: Vector[] }).vectors,
        }));
}

function pieceBytes(piece: Piece): Buffer {
    if (typeof piece === "string") return Buffer.from(piece, "hex");
    return Buffer.concat(new Array<Buffer>(Number(piece.count)).fill(Buffer.from(piece.repeat, "hex")));
}

export function framesOf(vector: Vector): Buffer[] {
    return (vector.frames ?? []).flatMap((frame) => {
        if (typeof frame === "string") return [Buffer.from(frame, "hex")];
        if (Array.isArray(frame)) return [Buffer.concat(frame.map(pieceBytes))];
        return new Array<Buffer>(Number(frame.times)).fill(Buffer.from(frame.frame, "hex"));
    });
}

export function specsOf(layout: LayoutText): { name: string; shape: bigint[] }[] {
    return layout.tensors.map(({ name, shape }) => ({ name, shape: (shape ?? []).map(BigInt) }));
}
