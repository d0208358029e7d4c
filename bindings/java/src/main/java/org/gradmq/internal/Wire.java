package org.gradmq.internal;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.v1.Event;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.gradmq.v1.Update;

import java.io.IOException;
import java.util.List;

/** Header frames: a preamble and a protobuf message. PROTOCOL.md, section 2. */
public final class Wire {
    /** Kinds of messages, as the preamble tells them. */
    public enum Kind {
        GRADIENT(1, Gradient.getDescriptor()),
        UPDATE(2, Update.getDescriptor()),
        EVENT(3, Event.getDescriptor()),
        REQUEST(4, Request.getDescriptor()),
        REPLY(5, Reply.getDescriptor());

        final int octet;
        final Descriptor descriptor;

        Kind(int octet, Descriptor descriptor) {
            this.octet = octet;
            this.descriptor = descriptor;
        }

        public Descriptor descriptor() {
            return descriptor;
        }
    }

    public static final int PREAMBLE_BYTES = 8;
    private static final byte[] MAGIC = {0x47, 0x4d, 0x51, (byte) 0xf1};
    private static final int MAJOR = 1;

    private Wire() {}

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    /** A header frame. */
    public static byte[] encode(Kind kind, Message message) {
        int size = message.getSerializedSize();
        if (PREAMBLE_BYTES + size > Limits.HEADER_BYTES) {
            throw refuse(
                    ErrorCode.TOO_LARGE,
                    "a header of "
                            + (PREAMBLE_BYTES + size)
                            + " bytes; "
                            + Limits.HEADER_BYTES
                            + " can go");
        }
        byte[] frame = new byte[PREAMBLE_BYTES + size];
        System.arraycopy(MAGIC, 0, frame, 0, MAGIC.length);
        frame[4] = MAJOR;
        frame[5] = (byte) kind.octet;
        try {
            CodedOutputStream to = CodedOutputStream.newInstance(frame, PREAMBLE_BYTES, size);
            message.writeTo(to);
            to.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("an array does not fail", e);
        }
        return frame;
    }

    /** W-1 to W-6, as far as the preamble goes. */
    public static void checkPreamble(byte[] frame, Kind kind) {
        if (frame.length < PREAMBLE_BYTES) {
            throw refuse(
                    ErrorCode.MALFORMED, "a header of " + frame.length + " bytes has no preamble");
        }
        for (int i = 0; i < MAGIC.length; i++) {
            if (frame[i] != MAGIC[i]) {
                throw refuse(ErrorCode.PREAMBLE, "the message is not GradMQ's: wrong magic");
            }
        }
        if (frame[4] != MAJOR) {
            throw refuse(
                    ErrorCode.VERSION,
                    "the message is of version "
                            + (frame[4] & 0xff)
                            + " of the protocol; this library speaks version "
                            + MAJOR);
        }
        if (frame[5] != kind.octet) {
            throw refuse(
                    ErrorCode.PREAMBLE,
                    "a message of kind " + (frame[5] & 0xff) + " does not belong here");
        }
        if (frame[6] != 0 || frame[7] != 0) {
            throw refuse(ErrorCode.UNSUPPORTED, "the message has flags that are not known here");
        }
        if (frame.length > Limits.HEADER_BYTES) {
            throw refuse(
                    ErrorCode.TOO_LARGE,
                    "a header of " + frame.length + " bytes is longer than the limit");
        }
    }

    /** Read a header; the runtime sees only what the protocol allows. */
    public static <T> T decode(Kind kind, byte[] frame, Parser<T> parser) {
        checkPreamble(frame, kind);
        HeaderCheck.check(frame, PREAMBLE_BYTES, kind.descriptor);
        return parse(frame, parser);
    }

    /** The message of a header that was checked. */
    public static <T> T parse(byte[] frame, Parser<T> parser) {
        try {
            return parser.parseFrom(frame, PREAMBLE_BYTES, frame.length - PREAMBLE_BYTES);
        } catch (InvalidProtocolBufferException e) {
            throw new GradmqException(
                    ErrorCode.MALFORMED, "the header is not a message of its kind", e);
        }
    }

    public static Update update(byte[] frame) {
        Update update = decode(Kind.UPDATE, frame, Update.parser());
        checkDtype(update.hasDtype(), update.getDtype());
        checkEncoding(update.hasEncoding(), update.getEncoding());
        return update;
    }

    public static Event event(byte[] frame) {
        return decode(Kind.EVENT, frame, Event.parser());
    }

    public static Reply reply(byte[] frame) {
        return decode(Kind.REPLY, frame, Reply.parser());
    }

    /** N-2: a dtype that is stated has to be known. */
    public static void checkDtype(boolean stated, int dtype) {
        if (stated && DType.of(dtype) == null) {
            throw refuse(
                    ErrorCode.UNSUPPORTED,
                    "dtype " + Integer.toUnsignedString(dtype) + " is not known here");
        }
    }

    /** N-2: an encoding that is stated has to be known. */
    public static void checkEncoding(boolean stated, int encoding) {
        if (stated && Encoding.of(encoding) == null) {
            throw refuse(
                    ErrorCode.UNSUPPORTED,
                    "encoding " + Integer.toUnsignedString(encoding) + " is not known here");
        }
    }

    /** W-8: a field that must be understood has to be known. */
    public static void checkUnderstood(Descriptor descriptor, List<Integer> fields) {
        for (int number : fields) {
            if (descriptor.findFieldByNumber(number) == null) {
                throw refuse(
                        ErrorCode.UNSUPPORTED,
                        "field "
                                + Integer.toUnsignedString(number)
                                + " of "
                                + descriptor.getName()
                                + " must be understood, and is not known here");
            }
        }
    }
}
