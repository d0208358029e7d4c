package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.util.LinkedHashMap;
import java.util.Map;

/** ZeroMQ's property language (RFC 4), as certificates are written in. */
final class Zpl {
    private static final int INDENT = 4;
    private static final int LEVELS = 4;

    private final String file;
    private final String[] path = new String[LEVELS];
    private final Map<String, String> found = new LinkedHashMap<>();
    private int deepest;
    private int line;

    private Zpl(String file) {
        this.file = file;
    }

    /** Values by their path, such as "curve/public-key"; FORMAT. */
    static Map<String, String> read(String file, String text) {
        Zpl zpl = new Zpl(file);
        for (String line : text.split("\n", -1)) {
            zpl.line++;
            zpl.take(line.stripTrailing());
        }
        return zpl.found;
    }

    private GradmqException wrong(String what) {
        return GradmqException.of(ErrorCode.FORMAT, file + ":" + line + ": " + what);
    }

    private void take(String text) {
        String item = text.stripLeading();
        if (item.isEmpty() || item.startsWith("#")) {
            return;
        }
        int indent = text.length() - item.length();
        int level = indent / INDENT;
        if (indent % INDENT != 0 || level > deepest || level >= LEVELS) {
            throw wrong("indent by four spaces a level");
        }
        int end = 0;
        while (end < item.length() && nameCharacter(item.charAt(end))) {
            end++;
        }
        if (end == 0) {
            throw wrong("expected a name, a comment or nothing");
        }
        path[level] = item.substring(0, end);
        deepest = level + 1;
        String rest = item.substring(end).stripLeading();
        if (rest.startsWith("=")) {
            String name = String.join("/", java.util.Arrays.copyOf(path, level + 1));
            found.put(name, value(rest.substring(1).stripLeading()));
        } else if (!rest.isEmpty() && !rest.startsWith("#")) {
            throw wrong("expected = and a value behind the name");
        }
    }

    private static boolean nameCharacter(char c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || "$-_@.&+".indexOf(c) >= 0);
    }

    private String value(String text) {
        if (text.startsWith("\"") || text.startsWith("'")) {
            int close = text.indexOf(text.charAt(0), 1);
            String rest = close < 0 ? "" : text.substring(close + 1).stripLeading();
            if (close < 0 || !rest.isEmpty() && !rest.startsWith("#")) {
                throw wrong("a quote is not closed, or there is more behind it");
            }
            return text.substring(1, close);
        }
        int comment = text.indexOf('#');
        return comment < 0 ? text : text.substring(0, comment).stripTrailing();
    }
}
