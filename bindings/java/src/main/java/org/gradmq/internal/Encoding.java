package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.TensorSpec;

/** Encodings of a part and how long they make it: PROTOCOL.md, section 5. */
public enum Encoding {
    DENSE(1),
    ROWS(2),
    TOP_K(3),
    INT8(4),
    LOW_RANK(5);

    /** Elements that share a scale. */
    public static final int BLOCK = 256;

    /** Length of an index or a scale. */
    public static final int HEAD_UNIT = 4;

    private static final long U32_MAX = 0xffffffffL;

    private final int code;

    Encoding(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Null where there is none of this number. */
    public static Encoding of(int code) {
        return code >= 1 && code <= values().length ? values()[code - 1] : null;
    }

    private static GradmqException refuse(ErrorCode code, TensorSpec tensor, String text) {
        return GradmqException.of(code, "tensor " + tensor.name() + ": " + text);
    }

    /** Octets of a part; ARGUMENT, UNSUPPORTED, LENGTH (L-6, L-9). */
    public long bytes(TensorSpec tensor, DType dtype, long count) {
        try {
            return switch (this) {
                case DENSE -> {
                    needNoCount(tensor, count);
                    yield Math.multiplyExact(tensor.elements(), dtype.bytes());
                }
                case INT8 -> {
                    needNoCount(tensor, count);
                    if (dtype != DType.F32) {
                        throw refuse(
                                ErrorCode.UNSUPPORTED,
                                tensor,
                                "INT8 has scales of F32, not " + dtype);
                    }
                    yield headBytes(tensor, count) + tensor.elements();
                }
                case ROWS -> {
                    needCount(tensor, count, tensor.rows(), "rows");
                    yield Math.multiplyExact(
                            count, HEAD_UNIT + Math.multiplyExact(tensor.row(), dtype.bytes()));
                }
                case TOP_K -> {
                    needCount(tensor, count, tensor.elements(), "elements");
                    yield Math.multiplyExact(count, HEAD_UNIT + dtype.bytes());
                }
                case LOW_RANK -> lowRank(tensor, dtype, count);
            };
        } catch (ArithmeticException e) {
            throw refuse(ErrorCode.LENGTH, tensor, "the part is beyond 63 bits");
        }
    }

    private static long lowRank(TensorSpec tensor, DType dtype, long count) {
        if (tensor.rank() < 2) {
            throw refuse(ErrorCode.UNSUPPORTED, tensor, "LOW_RANK needs at least two dimensions");
        }
        long most = Math.min(tensor.rows(), tensor.row());
        if (count < 1 || count > most) {
            throw refuse(
                    ErrorCode.ARGUMENT, tensor, "a rank of " + count + "; it can be 1 to " + most);
        }
        long factors = Math.multiplyExact(count, Math.addExact(tensor.rows(), tensor.row()));
        return Math.multiplyExact(factors, dtype.bytes());
    }

    private void needNoCount(TensorSpec tensor, long count) {
        if (count != 0) {
            throw refuse(ErrorCode.ARGUMENT, tensor, this + " has no count");
        }
    }

    private void needCount(TensorSpec tensor, long count, long most, String what) {
        if (most > U32_MAX) {
            throw refuse(ErrorCode.UNSUPPORTED, tensor, "it has too many " + what + " for " + this);
        }
        if (count < 1 || count > most) {
            throw refuse(
                    ErrorCode.ARGUMENT,
                    tensor,
                    count + " " + what + " are told; there can be 1 to " + most);
        }
    }

    /** Octets in front of the elements: indices or scales. */
    public long headBytes(TensorSpec tensor, long count) {
        return switch (this) {
            case ROWS, TOP_K -> count * HEAD_UNIT;
            case INT8 -> (tensor.elements() + BLOCK - 1) / BLOCK * HEAD_UNIT;
            case DENSE, LOW_RANK -> 0;
        };
    }

    /** Octets of one element of the part. */
    public int elementBytes(DType dtype) {
        return this == INT8 ? 1 : dtype.bytes();
    }
}
