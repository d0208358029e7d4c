package org.gradmq;

/** What a push is. Which of them are taken depends on the policy in force. */
public enum Kind {
    /** A gradient: async, bsp, ssp. */
    GRADIENT(1),
    /** Parameters after training here, less those that it began from: merge. */
    DELTA(2),
    /** The parameters themselves: merge. */
    MODEL_PARAMETERS(3);

    private final int number;

    Kind(int number) {
        this.number = number;
    }

    /**
     * The number in the protocol.
     *
     * @return 1 to 3
     */
    public int number() {
        return number;
    }
}
