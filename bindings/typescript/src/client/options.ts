/** How to reach a coordinator. */
export interface ConnectOptions {
    /** Control endpoint, such as `"tcp://127.0.0.1:5570"`. The coordinator names its other endpoints. */
    control: string;
    /** The model's name; by default the one that is there. */
    model?: string | undefined;
    /** This worker's or client's name; by default host name and a random number. */
    name?: string | undefined;
    /** File of the own certificate, with its secret key, as `gradmq keygen` makes it; with `serverKey`. */
    secret?: string | undefined;
    /** File of the coordinator's public certificate, or that key as 40 characters of Z85; with `secret`. */
    serverKey?: string | undefined;
    /** Longest wait of a call that says nothing else, in milliseconds; 30,000 by default. */
    timeoutMs?: number | undefined;
    /** Longest wait for one reply before it is asked for again, in milliseconds; 5,000 by default. */
    requestMs?: number | undefined;
    /** How long sockets outlive their close to send what they have, in milliseconds; 2,000 by default. */
    lingerMs?: number | undefined;
    /** Cancels the opening. */
    signal?: AbortSignal | undefined;
    /**
     * Told whenever a call begins to wait for longer than a moment: one sentence, such as "waiting for
     * credit: 64 of 64 gradients are not settled; the coordinator is STOPPED". Told again each second while
     * it changes, and `null` when the wait is over.
     */
    onWait?: ((text: string | null) => void) | undefined;
}
