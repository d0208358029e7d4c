package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.Verdict;
import org.gradmq.WorkerStats;
import org.gradmq.v1.Acknowledgement;
import org.gradmq.v1.Event;
import org.gradmq.v1.Heartbeat;
import org.gradmq.v1.Notice;
import org.gradmq.v1.Position;
import org.zeromq.ZMQ;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A worker's insides: what comes in on events, who waits, and the parts that each do one thing with
 * it. PROTOCOL.md, section 19.
 */
public final class WorkerLoop extends Loop {
    static final long CONFIRM_MS = 1000;
    private static final int EVENTS_MOST = 4096;
    private static final int FORMER_MOST = 8;

    private static final int NOTICE_CLOSING = 3;
    private static final int NOTICE_EXPIRED = 8;
    private static final int NOTICE_FENCED = 9;
    private static final int NOTICE_TURNED_AWAY = 11;
    private static final int NOTICE_CLEARED = 12;
    private static final int NOTICE_STEP_SKIPPED = 13;

    final Hearsay hearsay = new Hearsay();
    final Rounds rounds = new Rounds();
    final Membership membership = new Membership(this);
    private final Opening opening = new Opening(this);
    final Uplink uplink = new Uplink(this);
    final Downlink downlink = new Downlink(this);
    final Waits waits = new Waits(this);
    private final Deque<Long> former = new ArrayDeque<>();

    ZMQ.Socket events;
    volatile Layout layout;
    long instance;
    long epoch;
    long version;
    boolean fenced;
    boolean closed;
    GradmqException refused;

    public WorkerLoop(Session session) {
        super(session);
        hearsay.heardMs = now();
    }

    /** Connect, join, and wait until the model is there. */
    public CompletableFuture<Void> open(long deadline) {
        CompletableFuture<Void> opened = new CompletableFuture<>();
        execute(() -> opening.begin(new Opened(deadline, opened)));
        begin();
        return opened;
    }

    private final class Opened extends Waiter<Void> {
        Opened(long deadline, CompletableFuture<Void> future) {
            super(deadline, future);
        }

        @Override
        String what() {
            return opening.what();
        }

        @Override
        GradmqException timeout(String text) {
            return opening.timeout();
        }
    }

    public Uplink uplink() {
        return uplink;
    }

    public Downlink downlink() {
        return downlink;
    }

    /** The model's layout as it is now; any thread. */
    public Layout layout() {
        return layout;
    }

    /** What the calls on this worker wait for, or waited for last; any thread. */
    public String waits() {
        return waits.last();
    }

    //  ------------------------------------------------------------------------------------------
    //  A step of the loop

    @Override
    long step(long now) {
        long next = asker.step(now);
        readEvents();
        downlink.read();
        next = Math.min(next, opening.step(now));
        next = Math.min(next, membership.step(now));
        next = Math.min(next, uplink.step(now));
        next = Math.min(next, downlink.step(now));
        return Math.min(next, waits.step(now));
    }

    private void readEvents() {
        if (events == null) {
            return;
        }
        List<byte[]> message = Sockets.receive(events);
        for (int i = 0; message != null && i < EVENTS_MOST; i++) {
            if (message.size() >= 2) {
                readEvent(message.get(1));
            }
            message = Sockets.receive(events);
        }
        if (message != null) {
            wake();
        }
    }

    private void readEvent(byte[] header) {
        Event event;
        try {
            event = Wire.event(header);
        } catch (GradmqException e) {
            //  What cannot be read says nothing; control answers everything (K-6).
            return;
        }
        heard();
        switch (event.getBodyCase()) {
            case ACKNOWLEDGEMENT -> {
                Acknowledgement ack = event.getAcknowledgement();
                if (current(ack.getPosition())) {
                    acknowledged(ack, false);
                }
            }
            case HEARTBEAT -> heartbeat(event.getHeartbeat());
            case NOTICE -> notice(event.getNotice());
            case SYNC -> {
                if (current(event.getSync().getPosition())) {
                    downlink.mark.seen(event.getSync().getNonce(), false);
                }
            }
            case ANNOUNCEMENT -> current(event.getAnnouncement().getPosition());
            case STEP -> current(event.getStep().getPosition());
            default -> {}
        }
    }

    void heard() {
        hearsay.heardMs = now();
    }

    private void heartbeat(Heartbeat heartbeat) {
        Position at = heartbeat.getPosition();
        if (current(at)) {
            hearsay.take(heartbeat, now());
            closed = heartbeat.getState() == Hearsay.CLOSING;
            //  A coordinator that ends ends its round, too; there is no other to go on in.
            if (!closed) {
                rounds.hear(at.getEpoch(), at.getVersion(), heartbeat.getRound());
            }
        }
    }

    private void notice(Notice notice) {
        Position at = notice.getPosition();
        if (!current(at)) {
            return;
        }
        switch (notice.getNotice()) {
            case NOTICE_STEP_SKIPPED, NOTICE_CLEARED ->
                    rounds.passed(at.getEpoch(), at.getVersion());
            case NOTICE_CLOSING -> {
                closed = true;
                hearsay.state = Hearsay.CLOSING;
            }
            default -> {}
        }
        boolean older =
                notice.getIncarnation() != 0
                        && Long.compareUnsigned(
                                        notice.getIncarnation(), uplink.ledger.incarnation())
                                < 0;
        if (notice.getWorker().equals(session.name) && !older) {
            noticeToMe(notice);
        }
    }

    private void noticeToMe(Notice notice) {
        switch (notice.getNotice()) {
            case NOTICE_EXPIRED -> membership.wantJoin();
            case NOTICE_FENCED -> uplink.ledger.confirm.want();
            case NOTICE_TURNED_AWAY -> {
                if (notice.getCode() == ErrorCode.NOT_JOINED.number()) {
                    membership.wantJoin();
                } else if (notice.getCode() == ErrorCode.FENCED.number()) {
                    uplink.ledger.confirm.want();
                }
            }
            default -> {}
        }
    }

    //  ------------------------------------------------------------------------------------------
    //  Where the coordinator stands

    /** True when what is said is of the process that answers now. */
    boolean current(Position position) {
        position(position);
        return position.getInstance() == 0 || position.getInstance() == instance;
    }

    /** Who answers now; 0: it is not known yet. */
    long instance() {
        return instance;
    }

    /**
     * Whether an answer counts, where `askedOf` was the instance when it was asked. Not that of a
     * process that was left before; then what it answers is asked again. But whoever answers what
     * was asked of the present one is there now: of that one a word came late.
     */
    boolean counts(Position position, long askedOf) {
        if (askedOf == instance && former.contains(position.getInstance())) {
            newInstance(position);
        }
        return current(position);
    }

    @Override
    void position(Position position) {
        heard();
        long told = position.getInstance();
        if (told == 0 || former.contains(told)) {
            return;
        }
        if (told != instance) {
            newInstance(position);
        }
        if (newer(position.getEpoch(), position.getVersion(), epoch, version)) {
            epoch = position.getEpoch();
            version = position.getVersion();
        }
    }

    //  Another process answers (P-1, S-2). What the one before said and is still on its way
    //  must not bring it back.
    private void newInstance(Position position) {
        if (instance != 0) {
            former.remove(position.getInstance());
            former.addLast(instance);
            if (former.size() > FORMER_MOST) {
                former.removeFirst();
            }
            membership.newInstance();
            downlink.newInstance();
            uplink.ledger.forget();
            rounds.forget();
        }
        closed = false;
        hearsay.state = 0;
        instance = position.getInstance();
        epoch = position.getEpoch();
        version = position.getVersion();
    }

    static boolean newer(long epoch, long version, long thanEpoch, long thanVersion) {
        int order = Long.compareUnsigned(epoch, thanEpoch);
        return order > 0 || order == 0 && Long.compareUnsigned(version, thanVersion) > 0;
    }

    void acknowledged(Acknowledgement ack, boolean asked) {
        Ledger.Calls calls = uplink.ledger.take(ack, asked, now(), CONFIRM_MS);
        if (calls.join()) {
            membership.wantJoin();
        }
        if (calls.fenced()) {
            uplink.ledger.confirm.want();
        }
        if (calls.closed()) {
            closed = true;
        }
    }

    /** What keeps this worker from going on at all; null: nothing. */
    GradmqException unable() {
        if (fenced) {
            return GradmqException.of(
                    ErrorCode.FENCED,
                    "a newer incarnation of "
                            + session.name
                            + " has joined; this worker is over: close it, and give each worker a"
                            + " name of its own");
        }
        if (refused != null) {
            return GradmqException.of(
                    refused.number(), "cannot join again: " + refused.getMessage());
        }
        if (closed) {
            return GradmqException.of(
                    ErrorCode.CLOSED,
                    "the coordinator of "
                            + session.model
                            + " at "
                            + session.control
                            + " is closing");
        }
        return null;
    }

    //  ------------------------------------------------------------------------------------------
    //  The end

    /** Wait until everything is settled, leave, close. */
    public CompletableFuture<Void> close(long settleDeadline) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(() -> membership.close(settleDeadline, done));
        return done.thenCombine(ended(), (a, b) -> null);
    }

    /** Close now; nobody is told. */
    public void abort() {
        stop();
    }

    @Override
    void closeSockets() {
        for (ZMQ.Socket socket : new ZMQ.Socket[] {uplink.socket, events, downlink.socket}) {
            if (socket != null) {
                socket.close();
            }
        }
    }

    @Override
    void abandon(GradmqException why) {
        uplink.abandon(why);
        waits.abandon(why);
    }

    @Override
    void giveBack(GradmqException why) {
        uplink.giveBack(why);
    }

    /** Told of each gradient that was settled without being applied, on the thread of the loop. */
    public void onVerdict(Consumer<Verdict> handler) {
        execute(() -> uplink.onVerdict(handler));
    }

    /** Numbers at this moment. */
    public CompletableFuture<WorkerStats> stats() {
        CompletableFuture<WorkerStats> stats = new CompletableFuture<>();
        execute(() -> stats.complete(uplink.stats()));
        return stats;
    }
}
