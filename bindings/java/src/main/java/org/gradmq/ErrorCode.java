package org.gradmq;

/**
 * Every code there is. Numbers below 64 go over the wire and never change; those from 64 on arise
 * on this side of a socket only.
 */
public enum ErrorCode {
    /** The coordinator failed. */
    INTERNAL(1, "the coordinator failed; its log says why"),
    /** Out of memory. */
    MEMORY(2, "out of memory"),
    /** Too much at once. */
    BUSY(3, "too much at once; ask again shortly"),
    /** The message cannot be decoded. */
    MALFORMED(4, "the message cannot be decoded"),
    /** The message is not GradMQ's. */
    PREAMBLE(5, "the message is not GradMQ's, or belongs on another socket"),
    /** Another major version of the protocol. */
    VERSION(6, "another major version of the protocol"),
    /** Not known, or not in this combination. */
    UNSUPPORTED(7, "not known here, or not in this combination"),
    /** A request needs exactly one command. */
    COMMAND(8, "a request needs exactly one command that this coordinator knows"),
    /** A value is missing or out of range. */
    ARGUMENT(9, "a value is missing or out of range"),
    /** Not a valid name. */
    NAME(10, "not a valid name"),
    /** The coordinator owns another model. */
    MODEL(11, "this coordinator owns another model"),
    /** No model is loaded yet. */
    NO_MODEL(12, "no model is loaded yet"),
    /** Not possible in this state. */
    STATE(13, "not possible in this state"),
    /** The coordinator, or this client, is closing. */
    CLOSED(14, "the coordinator is closing"),
    /** Not the layout of the model. */
    LAYOUT(15, "not the layout of the model"),
    /** Not a possible shape. */
    SHAPE(16, "not a possible shape"),
    /** The payload has another length. */
    LENGTH(17, "the payload is not as long as it should be"),
    /** A frame ends inside an element. */
    ALIGNMENT(18, "a frame ends inside an element"),
    /** Too many frames. */
    FRAMES(19, "too many frames"),
    /** Larger than the limit. */
    TOO_LARGE(20, "larger than the limit"),
    /** A value is not finite. */
    NON_FINITE(21, "a value is not finite, or too large to compute with"),
    /** Made from parameters of another epoch. */
    EPOCH(22, "made from parameters of another epoch"),
    /** A base is needed. */
    BASE(23, "a base is needed here and none was given"),
    /** Made from parameters that are too old. */
    STALE(24, "made from parameters that are too old"),
    /** Its round is closed. */
    LATE(25, "its round is closed"),
    /** The worker is not a member. */
    NOT_JOINED(26, "the worker is not a member; join first"),
    /** A newer incarnation of this worker has joined. */
    FENCED(27, "a newer incarnation of this worker has joined"),
    /** Too far ahead of what was received. */
    WINDOW(28, "too far ahead of what was received"),
    /** Beyond the credit. */
    QUEUE_FULL(29, "beyond the credit; send again when there is credit"),
    /** The model is not at the epoch or version asked for. */
    CONDITION(30, "the model is not at the epoch or version asked for"),
    /** This request id was used for another request. */
    REQUEST_ID(31, "this request id was used for another request"),
    /** The role of this key does not allow it. */
    PERMISSION(32, "the role of this key does not allow it"),

    /** No answer in time. */
    TIMEOUT(64, "no answer in time"),
    /** The call was cancelled. */
    CANCELLED(65, "cancelled"),
    /** Nobody can be reached. */
    CONNECT(66, "cannot connect"),
    /** A file cannot be read. */
    IO(68, "cannot read or write"),
    /** A file is not of the expected format. */
    FORMAT(69, "not a file of the expected format"),
    /** A gradient was settled, but not applied. */
    DISPOSED(72, "the gradient was not applied"),

    /** A code of a later version of the protocol; the exception tells its number. */
    UNKNOWN(0, "a code that this version does not know");

    private final int number;
    private final String sentence;

    ErrorCode(int number, String sentence) {
        this.number = number;
        this.sentence = sentence;
    }

    /**
     * The number of the code, as in section 17 of the protocol.
     *
     * @return the number; 0 for {@link #UNKNOWN}
     */
    public int number() {
        return number;
    }

    /**
     * What the code means, in a few words.
     *
     * @return a sentence for people
     */
    public String sentence() {
        return sentence;
    }

    /**
     * The code with this number.
     *
     * @param number as it came over the wire
     * @return the code, or {@link #UNKNOWN}
     */
    public static ErrorCode of(int number) {
        for (ErrorCode code : values()) {
            if (code.number == number) {
                return code;
            }
        }
        return UNKNOWN;
    }
}
