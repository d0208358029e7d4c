package org.gradmq.internal;

import org.gradmq.ConnectOptions;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Options, checked, with what was not given filled in. */
public final class Session {
    private static final int HOST_CHARACTERS = 40;

    final String control;
    final String name;
    final long requestMs;
    final int lingerMs;
    final int window;
    final ConnectOptions options;
    final Certificate own;
    final String serverKey;
    volatile String model;

    /** ARGUMENT, NAME; of keys IO, FORMAT, PERMISSION. */
    public Session(ConnectOptions options) {
        this.options = options;
        control = options.control();
        Endpoints.checkReachable(control);
        checkName("model", options.model());
        checkName("name", options.name());
        checkName("stream", options.stream());
        model = options.model();
        name = options.name() == null ? makeName() : options.name();
        requestMs = positive("requestTimeout", options.requestTimeout());
        lingerMs = (int) Math.min(positive("linger", options.linger()), Integer.MAX_VALUE);
        positive("timeout", options.timeout());
        window = options.window();
        if (window < 0) {
            throw GradmqException.of(ErrorCode.ARGUMENT, "window is " + window + ", below 0");
        }
        if (options.secret() == null != (options.serverKey() == null)) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT,
                    "CURVE needs both, this client's own certificate (`gradmq keygen NAME`) and the"
                            + " coordinator's public one");
        }
        own = options.secret() == null ? null : Certificate.loadSecret(options.secret());
        serverKey = own == null ? null : Certificate.serverKey(options.serverKey());
    }

    private static long positive(String what, Duration duration) {
        long ms = millis(duration);
        if (ms < 1) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT, what + " is " + duration + "; it has to be above zero");
        }
        return ms;
    }

    /** Rounded up; as long as a long can be where it is longer. */
    public static long millis(Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            return 0;
        }
        try {
            return Math.max(1, duration.plusNanos(999_999).toMillis());
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE / 4;
        }
    }

    private static void checkName(String what, String name) {
        if (name != null && !Names.valid(name)) {
            throw GradmqException.of(
                    ErrorCode.NAME,
                    what
                            + " \""
                            + name
                            + "\" is not a name: 1 to 64 ASCII letters, digits, \"_\", \"-\" and"
                            + " \".\", not beginning with \"-\" or \".\"");
        }
    }

    private static String makeName() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "client";
        }
        String plain = host.replaceAll("[^A-Za-z0-9.-]", "_").replaceAll("^[.-]", "_");
        String start = plain.substring(0, Math.min(plain.length(), HOST_CHARACTERS));
        return String.format("%s-%08x", start, ThreadLocalRandom.current().nextInt());
    }

    /** The name of the worker or client. */
    public String name() {
        return name;
    }

    /** The model's name; null until it is known. */
    public String model() {
        return model;
    }

    /** Longest wait of a call that is given none. */
    public Duration timeout() {
        return options.timeout();
    }

    /** Are parameters views of one piece of memory? */
    public boolean reusesParameters() {
        return options.reusesParameters();
    }

    void close() {
        if (own != null) {
            own.wipe();
        }
    }
}
