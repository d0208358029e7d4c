package org.gradmq;

import java.util.Locale;

/** Types of elements. */
public enum DType {
    /** IEEE 754 binary32, a master type. */
    F32(1, 4),
    /** IEEE 754 binary64, a master type. */
    F64(2, 8),
    /** IEEE 754 binary16. */
    F16(3, 2),
    /** The upper half of binary32. */
    BF16(4, 2);

    private final int code;
    private final int bytes;

    DType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /**
     * The number in the protocol.
     *
     * @return 1 to 4
     */
    public int code() {
        return code;
    }

    /**
     * Length of an element.
     *
     * @return bytes
     */
    public int bytes() {
        return bytes;
    }

    /**
     * The stream that carries whole models in this type.
     *
     * @return such as "f32"
     */
    public String stream() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The type with this number.
     *
     * @param code as it came over the wire
     * @return null where there is none
     */
    public static DType of(int code) {
        for (DType dtype : values()) {
            if (dtype.code == code) {
                return dtype;
            }
        }
        return null;
    }
}
