package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.util.List;
import java.util.regex.Pattern;

/** Endpoints that Describe names (K-2). */
final class Endpoints {
    private static final String TCP = "tcp://";
    private static final Pattern REACHABLE = Pattern.compile("tcp://.+:[0-9]+");
    private static final String[] WILDCARDS = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};

    private Endpoints() {}

    /** Refuse what JeroMQ cannot reach. */
    static void checkReachable(String endpoint) {
        if (!REACHABLE.matcher(endpoint).matches()) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT,
                    "the endpoint "
                            + endpoint
                            + " is not tcp://HOST:PORT, the only transport of JeroMQ that other"
                            + " ZeroMQ libraries understand");
        }
    }

    /** The one to connect to, with the host of control in place of a wildcard. */
    static String choose(List<String> named, String control, String socket) {
        for (String endpoint : named) {
            if (endpoint.startsWith(TCP)) {
                return resolve(endpoint, control);
            }
        }
        throw GradmqException.of(
                ErrorCode.CONNECT,
                "the coordinator at "
                        + control
                        + " names no tcp endpoint for "
                        + socket
                        + " but "
                        + named
                        + ": give it one with sockets/"
                        + socket);
    }

    static String resolve(String endpoint, String control) {
        for (String wildcard : WILDCARDS) {
            if (endpoint.startsWith(wildcard)) {
                String host = control.substring(TCP.length(), control.lastIndexOf(':'));
                return TCP + host + ":" + endpoint.substring(wildcard.length());
            }
        }
        return endpoint;
    }
}
