package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.v1.Base;
import org.gradmq.v1.Event;
import org.gradmq.v1.GetModelParametersRequest;
import org.gradmq.v1.ModelParameters;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.gradmq.v1.Update;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/** Parameters in: updates that arrive, parameters that are asked for, and what callers get. */
public final class Downlink {
    private static final long GET_AGAIN_MS = 100;
    private static final int JITTER_MS = 100;
    private static final int UPDATES_MOST = 1000;
    private static final long MARK_BYTES = 64L << 20;

    /** Which parameters are wanted. */
    public enum Which {
        /** The newest that has arrived. */
        NEWEST,
        /** Newer than those given last. */
        NEXT,
        /** The coordinator's newest. */
        FETCH
    }

    /** Parameters that are given to a caller, and the layout that they have. */
    public record Given(Arrival arrival, Layout layout) {}

    private final class Want extends Waiter<Given> {
        final Which which;
        long getAfter;

        Want(Which which, long deadline, CompletableFuture<Given> future) {
            super(deadline, future);
            this.which = which;
            //  A question that was asked before does not answer this one.
            getAfter = gets + (getting ? 1 : 0);
        }

        @Override
        String what() {
            return which == Which.NEXT && given != null
                    ? "a version newer than " + given.getVersion()
                    : "parameters";
        }
    }

    private final WorkerLoop loop;
    final SyncMark mark;
    private final List<Want> wants = new ArrayList<>();
    ZMQ.Socket socket;
    private String endpoint;
    private String stream;
    private Arrival newest;
    private volatile Base given;
    private boolean foreign;
    private boolean stale;
    private boolean published;
    private long publishedEpoch;
    private long publishedVersion;
    private long updates;
    private long gaps;

    private boolean getting;
    private long gets;
    private long getAt;
    private long behindAt;

    Downlink(WorkerLoop loop) {
        this.loop = loop;
        this.mark = new SyncMark(loop);
    }

    void open(Layout layout) {
        stream = Membership.chooseStream(loop.session, layout);
        if (!List.of("f32", "f64", "f16", "bf16", "int8").contains(stream)) {
            throw GradmqException.of(
                    ErrorCode.UNSUPPORTED,
                    "this library does not read the stream "
                            + stream
                            + "; it reads f32, f64, f16, bf16 and int8");
        }
        if (!loop.session.options.updates()) {
            loop.events.subscribe(Topics.announcement(loop.session.model));
            return;
        }
        socket = loop.open(SocketType.SUB);
        long bytes = layout.elements() * layout.dtype().bytes();
        socket.setRcvHWM((int) Math.max(2, Math.min(UPDATES_MOST, MARK_BYTES / bytes)));
        socket.subscribe(Topics.parameters(loop.session.model, stream));
    }

    void connect(List<String> endpoints) {
        if (socket != null) {
            String to = Endpoints.choose(endpoints, loop.session.control, "updates");
            endpoint = Membership.reconnect(socket, endpoint, to);
        }
    }

    String missingEndpoint(String events) {
        return mark.seenOnEvents() ? endpoint : events;
    }

    void newInstance() {
        stale = newest != null;
        foreign = given != null;
        published = false;
    }

    /** The position of the parameters that were given last; null: none were. Any thread. */
    public Base given() {
        return given;
    }

    long updates() {
        return updates;
    }

    long gaps() {
        return gaps;
    }

    //  ------------------------------------------------------------------------------------------
    //  Updates

    void read() {
        if (socket == null) {
            return;
        }
        List<byte[]> message = Sockets.receive(socket);
        for (int i = 0; message != null && i < UPDATES_MOST; i++) {
            if (message.size() >= 2) {
                take(message);
            }
            message = Sockets.receive(socket);
        }
        if (message != null) {
            loop.wake();
            take(message);
        }
    }

    private void take(List<byte[]> message) {
        try {
            if (Topics.isSync(message.get(0))) {
                Event event = Wire.event(message.get(1));
                mark.seen(event.getSync().getNonce(), true);
                return;
            }
            Update update = Wire.update(message.get(1));
            loop.heard();
            if (loop.current(update.getPosition())) {
                take(update, message.subList(2, message.size()));
            }
        } catch (GradmqException e) {
            //  What cannot be read is a gap, which the next update closes.
            gaps++;
        }
    }

    private void take(Update update, List<byte[]> payload) {
        long epoch = update.getPosition().getEpoch();
        long version = update.getPosition().getVersion();
        updates++;
        boolean before = update.hasPreviousPublishedEpoch();
        if (published
                && before
                && (update.getPreviousPublishedEpoch() != publishedEpoch
                        || update.getPreviousPublishedVersion() != publishedVersion)) {
            gaps++;
        }
        published = true;
        publishedEpoch = epoch;
        publishedVersion = version;
        hold(
                new Arrival(
                        epoch,
                        version,
                        update.getLayout(),
                        update.getDtype(),
                        update.getEncoding(),
                        List.copyOf(payload)));
    }

    private void hold(Arrival arrival) {
        //  What is held of another process makes room for an answer to Get alone.
        boolean newer =
                newest == null
                        || WorkerLoop.newer(
                                arrival.epoch(),
                                arrival.version(),
                                newest.epoch(),
                                newest.version());
        if (newer && !stale) {
            newest = arrival;
            behindAt = 0;
        }
    }

    //  ------------------------------------------------------------------------------------------
    //  What callers ask for

    /** Parameters to compute from. */
    public CompletableFuture<Given> parameters(Which which, long deadline) {
        CompletableFuture<Given> future = new CompletableFuture<>();
        loop.execute(
                () -> {
                    Want want = new Want(which, deadline, future);
                    if (loop.waits.await(want)) {
                        wants.add(want);
                    }
                });
        return future;
    }

    long step(long now) {
        long next = mark.step(now);
        wants.removeIf(want -> want.future.isDone());
        if (wants.isEmpty() || !loop.membership.isOpen() || loop.fenced) {
            return next;
        }
        if (stale && !mark.awaited() && !getting) {
            resync();
        }
        for (Want want : List.copyOf(wants)) {
            next = Math.min(next, serve(want, now));
        }
        wants.removeIf(want -> want.future.isDone());
        return next;
    }

    //  Another process answers: subscriptions have to hold there before it is asked.
    private void resync() {
        if (socket == null) {
            get();
        } else {
            mark.await(this::get, error -> {});
        }
    }

    private long serve(Want want, long now) {
        if (newest == null) {
            return stale ? Loop.NEVER : getPaced(now);
        }
        if (stale) {
            return Loop.NEVER;
        }
        boolean ask = want.which == Which.FETCH || want.which == Which.NEWEST && socket == null;
        if (ask && gets <= want.getAfter) {
            get();
            return Loop.NEVER;
        }
        if (want.which == Which.NEXT && given != null && !news() && !passed()) {
            return behind(now) <= now ? getPaced(now) : behind(now);
        }
        if (newest.layoutId() != loop.layout.id()) {
            loop.membership.wantDescription();
            return getPaced(now);
        }
        give(want);
        return now;
    }

    private boolean news() {
        if (foreign && newest.epoch() != given.getEpoch()) {
            return true;
        }
        return WorkerLoop.newer(
                newest.epoch(), newest.version(), given.getEpoch(), given.getVersion());
    }

    //  The round that was answered is over at the newest version: there is none to wait for.
    private boolean passed() {
        return loop.rounds.over()
                && !WorkerLoop.newer(
                        loop.epoch, loop.version, given.getEpoch(), given.getVersion());
    }

    //  Since when Get is due (U-5); NEVER: nothing newer is known of.
    private long behind(long now) {
        if (!WorkerLoop.newer(loop.epoch, loop.version, newest.epoch(), newest.version())) {
            behindAt = 0;
            return Loop.NEVER;
        }
        if (socket == null) {
            return getAt;
        }
        if (behindAt == 0) {
            behindAt =
                    now
                            + loop.hearsay.heartbeatMs
                            + ThreadLocalRandom.current().nextInt(JITTER_MS + 1);
        }
        return behindAt;
    }

    private void give(Want want) {
        foreign = false;
        given = Base.newBuilder().setEpoch(newest.epoch()).setVersion(newest.version()).build();
        loop.rounds.take(newest.epoch(), newest.version());
        want.future.complete(new Given(newest, loop.layout));
    }

    private long getPaced(long now) {
        if (!getting && now < getAt) {
            return getAt;
        }
        get();
        return Loop.NEVER;
    }

    private void get() {
        if (getting) {
            return;
        }
        getting = true;
        GetModelParametersRequest.Builder body =
                GetModelParametersRequest.newBuilder().setStream(stream);
        if (newest != null) {
            body.setNewerThan(
                    Base.newBuilder().setEpoch(newest.epoch()).setVersion(newest.version()));
        }
        loop.asker.ask(
                Request.newBuilder().setGetModelParameters(body), List.of(), Loop.NEVER, this::got);
    }

    private void got(Reply reply, List<byte[]> payload, GradmqException error) {
        getting = false;
        gets++;
        getAt = Loop.now() + GET_AGAIN_MS;
        behindAt = 0;
        if (error != null) {
            wants.forEach(want -> want.fail(error));
            return;
        }
        boolean wasStale = stale && loop.current(reply.getPosition());
        stale = stale && !wasStale;
        ModelParameters told = reply.getModelParameters();
        if (told.getUnchanged()) {
            return;
        }
        Arrival arrival =
                new Arrival(
                        reply.getPosition().getEpoch(),
                        reply.getPosition().getVersion(),
                        told.getLayoutId(),
                        told.getDtype(),
                        told.getEncoding(),
                        List.copyOf(payload));
        if (wasStale) {
            newest = arrival;
        } else {
            hold(arrival);
        }
    }
}
