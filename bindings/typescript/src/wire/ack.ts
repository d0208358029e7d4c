import type { Acknowledgement, Position as WirePosition } from "../gen/gradmq/v1/types_pb.js";
import { toNumber } from "./number.js";

/** Where a model stands. */
export interface Position {
    /** Random, one a process start of the coordinator; 0 where it is not told. */
    readonly instance: bigint;
    /** A line of versions without a break. Epochs only grow. */
    readonly epoch: bigint;
    /** 0 at load, +1 an applied step. */
    readonly version: number;
}

export function positionOf(position: WirePosition | undefined): Position {
    return {
        instance: position?.instance ?? 0n,
        epoch: position?.epoch ?? 0n,
        version: toNumber(position?.version ?? 0n),
    };
}

/** Sequences `first` to `last`, both included, that did not arrive or were turned away with `code`. */
export interface Range {
    readonly first: number;
    readonly last: number;
    readonly code: number;
}

/** What a worker's sequences have come to; the newest tells everything (rule S-6). */
export interface Ack {
    readonly position: Position;
    readonly incarnation: bigint;
    readonly receivedThrough: number;
    readonly settledThrough: number;
    readonly missing: readonly Range[];
    readonly dispositions: readonly { sequence: number; disposition: number; code: number }[];
    readonly dispositionsFrom: number;
    readonly creditGradients: number;
    readonly creditBytes: number;
    readonly applied: number;
}

export function ackOf(ack: Acknowledgement): Ack {
    return {
        position: positionOf(ack.position),
        incarnation: ack.incarnation,
        receivedThrough: toNumber(ack.receivedThrough),
        settledThrough: toNumber(ack.settledThrough),
        missing: ack.missing
            .map(({ first, last, code }) => ({ first: toNumber(first), last: toNumber(last), code }))
            .filter(({ first, last }) => first <= last),
        dispositions: ack.dispositions.map(({ sequence, disposition, code }) => ({
            sequence: toNumber(sequence),
            disposition,
            code,
        })),
        dispositionsFrom: toNumber(ack.dispositionsFrom),
        creditGradients: ack.creditGradients,
        creditBytes: toNumber(ack.creditBytes),
        applied: toNumber(ack.applied),
    };
}

/** Within an instance positions are ordered by epoch, then version (rule P-5). */
export function newer(a: { epoch: bigint; version: number }, b: { epoch: bigint; version: number }): boolean {
    return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}
