package org.gradmq.internal;

/**
 * Which round of policy bsp a worker takes part in, and whether that round ended without a version:
 * then a newer one is not worth waiting for (O-7).
 */
final class Rounds {
    private long epoch;
    private long version;
    private long round;
    private long baseEpoch;
    private long baseVersion;
    private long taken;
    private boolean over;

    private boolean atBase(long e, long v) {
        return e == baseEpoch && v == baseVersion;
    }

    /** A heartbeat, or the answer to Join, told which round is open at this position; 0: none. */
    void hear(long e, long v, long open) {
        if (open == 0) {
            return;
        }
        epoch = e;
        version = v;
        round = open;
        if (!atBase(e, v)) {
            return;
        }
        if (taken != 0 && open > taken) {
            over = true;
        } else {
            taken = open;
        }
    }

    //  Between two versions of an epoch as many rounds pass as versions, and those that were
    //  told of.
    private long at(long e, long v) {
        return round == 0 || e != epoch || v < version ? 0 : round + (v - version);
    }

    /** A notice told that a step was not made, or was dropped, at this position. */
    void passed(long e, long v) {
        long open = at(e, v);
        if (open != 0) {
            hear(e, v, open + 1);
        }
        if (atBase(e, v)) {
            over = true;
        }
    }

    /** The worker takes this as its base, or sends a gradient made from it. */
    void take(long e, long v) {
        baseEpoch = e;
        baseVersion = v;
        over = false;
        taken = at(e, v);
    }

    /** Another process answers; its rounds begin anew. */
    void forget() {
        epoch = 0;
        version = 0;
        round = 0;
        taken = 0;
    }

    boolean over() {
        return over;
    }

    /** The round that a gradient from the base takes part in; 0: not known. */
    long open() {
        return taken != 0 ? taken : round;
    }
}
