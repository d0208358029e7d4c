package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Requests on the control socket, asked again until there is an answer, with the same request id:
 * PROTOCOL.md, sections 15 and 18.
 *
 * <p>The socket is a DEALER that speaks as REQ does: an empty frame stands in front of each
 * request. So several requests can be under way at a time.
 */
final class Asker {
    /** What is done with an answer, on the thread of the loop. */
    interface Handler {
        /**
         * The answer is there, or there will be none.
         *
         * @param reply null where none came
         * @param payload frames behind the reply's header
         * @param error null: the request was done
         */
        void done(Reply reply, List<byte[]> payload, GradmqException error);
    }

    static final long LOOK_MS = 50;
    private static final long RETRY_MS = 100;
    private static final long BACKOFF_MOST_MS = 10_000;
    private static final byte[] DELIMITER = {};
    private static final Set<String> SMALL =
            Set.of("Describe", "Sync", "Join", "Leave", "Acknowledgement", "GetModelParameters");

    private final class Ask {
        final String command;
        final byte[] header;
        final List<ByteBuffer> payload;
        final long deadline;
        final long begun = Loop.now();
        final Handler handler;
        boolean sent;
        long againAt;
        int tries;

        /** The newest refusal that passes; null: there was none. */
        GradmqException refused;

        Ask(String command, byte[] header, List<ByteBuffer> payload, long deadline, Handler h) {
            this.command = command;
            this.header = header;
            this.payload = payload;
            this.deadline = deadline;
            this.handler = h;
        }
    }

    private final Loop loop;
    private final Session session;
    private final Map<Long, Ask> asks = new LinkedHashMap<>();
    private long nextId = ThreadLocalRandom.current().nextLong() >>> 1 | 1;
    private ZMQ.Socket socket;
    private Link link;
    private int downs;
    private boolean answered;

    Asker(Loop loop) {
        this.loop = loop;
        this.session = loop.session;
    }

    void open() {
        socket = loop.open(SocketType.DEALER);
        link = Link.of(socket, loop::wake);
        Sockets.connect(socket, session.control);
    }

    void close(GradmqException why) {
        List<Ask> left = new ArrayList<>(asks.values());
        asks.clear();
        left.forEach(ask -> ask.handler.done(null, List.of(), why));
        if (socket != null) {
            socket.close();
        }
    }

    /** A refusal that is over in a moment: what a worker needs takes little memory. */
    private static boolean isPassing(String command, int code) {
        return code == ErrorCode.BUSY.number()
                || (code == ErrorCode.MEMORY.number() && SMALL.contains(command));
    }

    /** Begin to ask. `request` has its body; who asks, its number and the model are filled in. */
    long ask(Request.Builder request, List<ByteBuffer> payload, long deadline, Handler handler) {
        long id = nextId++;
        request.setClient(session.name).setRequestId(id);
        if (!request.hasModel() && session.model != null) {
            request.setModel(session.model);
        }
        String command = commandName(request);
        try {
            byte[] header = Wire.encode(Wire.Kind.REQUEST, request.build());
            asks.put(id, new Ask(command, header, payload, deadline, handler));
            loop.wake();
        } catch (GradmqException e) {
            handler.done(null, List.of(), e);
        }
        return id;
    }

    /** Is there a question without an answer? */
    boolean asking() {
        return !asks.isEmpty();
    }

    /** Stop asking; nobody is told. */
    void forget(long id) {
        asks.remove(id);
    }

    /**
     * Stop asking everything; nobody is told. What was sent already comes before what is asked
     * next.
     */
    void forgetAll() {
        asks.clear();
    }

    //  join -> Join, set_parameters -> SetParameters
    private static String commandName(Request.Builder request) {
        StringBuilder name = new StringBuilder();
        for (String word : request.getBodyCase().name().split("_")) {
            name.append(word.charAt(0))
                    .append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return name.toString();
    }

    /** Read answers, ask again what is due. Answers when to come again. */
    long step(long now) {
        for (List<byte[]> m = Sockets.receive(socket); m != null; m = Sockets.receive(socket)) {
            read(m, now);
        }
        if (downs != link.downs()) {
            //  Whoever comes next has not seen what was sent before.
            downs = link.downs();
            asks.values().forEach(ask -> ask.againAt = ask.sent ? 0 : ask.againAt);
        }
        long next = Loop.NEVER;
        for (Ask ask : new ArrayList<>(asks.values())) {
            next = Math.min(next, stepOne(ask, now));
        }
        return next;
    }

    private long stepOne(Ask ask, long now) {
        if (now >= ask.deadline) {
            //  What was answered last says more than that the time is over.
            fail(ask, ask.refused != null ? ask.refused : timeout(ask));
            return now;
        }
        if (now >= ask.againAt) {
            send(ask, now);
        }
        return Math.min(ask.deadline, ask.againAt);
    }

    private void send(Ask ask, long now) {
        ask.sent = false;
        ask.againAt = now + LOOK_MS;
        if (!Sockets.writable(socket) || !socket.send(DELIMITER, ZMQ.DONTWAIT | ZMQ.SNDMORE)) {
            return;
        }
        if (Sockets.send(socket, ask.header, ask.payload) == Sockets.Sent.WHOLE) {
            ask.sent = true;
            ask.againAt = now + session.requestMs + backoff(ask.tries);
            ask.tries++;
        }
    }

    private static long backoff(int tries) {
        long wait = Math.min(RETRY_MS << Math.min(tries, 8), BACKOFF_MOST_MS);
        return wait + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
    }

    private void read(List<byte[]> message, long now) {
        //  The delimiter, the header, the payload.
        if (message.size() < 2 || message.get(0).length != 0) {
            return;
        }
        Reply reply;
        try {
            reply = Wire.reply(message.get(1));
        } catch (GradmqException e) {
            unreadable(e);
            return;
        }
        Ask ask = answeredBy(reply);
        if (ask == null) {
            return;
        }
        answered = true;
        if (reply.hasPosition()) {
            loop.position(reply.getPosition());
        }
        GradmqException error =
                reply.getCode() == 0
                        ? null
                        : GradmqException.of(reply.getCode(), reply.getMessage());
        long again = now + backoff(ask.tries);
        if (isPassing(ask.command, reply.getCode()) && again < ask.deadline) {
            ask.refused = error;
            ask.sent = false;
            ask.againAt = again;
            return;
        }
        asks.values().remove(ask);
        ask.handler.done(reply, message.subList(2, message.size()), error);
    }

    //  0 answers what could not be decoded. Answers come in the order of the questions.
    private Ask answeredBy(Reply reply) {
        if (reply.getRequestId() != 0 || reply.getCode() == 0) {
            return asks.get(reply.getRequestId());
        }
        return asks.values().stream().filter(ask -> ask.sent).findFirst().orElse(null);
    }

    //  What answers does not speak this protocol: nobody's question will be answered.
    private void unreadable(GradmqException e) {
        GradmqException told =
                GradmqException.of(
                        e.code(),
                        "what answers at "
                                + session.control
                                + " is not understood: "
                                + e.getMessage());
        for (Ask ask : new ArrayList<>(asks.values())) {
            fail(ask, told);
        }
    }

    private void fail(Ask ask, GradmqException why) {
        if (asks.values().remove(ask)) {
            ask.handler.done(null, List.of(), why);
        }
    }

    /** The coordinator has the client's key, or none was given, as far as is known. */
    private boolean handshakeFails() {
        return session.own != null && !answered && (link.touched() || link.ups() > 0);
    }

    private String handshakeText() {
        return "the handshake fails: is the server key that coordinator's, and is the key "
                + session.own.publicKey()
                + " among those that it has authorised?";
    }

    private GradmqException timeout(Ask ask) {
        if (handshakeFails()) {
            return GradmqException.of(
                    ErrorCode.CONNECT, session.control + " is there, but " + handshakeText());
        }
        if (!answered && link.ups() == 0) {
            String keys =
                    session.own == null
                            ? " One that asks for keys is silent to those who give none."
                            : "";
            return GradmqException.of(
                    ErrorCode.CONNECT,
                    "nobody answers at "
                            + session.control
                            + ": is the coordinator up, and is this its control endpoint?"
                            + keys);
        }
        return GradmqException.of(
                ErrorCode.TIMEOUT,
                ask.command
                        + " was not answered by "
                        + session.control
                        + " in time, asked "
                        + ask.tries
                        + " times");
    }

    /** What the oldest question waits for; null: nothing has been asked for long. */
    String waits(long now, long afterMs) {
        for (Ask ask : asks.values()) {
            if (now - ask.begun < afterMs) {
                continue;
            }
            if (handshakeFails()) {
                return "waiting for " + session.control + ": " + handshakeText();
            }
            return "waiting for "
                    + session.control
                    + " to answer "
                    + ask.command
                    + (ask.sent
                            ? ", asked " + ask.tries + " times"
                            : ": there is no connection, or it is busy");
        }
        return null;
    }
}
