package org.gradmq;

/**
 * Is told why calls wait. It is called on the client's own thread: it has to come back soon, and
 * must not wait for the client.
 */
@FunctionalInterface
public interface WaitListener {
    /** Tells nobody. */
    WaitListener NONE = why -> {};

    /**
     * A call waits for longer than a few milliseconds. Told again each second, and when the state
     * changes.
     *
     * @param why one sentence, such as "waiting for credit: 64 of 64 gradients are not settled; the
     *     coordinator is STOPPED"
     */
    void waiting(String why);

    /** No call waits any more. */
    default void resumed() {}
}
