import { GradmqError } from "../errors.js";

const WILDCARDS = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"];

/** Put the host by which control was reached in place of a wildcard (rule K-2). */
export function resolveEndpoint(named: string, control: string): string {
    const wildcard = WILDCARDS.find((prefix) => named.startsWith(prefix));
    if (!wildcard) return named;
    const colon = control.lastIndexOf(":");
    if (!control.startsWith("tcp://") || colon < "tcp://".length)
        throw new GradmqError(
            "ARGUMENT",
            `the coordinator names ${named}, and the control endpoint ${control} has no host to put in place of ` +
                "the wildcard: connect over tcp",
        );
    return `${control.slice(0, colon)}:${named.slice(wildcard.length)}`;
}

/**
 * Of several endpoints the first of the transport by which control was reached, else the first. `socket` says
 * what they are of.
 */
export function chooseEndpoint(named: readonly string[], control: string, socket: string): string {
    const scheme = control.slice(0, control.indexOf("://") + 3);
    const chosen = named.find((endpoint) => endpoint.startsWith(scheme)) ?? named[0];
    if (chosen === undefined)
        throw new GradmqError("CONNECT", `the coordinator at ${control} names no endpoint for ${socket}`);
    return resolveEndpoint(chosen, control);
}
