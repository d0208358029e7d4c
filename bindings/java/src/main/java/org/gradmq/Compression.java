package org.gradmq;

/**
 * How whole gradients are compressed. What a gradient loses by it stays in the worker, a residual
 * of the model's size, and goes with the next ones; so does what was SKIPPED, DISCARDED or REFUSED
 * (but with NON_FINITE). A tensor that would not become shorter goes as it is.
 */
public final class Compression {
    /** The ways to compress. */
    public enum Method {
        /** Octets, with a scale for 256 of them: about a quarter of F32. */
        INT8,
        /** Of each tensor the elements of the greatest magnitude. */
        TOP_K,
        /** Of each matrix two thin factors (PowerSGD); other tensors go whole. */
        LOW_RANK
    }

    private static final double DEFAULT_FRACTION = 0.01;
    private static final int DEFAULT_RANK = 4;

    private final Method method;
    private final double fraction;
    private final int rank;
    private final boolean feedback;

    private Compression(Method method, double fraction, int rank, boolean feedback) {
        if (!(fraction > 0 && fraction <= 1)) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT,
                    "fraction " + fraction + " of the elements; it is above 0 and at most 1");
        }
        if (rank < 1) {
            throw GradmqException.of(ErrorCode.ARGUMENT, "rank " + rank + " is below 1");
        }
        this.method = method;
        this.fraction = fraction;
        this.rank = rank;
        this.feedback = feedback;
    }

    /**
     * Octets with scales.
     *
     * @return a compression
     */
    public static Compression int8() {
        return new Compression(Method.INT8, DEFAULT_FRACTION, DEFAULT_RANK, true);
    }

    /**
     * The greatest elements of each tensor.
     *
     * @param fraction of the elements, above 0 and at most 1
     * @return a compression
     * @throws GradmqException ARGUMENT
     */
    public static Compression topK(double fraction) {
        return new Compression(Method.TOP_K, fraction, DEFAULT_RANK, true);
    }

    /**
     * Two factors for each matrix.
     *
     * @param rank columns of the factors, above 0
     * @return a compression
     * @throws GradmqException ARGUMENT
     */
    public static Compression lowRank(int rank) {
        return new Compression(Method.LOW_RANK, DEFAULT_FRACTION, rank, true);
    }

    /**
     * Forget what is left out. Training then ends beside the optimum.
     *
     * @return a changed compression
     */
    public Compression withoutFeedback() {
        return new Compression(method, fraction, rank, false);
    }

    /**
     * The way to compress.
     *
     * @return INT8, TOP_K or LOW_RANK
     */
    public Method method() {
        return method;
    }

    /**
     * Of TOP_K: the share of the elements.
     *
     * @return above 0 and at most 1
     */
    public double fraction() {
        return fraction;
    }

    /**
     * Of LOW_RANK: columns of the factors.
     *
     * @return above 0
     */
    public int rank() {
        return rank;
    }

    /**
     * Does what is left out go with later gradients?
     *
     * @return true by default
     */
    public boolean feedback() {
        return feedback;
    }
}
