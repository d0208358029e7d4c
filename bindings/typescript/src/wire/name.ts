import { GradmqError } from "../errors.js";
import { NAME_BYTES, TENSOR_NAME_BYTES } from "../limits.js";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: rule A-2 names them
const CONTROL = /[\u0000-\u001f\u007f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Rule A-1. */
export function nameValid(name: string): boolean {
    return NAME.test(name);
}

function textValid(text: string, most: number): boolean {
    return (
        text.length > 0 &&
        Buffer.byteLength(text) <= most &&
        !CONTROL.test(text) &&
        !LONE_SURROGATE.test(text)
    );
}

/** Rule A-2. */
export function tensorNameValid(name: string): boolean {
    return textValid(name, TENSOR_NAME_BYTES) && name !== "__metadata__";
}

/** Rule A-3. */
export function metricNameValid(name: string): boolean {
    return textValid(name, NAME_BYTES);
}

/** Refuse what is no name; `what` says whose. */
export function checkName(name: string, what: string): void {
    if (!nameValid(name))
        throw new GradmqError(
            "NAME",
            `${what} ${JSON.stringify(name.slice(0, 80))} is not a name: 1 to ${NAME_BYTES} ASCII letters, digits, ` +
                `"_", "-" and ".", not beginning with "-" or "."`,
        );
}
