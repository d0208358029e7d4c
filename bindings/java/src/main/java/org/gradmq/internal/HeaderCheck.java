package org.gradmq.internal;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Looks at the octets of a protobuf message before the runtime does, which takes more than the
 * protocol allows (W-6): fields of another wire type, groups, text that is not UTF-8.
 */
public final class HeaderCheck {
    /** Told of each field, in the order in which they come. */
    public interface Visitor {
        void field(Descriptor message, int number, boolean known);
    }

    private static final Visitor NOBODY = (message, number, known) -> {};

    private final byte[] bytes;
    private final Visitor visitor;
    private int at;

    private HeaderCheck(byte[] bytes, int from, Visitor visitor) {
        this.bytes = bytes;
        this.at = from;
        this.visitor = visitor;
    }

    /** Check what stands behind `from`; MALFORMED. */
    public static void check(byte[] bytes, int from, Descriptor descriptor) {
        check(bytes, from, descriptor, NOBODY);
    }

    public static void check(byte[] bytes, int from, Descriptor descriptor, Visitor visitor) {
        new HeaderCheck(bytes, from, visitor).message(descriptor, bytes.length);
    }

    private static GradmqException malformed(String text) {
        return GradmqException.of(ErrorCode.MALFORMED, text);
    }

    private void message(Descriptor descriptor, int end) {
        while (at < end) {
            long tag = varint(end);
            long number = tag >>> 3;
            if (number < 1 || number > 0x1fffffff) {
                throw malformed("the header has a field with the number " + number);
            }
            FieldDescriptor field = descriptor.findFieldByNumber((int) number);
            visitor.field(descriptor, (int) number, field != null);
            int type = (int) tag & 7;
            if (field == null) {
                skip(type, end);
            } else {
                known(field, type, end);
            }
        }
    }

    private void known(FieldDescriptor field, int type, int end) {
        boolean packed = field.isPackable() && type == WireFormat.WIRETYPE_LENGTH_DELIMITED;
        int wanted = field.getLiteType().getWireType();
        if (type != wanted && !packed) {
            throw malformed("field " + field.getName() + " of the header has wire type " + type);
        }
        if (type != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            skip(type, end);
            return;
        }
        int stop = length(end);
        if (packed) {
            while (at < stop) {
                skip(wanted, stop);
            }
        } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            message(field.getMessageType(), stop);
        } else if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
            text(field, stop);
        }
        at = stop;
    }

    private void text(FieldDescriptor field, int stop) {
        for (int i = at; i < stop; i++) {
            if (bytes[i] == 0) {
                throw malformed("the text " + field.getName() + " of the header has an octet 0");
            }
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, stop - at));
        } catch (CharacterCodingException e) {
            throw malformed("the text " + field.getName() + " of the header is not UTF-8");
        }
    }

    private void skip(int type, int end) {
        switch (type) {
            case WireFormat.WIRETYPE_VARINT -> varint(end);
            case WireFormat.WIRETYPE_FIXED64 -> advance(8, end);
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> at = length(end);
            case WireFormat.WIRETYPE_FIXED32 -> advance(4, end);
            default -> throw malformed("the header has a field of wire type " + type);
        }
    }

    private void advance(int count, int end) {
        if (end - at < count) {
            throw malformed("the header ends inside a field");
        }
        at += count;
    }

    private int length(int end) {
        long length = varint(end);
        if (length < 0 || length > end - at) {
            throw malformed("a field of the header is longer than what it stands in");
        }
        return at + (int) length;
    }

    private long varint(int end) {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            advance(1, end);
            byte octet = bytes[at - 1];
            value |= (long) (octet & 0x7f) << shift;
            if (octet >= 0) {
                return value;
            }
        }
        throw malformed("a number of the header has more than ten octets");
    }
}
