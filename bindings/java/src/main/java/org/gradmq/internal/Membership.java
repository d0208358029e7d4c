package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.v1.AcknowledgementRequest;
import org.gradmq.v1.DescribeRequest;
import org.gradmq.v1.Description;
import org.gradmq.v1.JoinRequest;
import org.gradmq.v1.Joined;
import org.gradmq.v1.LeaveRequest;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.zeromq.SocketType;

import java.util.concurrent.CompletableFuture;

/** Being a member: opening, joining again, the lease, looking for what got lost, leaving. */
final class Membership {
    private static final long LEASE_LEAST_MS = 30;
    private static final long LEASE_MS = 30_000;
    private static final long MODEL_RETRY_MS = 100;
    private static final long MODEL_RETRY_MOST_MS = 1000;
    private static final long LEAVE_MS = 2000;
    private static final long LEAVE_IN_VAIN_MS = 200;

    private enum Stage {
        DESCRIBING,
        WITHOUT_MODEL,
        SUBSCRIBING,
        JOINING,
        OPEN,
        LEAVING
    }

    private enum Probe {
        NOTHING,
        DESCRIBE,
        JOIN,
        ACKNOWLEDGEMENT
    }

    private final WorkerLoop loop;
    private Stage stage = Stage.DESCRIBING;
    private Waiter<Void> opening;
    private long describeAt = Loop.NEVER;
    private long modelWait = MODEL_RETRY_MS;
    private boolean sawNoModel;
    private String eventsEndpoint;

    private boolean describe;
    private boolean join;
    private Probe probing = Probe.NOTHING;
    private long restUntil;
    private long leaseMs = LEASE_MS;
    private long renewAt = Loop.NEVER;
    private boolean renewing;

    Membership(WorkerLoop loop) {
        this.loop = loop;
    }

    boolean isOpen() {
        return stage == Stage.OPEN;
    }

    boolean joining() {
        return isOpen() && (describe || join);
    }

    void wantJoin() {
        join = true;
    }

    void wantDescription() {
        describe = true;
    }

    void newInstance() {
        describe = isOpen();
        join = isOpen();
        restUntil = 0;
    }

    //  ------------------------------------------------------------------------------------------
    //  Opening

    void open(Waiter<Void> waiter) {
        opening = waiter;
        waiter.future.whenComplete((nothing, error) -> loop.wake());
        loop.await(waiter);
        describeFirst();
    }

    String openingWhat() {
        return switch (stage) {
            case WITHOUT_MODEL -> "a model to be loaded into " + loop.session.model;
            case SUBSCRIBING -> "what " + loop.session.model + " publishes";
            default -> "the coordinator at " + loop.session.control;
        };
    }

    GradmqException openingTimeout() {
        if (sawNoModel) {
            return noModel();
        }
        if (stage == Stage.SUBSCRIBING) {
            return GradmqException.of(
                    ErrorCode.TIMEOUT,
                    "nothing of what "
                            + loop.session.model
                            + " publishes arrives on "
                            + loop.downlink.missingEndpoint(eventsEndpoint)
                            + ": is that endpoint reachable from here?");
        }
        return GradmqException.of(
                ErrorCode.TIMEOUT, loop.session.control + " did not answer in time");
    }

    private GradmqException noModel() {
        return GradmqException.of(
                ErrorCode.NO_MODEL,
                "no model was loaded into "
                        + loop.session.model
                        + " at "
                        + loop.session.control
                        + " in time: load one first");
    }

    private void describeFirst() {
        ask(describeRequest(), opening.deadline, this::describedFirst);
    }

    private void describedFirst(Reply reply, GradmqException error) {
        if (error != null) {
            boolean late = error.code() == ErrorCode.TIMEOUT && sawNoModel;
            opening.fail(late ? noModel() : error);
            return;
        }
        Description description = reply.getDescription();
        if (loop.session.model == null) {
            loop.session.model = reply.getModel();
        }
        loop.hearsay.state = description.getState();
        if (description.getLayout().getTensorsCount() == 0) {
            stage = Stage.WITHOUT_MODEL;
            sawNoModel = true;
            describeAt = Loop.now() + modelWait;
            modelWait = Math.min(2 * modelWait, MODEL_RETRY_MOST_MS);
            return;
        }
        sawNoModel = false;
        attempt(() -> connect(description));
    }

    private void attempt(Runnable what) {
        try {
            what.run();
        } catch (GradmqException e) {
            opening.fail(e);
        }
    }

    private void connect(Description description) {
        loop.layout = readLayout(description);
        loop.events = loop.open(SocketType.SUB);
        loop.events.subscribe(Topics.acknowledgement(loop.session.model, loop.session.name));
        loop.events.subscribe(Topics.all(loop.session.model));
        loop.events.subscribe(Topics.worker(loop.session.model, loop.session.name));
        loop.downlink.open(loop.layout);
        loop.uplink.open();
        described(description);
        stage = Stage.SUBSCRIBING;
        loop.downlink.sync(this::joinFirst, opening::fail);
    }

    private void joinFirst() {
        stage = Stage.JOINING;
        ask(joinRequest(0), opening.deadline, this::joinedFirst);
    }

    private void joinedFirst(Reply reply, GradmqException error) {
        if (error != null || reply.getJoined().getIncarnation() == 0) {
            opening.fail(error != null ? error : malformed("Join"));
            return;
        }
        loop.uplink.ledger.incarnation(reply.getJoined().getIncarnation());
        stage = Stage.OPEN;
        describe = false;
        join = false;
        takeJoined(reply);
        opening.future.complete(null);
    }

    private GradmqException malformed(String command) {
        return GradmqException.of(
                ErrorCode.MALFORMED,
                loop.session.control + " answers " + command + " with something else");
    }

    //  ------------------------------------------------------------------------------------------
    //  Requests

    private interface Answer {
        void take(Reply reply, GradmqException error);
    }

    private void ask(Request.Builder request, long deadline, Answer answer) {
        loop.asker.ask(
                request,
                java.util.List.of(),
                deadline,
                (reply, payload, error) -> answer.take(reply, error));
    }

    private static Request.Builder describeRequest() {
        return Request.newBuilder().setDescribe(DescribeRequest.getDefaultInstance());
    }

    private Request.Builder joinRequest(long incarnation) {
        JoinRequest.Builder body = JoinRequest.newBuilder().setWorker(loop.session.name);
        if (incarnation != 0) {
            body.setIncarnation(incarnation).setLowWater(loop.uplink.ledger.outbox.first());
        }
        return Request.newBuilder().setJoin(body);
    }

    private Request.Builder acknowledgementRequest() {
        return Request.newBuilder()
                .setAcknowledgement(
                        AcknowledgementRequest.newBuilder()
                                .setWorker(loop.session.name)
                                .setIncarnation(loop.uplink.ledger.incarnation())
                                .setSentThrough(loop.uplink.ledger.outbox.next() - 1));
    }

    //  ------------------------------------------------------------------------------------------
    //  What is asked meanwhile

    long step(long now) {
        if (stage == Stage.WITHOUT_MODEL && now >= describeAt) {
            describeAt = Loop.NEVER;
            describeFirst();
        }
        if (opening != null && opening.future.isCompletedExceptionally() && !isOpen()) {
            loop.stop();
        }
        if (stage != Stage.OPEN || loop.fenced) {
            return describeAt;
        }
        long next = stepLease(now);
        if (probing == Probe.NOTHING) {
            next = Math.min(next, stepProbe(now));
        }
        return next;
    }

    private long stepLease(long now) {
        if (now >= renewAt && !renewing) {
            renewing = true;
            renewAt = now + Math.max(LEASE_LEAST_MS, leaseMs / 3);
            ask(joinRequest(loop.uplink.ledger.incarnation()), Loop.NEVER, this::renewed);
        }
        return renewing ? Loop.NEVER : renewAt;
    }

    private void renewed(Reply reply, GradmqException error) {
        renewing = false;
        if (error == null) {
            takeJoined(reply);
        } else if (error.code() == ErrorCode.FENCED) {
            loop.fenced = true;
        }
    }

    //  In the order in which one needs the other.
    private long stepProbe(long now) {
        long confirmAt = loop.uplink.ledger.confirm.nextLook(WorkerLoop.CONFIRM_MS);
        if (!describe && !join && confirmAt > now) {
            return confirmAt;
        }
        if (now < restUntil) {
            return restUntil;
        }
        probing = describe ? Probe.DESCRIBE : join ? Probe.JOIN : Probe.ACKNOWLEDGEMENT;
        Request.Builder request =
                switch (probing) {
                    case DESCRIBE -> describeRequest();
                    case JOIN -> joinRequest(loop.uplink.ledger.incarnation());
                    default -> acknowledgementRequest();
                };
        ask(request, Loop.NEVER, this::probed);
        return Loop.NEVER;
    }

    private void probed(Reply reply, GradmqException error) {
        Probe asked = probing;
        probing = Probe.NOTHING;
        if (stage != Stage.OPEN) {
            return;
        }
        if (reply == null) {
            restUntil = Loop.now() + WorkerLoop.CONFIRM_MS;
        } else if (error != null && error.code() == ErrorCode.FENCED) {
            loop.fenced = true;
        } else if (error != null && error.code() == ErrorCode.NOT_JOINED) {
            join = true;
        } else if (error != null && error.code() == ErrorCode.PERMISSION) {
            //  Its key was taken out. It may be put back: then there is a member to be again.
            join = true;
            notJoined(error);
        } else {
            answered(asked, reply, error);
        }
    }

    private void answered(Probe asked, Reply reply, GradmqException error) {
        switch (asked) {
            case DESCRIBE -> {
                describe = false;
                describedAgain(reply, error);
            }
            case JOIN -> {
                if (error != null) {
                    notJoined(error);
                } else {
                    joinedAgain(reply);
                }
            }
            default -> {
                if (error == null && reply.hasAcknowledgement()) {
                    loop.acknowledged(reply.getAcknowledgement(), true);
                } else {
                    loop.uplink.ledger.confirm.clear();
                }
            }
        }
    }

    private void describedAgain(Reply reply, GradmqException error) {
        if (error != null) {
            loop.refused = error;
            return;
        }
        try {
            described(reply.getDescription());
        } catch (GradmqException e) {
            loop.refused = e;
        }
    }

    private void joinedAgain(Reply reply) {
        if (reply.getJoined().getIncarnation() != loop.uplink.ledger.incarnation()) {
            return;
        }
        join = false;
        loop.refused = null;
        takeJoined(reply);
        //  Whatever it remembers of us, the same bytes are never applied twice (S-4).
        Outbox outbox = loop.uplink.ledger.outbox;
        outbox.lost(outbox.first(), outbox.next() - 1);
    }

    private void takeJoined(Reply reply) {
        Joined joined = reply.getJoined();
        if (joined.getIncarnation() != loop.uplink.ledger.incarnation()) {
            return;
        }
        if (joined.getLeaseMs() > 0) {
            leaseMs = joined.getLeaseMs();
        }
        renewAt = Loop.now() + Math.max(LEASE_LEAST_MS, leaseMs / 3);
        Layout layout = loop.layout;
        if (joined.getLayoutId() != 0 && joined.getLayoutId() != layout.id()) {
            describe = true;
        }
        loop.uplink.startClock(joined.getStartClock());
        loop.rounds.hear(
                reply.getPosition().getEpoch(),
                reply.getPosition().getVersion(),
                joined.getRound());
        if (loop.current(reply.getPosition())) {
            loop.acknowledged(joined.getAcknowledgement(), false);
        }
    }

    //  Not now, perhaps later; or never: those waiting are told.
    private void notJoined(GradmqException error) {
        restUntil = Loop.now() + WorkerLoop.CONFIRM_MS;
        switch (error.code()) {
            case CLOSED -> loop.closed = true;
            case BUSY, STATE, NO_MODEL, INTERNAL, MEMORY -> {}
            default -> loop.refused = error;
        }
    }

    //  ------------------------------------------------------------------------------------------
    //  Description

    private static Layout readLayout(Description description) {
        Layout layout = LayoutId.read(description.getLayout());
        if (description.hasLayoutId() && description.getLayoutId() != layout.id()) {
            throw GradmqException.of(
                    ErrorCode.LAYOUT,
                    "the coordinator's layout id is not what its layout makes it: one of the two"
                            + " programs counts wrongly");
        }
        return layout;
    }

    private void described(Description description) {
        Session session = loop.session;
        if (description.getLayout().getTensorsCount() > 0) {
            Layout layout = readLayout(description);
            if (!layout.equals(loop.layout)) {
                loop.layout = layout;
            }
        }
        eventsEndpoint =
                reconnect(
                        loop.events,
                        eventsEndpoint,
                        Endpoints.choose(
                                description.getEventsEndpointsList(), session.control, "events"));
        loop.downlink.connect(description.getUpdatesEndpointsList());
        loop.uplink.connect(description.getGradientsEndpointsList());
        if (description.getHeartbeatMs() > 0) {
            loop.hearsay.heartbeatMs = description.getHeartbeatMs();
        }
    }

    static String reconnect(org.zeromq.ZMQ.Socket socket, String from, String to) {
        if (to.equals(from)) {
            return from;
        }
        Sockets.connect(socket, to);
        if (from != null) {
            socket.disconnect(from);
        }
        return to;
    }

    /** The stream that was asked for, or the master type's. */
    static String chooseStream(Session session, Layout layout) {
        String stream = session.options.stream();
        return stream != null ? stream : (layout == null ? DType.F32 : layout.dtype()).stream();
    }

    //  ------------------------------------------------------------------------------------------
    //  Leaving

    void close(long settleDeadline, CompletableFuture<Void> done) {
        GradmqException over = loop.over();
        if (over != null || !isOpen()) {
            done.complete(null);
            loop.stop();
            return;
        }
        CompletableFuture<Void> settled = new CompletableFuture<>();
        settled.whenComplete((nothing, error) -> leave(error, done));
        loop.uplink.flush(settleDeadline, settled);
    }

    private void leave(Throwable unsettled, CompletableFuture<Void> done) {
        if (loop.over() != null || loop.fenced || stage == Stage.LEAVING) {
            finish(unsettled, done);
            return;
        }
        stage = Stage.LEAVING;
        Request.Builder request =
                Request.newBuilder()
                        .setLeave(
                                LeaveRequest.newBuilder()
                                        .setWorker(loop.session.name)
                                        .setIncarnation(loop.uplink.ledger.incarnation())
                                        .setLastSequence(loop.uplink.ledger.outbox.next() - 1));
        long wait = unsettled == null ? LEAVE_MS : LEAVE_IN_VAIN_MS;
        //  Whoever does not answer drops us when the lease is over.
        ask(request, Loop.now() + wait, (reply, error) -> finish(unsettled, done));
    }

    private void finish(Throwable unsettled, CompletableFuture<Void> done) {
        if (unsettled == null) {
            done.complete(null);
        } else {
            done.completeExceptionally(unsettled);
        }
        loop.stop();
    }
}
