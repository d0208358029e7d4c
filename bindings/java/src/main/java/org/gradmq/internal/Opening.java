package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.v1.Description;
import org.gradmq.v1.Reply;
import org.zeromq.SocketType;

/** Opening a worker: describe, wait for a model, subscribe, join. */
final class Opening {
    private static final long MODEL_RETRY_MS = 100;
    private static final long MODEL_RETRY_MOST_MS = 1000;

    private enum Stage {
        DESCRIBING,
        WITHOUT_MODEL,
        SUBSCRIBING,
        JOINING
    }

    private final WorkerLoop loop;
    private final Membership membership;
    private Stage stage = Stage.DESCRIBING;
    private Waiter<Void> opening;
    private long describeAt = Loop.NEVER;
    private long modelWait = MODEL_RETRY_MS;
    private boolean sawNoModel;

    Opening(WorkerLoop loop) {
        this.loop = loop;
        this.membership = loop.membership;
    }

    long step(long now) {
        if (membership.isOpen() || opening == null) {
            return Loop.NEVER;
        }
        if (opening.future.isCompletedExceptionally()) {
            loop.stop();
        } else if (now >= describeAt) {
            describeAt = Loop.NEVER;
            describeFirst();
        }
        return describeAt;
    }

    void begin(Waiter<Void> waiter) {
        opening = waiter;
        waiter.future.whenComplete((nothing, error) -> loop.wake());
        loop.waits.await(waiter);
        describeFirst();
    }

    /** What is waited for now. */
    String what() {
        return switch (stage) {
            case WITHOUT_MODEL -> "a model to be loaded into " + loop.session.model;
            case SUBSCRIBING -> "what " + loop.session.model + " publishes";
            default -> "the coordinator at " + loop.session.control;
        };
    }

    /** The time is over. */
    GradmqException timeout() {
        if (sawNoModel) {
            return noModel();
        }
        if (stage == Stage.SUBSCRIBING) {
            return GradmqException.of(
                    ErrorCode.TIMEOUT,
                    "nothing of what "
                            + loop.session.model
                            + " publishes arrives on "
                            + loop.downlink.missingEndpoint(membership.eventsEndpoint())
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
        membership.ask(Membership.describeRequest(), opening.deadline, this::describedFirst);
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
        if (!Names.valid(loop.session.model)) {
            opening.fail(malformed("Describe"));
            return;
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
        loop.layout = Membership.readLayout(description);
        loop.events = loop.open(SocketType.SUB);
        loop.events.subscribe(Topics.acknowledgement(loop.session.model, loop.session.name));
        loop.events.subscribe(Topics.all(loop.session.model));
        loop.events.subscribe(Topics.worker(loop.session.model, loop.session.name));
        loop.downlink.open(loop.layout);
        loop.uplink.open();
        membership.described(description);
        stage = Stage.SUBSCRIBING;
        loop.downlink.mark.await(this::joinFirst, opening::fail);
    }

    private void joinFirst() {
        stage = Stage.JOINING;
        membership.ask(membership.joinRequest(0), opening.deadline, this::joinedFirst);
    }

    private void joinedFirst(Reply reply, GradmqException error) {
        if (error != null || reply.getJoined().getIncarnation() == 0) {
            opening.fail(error != null ? error : malformed("Join"));
            return;
        }
        loop.uplink.ledger.incarnation(reply.getJoined().getIncarnation());
        membership.joined(reply);
        opening.future.complete(null);
    }

    private GradmqException malformed(String command) {
        return GradmqException.of(
                ErrorCode.MALFORMED,
                loop.session.control + " answers " + command + " with something else");
    }
}
