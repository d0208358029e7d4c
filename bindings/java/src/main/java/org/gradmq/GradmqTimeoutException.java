package org.gradmq;

/** TIMEOUT or CONNECT: it did not come about in time. The sentence says what was waited for. */
public final class GradmqTimeoutException extends GradmqException {
    private static final long serialVersionUID = 1L;

    /**
     * An error of this code.
     *
     * @param code TIMEOUT or CONNECT
     * @param message a sentence for people
     */
    public GradmqTimeoutException(ErrorCode code, String message) {
        super(code, message);
    }
}
