package org.gradmq;

import org.gradmq.internal.CoordinatorLoop;
import org.gradmq.internal.CoordinatorLoop.Answer;
import org.gradmq.internal.Session;
import org.gradmq.v1.Base;
import org.gradmq.v1.DescribeRequest;
import org.gradmq.v1.Request;
import org.gradmq.v1.StatusRequest;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** One connection to a coordinator: asking, and what is known from answers. */
abstract class Remote {
    private final Session session;
    private final CoordinatorLoop loop;
    private final Memory memory;
    private final Duration timeout;
    private final Long ifEpoch;
    private final Long ifVersion;

    /** What all views of a connection know. */
    static final class Memory {
        volatile Position position = new Position(0, 0, 0);
        volatile Layout layout;
        volatile Base base;
        ByteBuffer reused;
    }

    Remote(Session session) {
        this.session = session;
        this.loop = new CoordinatorLoop(session);
        this.memory = new Memory();
        this.timeout = session.timeout();
        this.ifEpoch = null;
        this.ifVersion = null;
    }

    Remote(Remote from, Duration timeout, Long ifEpoch, Long ifVersion) {
        this.session = from.session;
        this.loop = from.loop;
        this.memory = from.memory;
        this.timeout = timeout;
        this.ifEpoch = ifEpoch;
        this.ifVersion = ifVersion;
    }

    Duration timeout() {
        return timeout;
    }

    Long conditionEpoch() {
        return ifEpoch;
    }

    Long conditionVersion() {
        return ifVersion;
    }

    CoordinatorLoop loop() {
        return loop;
    }

    Session session() {
        return session;
    }

    Memory memory() {
        return memory;
    }

    long deadline() {
        return Await.deadline(timeout);
    }

    Answer ask(Request.Builder request) throws InterruptedException {
        return ask(request, List.of());
    }

    Answer ask(Request.Builder request, List<ByteBuffer> payload) throws InterruptedException {
        loop.checkMayWait();
        boolean auxiliary =
                switch (request.getBodyCase()) {
                    case DESCRIBE, JOIN, LEAVE, ACKNOWLEDGEMENT, STATUS -> true;
                    default -> false;
                };
        if (ifEpoch != null && !auxiliary) {
            request.setIfEpoch(ifEpoch);
        }
        if (ifVersion != null && !auxiliary) {
            request.setIfVersion(ifVersion);
        }
        Answer answer = Await.on(loop.ask(request, payload, deadline()));
        if (answer.reply().hasPosition()) {
            memory.position = Position.of(answer.reply().getPosition());
        }
        loop.learnModel(answer.reply().getModel());
        return answer;
    }

    /**
     * The model's name.
     *
     * @return as the coordinator tells it
     */
    public String model() {
        return session.model();
    }

    /**
     * Where the model stood at the newest answer.
     *
     * @return a position
     */
    public Position position() {
        return memory.position;
    }

    /**
     * Endpoints, layout, limits and what the coordinator can do.
     *
     * @return of this moment
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Description describe() throws InterruptedException {
        Answer answer = ask(Request.newBuilder().setDescribe(DescribeRequest.getDefaultInstance()));
        Description description =
                Description.read(answer.reply().getModel(), answer.reply().getDescription());
        memory.layout = description.layout();
        return description;
    }

    /**
     * State, position, counters, and what is waited for.
     *
     * @return of this moment
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Status status() throws InterruptedException {
        Answer answer = ask(Request.newBuilder().setStatus(StatusRequest.getDefaultInstance()));
        return Status.read(Position.of(answer.reply().getPosition()), answer.reply().getStatus());
    }

    /** The layout with this id; asks where it is not the one that is known. */
    Layout layoutOf(long id) throws InterruptedException {
        Layout known = memory.layout;
        if (known == null || known.id() != id) {
            known = describe().layout();
        }
        if (known == null) {
            throw GradmqException.of(
                    ErrorCode.NO_MODEL, "no model is loaded into " + session.model());
        }
        if (id != 0 && known.id() != id) {
            throw GradmqException.of(ErrorCode.LAYOUT, "the model is being replaced; ask again");
        }
        return known;
    }
}
