import type { ConnectOptions } from "../client/options.js";
import type { Compression } from "../compress/compressor.js";
import type { CodeName } from "../errors.js";
import type { DispositionName } from "../names.js";

/** What became of a gradient that was not applied. */
export interface Verdict {
    /** Which gradient: what `push` returned. */
    readonly sequence: number;
    /** EXCLUDED by a rule, SKIPPED with its step, REFUSED, or DISCARDED. */
    readonly disposition: DispositionName;
    /** Number of the code that says why; 0: there is none. */
    readonly code: number;
    /** Its name. */
    readonly codeName: CodeName | `CODE_${number}` | "";
    /** Its sentence. */
    readonly message: string;
}

/** How a worker is opened. */
export interface WorkerOptions extends ConnectOptions {
    /** Stream of updates: "f32", "f64", "f16", "bf16" or "int8"; by default that of the model's own dtype. */
    stream?: string | undefined;
    /** Most gradients that are not settled; by default as many as there is credit for. */
    window?: number | undefined;
    /** `false`: do not subscribe to updates; parameters are asked for instead. */
    updates?: boolean | undefined;
    /** How whole gradients are compressed; by default not at all. */
    compression?: Compression | undefined;
    /** Told of each gradient that was settled without being applied. */
    onVerdict?: ((verdict: Verdict) => void) | undefined;
}

/** What a worker has done and knows. */
export interface WorkerStats {
    /** Gradients that were pushed. */
    readonly pushed: number;
    /** Of these, settled. */
    readonly settled: number;
    /** Of these, applied. */
    readonly applied: number;
    /** Settled otherwise. */
    readonly refused: number;
    /** Sent more than once. */
    readonly resent: number;
    /** Not settled now, and their octets. */
    readonly unsettled: number;
    readonly unsettledBytes: number;
    /** Most that may be unsettled. */
    readonly creditGradients: number;
    readonly creditBytes: number;
    /** This life of the worker: greater than any before it of the same name. */
    readonly incarnation: bigint;
    /** The newest position that was heard of. */
    readonly epoch: bigint;
    readonly version: number;
    /** Updates that were received. */
    readonly updates: number;
    /** Gaps in the stream of updates; each update is whole, so the next one closes a gap. */
    readonly gaps: number;
    /** The newest clock that this worker completed, or where it began. */
    readonly clock: number;
    /** The least clock of all members, as heard last. */
    readonly minClock: number;
    /** The round in which a gradient from the parameters given last takes part; 0: not known. */
    readonly round: number;
}
