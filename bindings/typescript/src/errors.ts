/**
 * Every code there is: `[name, number, sentence]`. Numbers below 64 go over the wire and never change
 * (section 17 of the protocol); those from 64 on arise on this side of a socket only.
 */
const TABLE = [
    ["INTERNAL", 1, "the coordinator failed; its log says why"],
    ["MEMORY", 2, "out of memory"],
    ["BUSY", 3, "too much at once; ask again shortly"],
    ["MALFORMED", 4, "the message cannot be decoded"],
    ["PREAMBLE", 5, "the message is not GradMQ's, or belongs on another socket"],
    ["VERSION", 6, "another major version of the protocol"],
    ["UNSUPPORTED", 7, "not known here, or not in this combination"],
    ["COMMAND", 8, "a request needs exactly one command that this coordinator knows"],
    ["ARGUMENT", 9, "a value is missing or out of range"],
    ["NAME", 10, "not a valid name"],
    ["MODEL", 11, "this coordinator owns another model"],
    ["NO_MODEL", 12, "no model is loaded yet"],
    ["STATE", 13, "not possible in this state"],
    ["CLOSED", 14, "the coordinator is closing"],
    ["LAYOUT", 15, "not the layout of the model"],
    ["SHAPE", 16, "not a possible shape"],
    ["LENGTH", 17, "the payload is not as long as it should be"],
    ["ALIGNMENT", 18, "a frame ends inside an element"],
    ["FRAMES", 19, "too many frames"],
    ["TOO_LARGE", 20, "larger than the limit"],
    ["NON_FINITE", 21, "a value is not finite, or too large to compute with"],
    ["EPOCH", 22, "made from parameters of another epoch"],
    ["BASE", 23, "a base is needed here and none was given"],
    ["STALE", 24, "made from parameters that are too old"],
    ["LATE", 25, "its round is closed"],
    ["NOT_JOINED", 26, "the worker is not a member; join first"],
    ["FENCED", 27, "a newer incarnation of this worker has joined"],
    ["WINDOW", 28, "too far ahead of what was received"],
    ["QUEUE_FULL", 29, "beyond the credit; send again when there is credit"],
    ["CONDITION", 30, "the model is not at the epoch or version asked for"],
    ["REQUEST_ID", 31, "this request id was used for another request"],
    ["PERMISSION", 32, "the role of this key does not allow it"],
    ["TIMEOUT", 64, "no answer in time"],
    ["CONNECT", 66, "cannot connect"],
    ["IO", 68, "cannot read or write"],
    ["FORMAT", 69, "not a file of the expected format"],
    ["DISPOSED", 72, "the gradient was not applied"],
] as const;

/** Name of an error code, such as `"TIMEOUT"`. */
export type CodeName = (typeof TABLE)[number][0];

const byName = new Map<string, (typeof TABLE)[number]>(TABLE.map((row) => [row[0], row]));
const byNumber = new Map<number, (typeof TABLE)[number]>(TABLE.map((row) => [row[1], row]));

/** The number of each code, by name. */
export const codes: Readonly<Record<CodeName, number>> = Object.freeze(
    Object.fromEntries(TABLE.map(([name, number]) => [name, number])) as Record<CodeName, number>,
);

/** The name of a code; `"CODE_n"` for one of a later minor version of the protocol. */
export function codeName(number: number): CodeName | `CODE_${number}` {
    return byNumber.get(number)?.[0] ?? `CODE_${number}`;
}

/** The sentence that stands beside a code. */
export function codeSentence(number: number): string {
    return byNumber.get(number)?.[2] ?? `code ${number}, which this version of the library does not know`;
}

/**
 * What went wrong, in whichever call. The message says what it was and what to do about it. Waits that
 * are cancelled by an `AbortSignal` reject with the signal's own reason instead.
 */
export class GradmqError extends Error {
    /** Number of the code, as in section 17 of the protocol; from 64 on it arose in this process. */
    readonly code: number;
    /** Name of the code, such as `"TIMEOUT"`. */
    readonly codeName: CodeName | `CODE_${number}`;

    constructor(code: CodeName | number, message?: string, options?: ErrorOptions) {
        const number = typeof code === "number" ? code : codes[code];
        super(message ?? codeSentence(number), options);
        this.name = "GradmqError";
        this.code = number;
        this.codeName = codeName(number);
    }

    /** True for a GradmqError with this code. */
    static is(error: unknown, code: CodeName): error is GradmqError {
        return error instanceof GradmqError && error.code === byName.get(code)?.[1];
    }
}
