package org.gradmq;

/** What became of a gradient. Each gets exactly one. */
public enum Disposition {
    /** It took part in a step. */
    APPLIED(1),
    /** A rule left it out of a step. */
    EXCLUDED(2),
    /** Its step was not made, or it was a skip. */
    SKIPPED(3),
    /** Something about it was wrong; the code says what. */
    REFUSED(4),
    /** Dropped by clearGradients, a reset or a change of policy. */
    DISCARDED(5),
    /** It is settled, and the coordinator no longer tells how; or a later version tells more. */
    UNTOLD(0);

    private final int number;

    Disposition(int number) {
        this.number = number;
    }

    /**
     * The number in the protocol.
     *
     * @return 0 for {@link #UNTOLD}
     */
    public int number() {
        return number;
    }

    /**
     * The disposition with this number.
     *
     * @param number as it came over the wire
     * @return {@link #UNTOLD} where there is none
     */
    public static Disposition of(int number) {
        for (Disposition one : values()) {
            if (one.number == number) {
                return one;
            }
        }
        return UNTOLD;
    }
}
