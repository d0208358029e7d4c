//  Names of the numbers in the protocol's open lists, for people. One of a later minor version is shown as a
//  number.

const STATES = ["UNKNOWN", "EMPTY", "STOPPED", "RUNNING", "CLOSING"] as const;
const KINDS = ["UNKNOWN", "GRADIENT", "DELTA", "MODEL_PARAMETERS", "SKIP"] as const;
const DISPOSITIONS = ["UNKNOWN", "APPLIED", "EXCLUDED", "SKIPPED", "REFUSED", "DISCARDED"] as const;
const NOTICES = [
    "UNKNOWN",
    "STARTED",
    "STOPPED",
    "CLOSING",
    "EPOCH",
    "SETTINGS",
    "JOINED",
    "LEFT",
    "EXPIRED",
    "FENCED",
    "REFUSED",
    "TURNED_AWAY",
    "CLEARED",
    "STEP_SKIPPED",
    "OPERATION",
] as const;

/** What a coordinator does with its model (section 7 of the protocol). */
export type StateName = (typeof STATES)[number] | `STATE_${number}`;
/** What became of a gradient (section 10 of the protocol). */
export type DispositionName = (typeof DISPOSITIONS)[number] | `DISPOSITION_${number}`;
/** What a notice tells of (section 14 of the protocol). */
export type NoticeName = (typeof NOTICES)[number] | `NOTICE_${number}`;
/** What a push is. */
export type KindName = (typeof KINDS)[number] | `KIND_${number}`;

export const State = { EMPTY: 1, STOPPED: 2, RUNNING: 3, CLOSING: 4 } as const;
export const Kind = { GRADIENT: 1, DELTA: 2, MODEL_PARAMETERS: 3, SKIP: 4 } as const;
export const Disposition = { APPLIED: 1, EXCLUDED: 2, SKIPPED: 3, REFUSED: 4, DISCARDED: 5 } as const;
export const Notice = {
    CLOSING: 3,
    EPOCH: 4,
    EXPIRED: 8,
    FENCED: 9,
    TURNED_AWAY: 11,
    CLEARED: 12,
    STEP_SKIPPED: 13,
} as const;

export function stateName(number: number): StateName {
    return STATES[number] ?? `STATE_${number}`;
}

export function dispositionName(number: number): DispositionName {
    return DISPOSITIONS[number] ?? `DISPOSITION_${number}`;
}

export function noticeName(number: number): NoticeName {
    return NOTICES[number] ?? `NOTICE_${number}`;
}

export function kindName(number: number): KindName {
    return KINDS[number] ?? `KIND_${number}`;
}
