package org.gradmq;

/** CLOSED or FENCED: the coordinator, or this client, has come to its end. */
public final class GradmqClosedException extends GradmqException {
    private static final long serialVersionUID = 1L;

    /**
     * An error of this code.
     *
     * @param code CLOSED or FENCED
     * @param message a sentence for people
     */
    public GradmqClosedException(ErrorCode code, String message) {
        super(code, message);
    }
}
