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

import java.util.concurrent.CompletableFuture;

/** Being a member: joining again, the lease, looking for what got lost, leaving. */
final class Membership {
    private static final long LEASE_LEAST_MS = 30;
    private static final long LEASE_MS = 30_000;
    private static final long LEAVE_MS = 2000;
    private static final long LEAVE_IN_VAIN_MS = 200;

    private enum Probe {
        NOTHING,
        DESCRIBE,
        JOIN,
        ACKNOWLEDGEMENT
    }

    private final WorkerLoop loop;
    private boolean open;
    private boolean leaving;
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
        return open && !leaving;
    }

    /** The first Join was answered. */
    void joined(Reply reply) {
        open = true;
        describe = false;
        join = false;
        takeJoined(reply);
    }

    String eventsEndpoint() {
        return eventsEndpoint;
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
    //  Requests

    interface Answer {
        void take(Reply reply, GradmqException error);
    }

    void ask(Request.Builder request, long deadline, Answer answer) {
        loop.asker.ask(
                request,
                java.util.List.of(),
                deadline,
                (reply, payload, error) -> answer.take(reply, error));
    }

    static Request.Builder describeRequest() {
        return Request.newBuilder().setDescribe(DescribeRequest.getDefaultInstance());
    }

    Request.Builder joinRequest(long incarnation) {
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
        if (!isOpen() || loop.fenced) {
            return Loop.NEVER;
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
        long of = loop.instance();
        ask(request, Loop.NEVER, (reply, error) -> probed(reply, error, of));
        return Loop.NEVER;
    }

    private void probed(Reply reply, GradmqException error, long askedOf) {
        Probe asked = probing;
        probing = Probe.NOTHING;
        if (!isOpen()) {
            return;
        }
        if (reply == null) {
            restUntil = Loop.now() + WorkerLoop.CONFIRM_MS;
        } else if (!loop.counts(reply.getPosition(), askedOf)) {
            return;
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
            describe = true;
            notJoined(error);
            return;
        }
        try {
            described(reply.getDescription());
            loop.refused = join ? loop.refused : null;
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
        if (!loop.current(reply.getPosition())
                || joined.getIncarnation() != loop.uplink.ledger.incarnation()) {
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
        loop.acknowledged(joined.getAcknowledgement(), false);
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

    static Layout readLayout(Description description) {
        Layout layout = LayoutId.read(description.getLayout());
        if (description.hasLayoutId() && description.getLayoutId() != layout.id()) {
            throw GradmqException.of(
                    ErrorCode.LAYOUT,
                    "the coordinator's layout id is not what its layout makes it: one of the two"
                            + " programs counts wrongly");
        }
        return layout;
    }

    void described(Description description) {
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
        if (loop.over() != null || loop.fenced || leaving) {
            finish(unsettled, done);
            return;
        }
        leaving = true;
        //  A Join that is to be asked again must not come behind the Leave: it would make a member.
        loop.asker.forgetAll();
        Request.Builder request =
                Request.newBuilder()
                        .setLeave(
                                LeaveRequest.newBuilder()
                                        .setWorker(loop.session.name)
                                        .setIncarnation(loop.uplink.ledger.incarnation())
                                        .setLastSequence(loop.uplink.ledger.outbox.next() - 1));
        boolean vain = unsettled != null || loop.closed;
        long wait = vain ? LEAVE_IN_VAIN_MS : LEAVE_MS;
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
