package org.gradmq.internal;

import java.nio.charset.StandardCharsets;

/** What can be a name: PROTOCOL.md, section 4. */
public final class Names {
    private Names() {}

    /** Of models, workers, streams and clients. */
    public static boolean valid(String name) {
        if (name == null || name.isEmpty() || name.length() > Limits.NAME_BYTES) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter =
                    c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z'
                            || c >= '0' && c <= '9'
                            || c == '_';
            if (!letter && (i == 0 || c != '-' && c != '.')) {
                return false;
            }
        }
        return true;
    }

    /** Of tensors. */
    public static boolean tensorValid(String name) {
        return printable(name, Limits.TENSOR_NAME_BYTES) && !name.equals("__metadata__");
    }

    /** Of metrics. */
    public static boolean metricValid(String name) {
        return printable(name, Limits.NAME_BYTES);
    }

    private static boolean printable(String name, int most) {
        if (name == null || name.isEmpty() || name.length() > most) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < 0x20 || c == 0x7f) {
                return false;
            }
            if (Character.isHighSurrogate(c)
                    && i + 1 < name.length()
                    && Character.isLowSurrogate(name.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return name.getBytes(StandardCharsets.UTF_8).length <= most;
    }
}
