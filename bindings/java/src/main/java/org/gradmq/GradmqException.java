package org.gradmq;

/**
 * What went wrong: a code, its number, and a sentence that says what to do.
 *
 * <p>{@link GradmqTimeoutException} and {@link GradmqClosedException} are those that programs most
 * often tell apart; all else is told by {@link #code()}.
 */
public class GradmqException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What it is. */
    private final ErrorCode code;

    /** The code's number, also where this version does not know it. */
    private final int number;

    /**
     * An error of this code.
     *
     * @param code what it is
     * @param message a sentence for people
     */
    public GradmqException(ErrorCode code, String message) {
        this(code, code.number(), message, null);
    }

    /**
     * An error with its cause.
     *
     * @param code what it is
     * @param message a sentence for people
     * @param cause what led to it; may be null
     */
    public GradmqException(ErrorCode code, String message, Throwable cause) {
        this(code, code.number(), message, cause);
    }

    private GradmqException(ErrorCode code, int number, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.number = number;
    }

    /**
     * The error for a code, in the class that belongs to it.
     *
     * @param number of the code, perhaps one of a later version
     * @param message a sentence for people; empty: the code's own
     * @return an exception to throw
     */
    public static GradmqException of(int number, String message) {
        ErrorCode code = ErrorCode.of(number);
        String text = message == null || message.isEmpty() ? code.sentence() : message;
        return switch (code) {
            case TIMEOUT, CONNECT -> new GradmqTimeoutException(code, text);
            case CLOSED, FENCED -> new GradmqClosedException(code, text);
            default -> new GradmqException(code, number, text, null);
        };
    }

    /**
     * The error for a code, in the class that belongs to it.
     *
     * @param code what it is
     * @param message a sentence for people
     * @return an exception to throw
     */
    public static GradmqException of(ErrorCode code, String message) {
        return of(code.number(), message);
    }

    /**
     * What it is.
     *
     * @return the code; {@link ErrorCode#UNKNOWN} for one of a later version
     */
    public ErrorCode code() {
        return code;
    }

    /**
     * The code's number.
     *
     * @return as in section 17 of the protocol, also where this version does not know it
     */
    public int number() {
        return number;
    }

    @Override
    public String toString() {
        return getClass().getName() + ": " + code.name() + " (" + number + "): " + getMessage();
    }
}
