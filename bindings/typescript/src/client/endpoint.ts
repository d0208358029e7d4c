import { GradmqError } from "../errors.js";

const WILDCARDS = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"];

/** Put the host by which control was reached in place of a wildcard; undefined where it has none (rule K-2). */
function resolveEndpoint(named: string, control: string): string | undefined {
    const wildcard = WILDCARDS.find((prefix) => named.startsWith(prefix));
    if (!wildcard) return named;
    const colon = control.lastIndexOf(":");
    if (!control.startsWith("tcp://") || colon < "tcp://".length) return undefined;
    return `${control.slice(0, colon)}:${named.slice(wildcard.length)}`;
}

/**
 * Of those endpoints that can be reached the first of the transport by which control was reached, else the first.
 * `socket` says what they are of.
 */
export function chooseEndpoint(named: readonly string[], control: string, socket: string): string {
    const scheme = control.slice(0, control.indexOf("://") + 3);
    const reached = named.filter((endpoint) => resolveEndpoint(endpoint, control) !== undefined);
    const chosen = reached.find((endpoint) => endpoint.startsWith(scheme)) ?? reached[0];
    const resolved = chosen && resolveEndpoint(chosen, control);
    if (resolved) return resolved;
    if (named.length === 0)
        throw new GradmqError("CONNECT", `the coordinator at ${control} names no endpoint for ${socket}`);
    throw new GradmqError(
        "ARGUMENT",
        `the coordinator names ${named[0]} for ${socket}, and the control endpoint ${control} has no host to put in ` +
            "place of the wildcard: connect over tcp",
    );
}
