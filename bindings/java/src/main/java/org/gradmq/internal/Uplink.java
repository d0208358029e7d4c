package org.gradmq.internal;

import org.gradmq.Disposition;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Verdict;
import org.gradmq.WorkerStats;
import org.gradmq.v1.Base;
import org.gradmq.v1.Gradient;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Gradients out: waiting for credit, sending, keeping until settled, sending again. */
public final class Uplink {
    private static final long BLOCKED_MS = 50;

    private record Kept(byte[] header, List<ByteBuffer> frames, Push push) {}

    private final class Pending extends Waiter<Long> {
        final Push push;

        Pending(Push push, long deadline, CompletableFuture<Long> future) {
            super(deadline, future);
            this.push = push;
        }

        @Override
        String what() {
            return room(push.bytes());
        }

        @Override
        boolean settlement() {
            return true;
        }
    }

    private final class Flush extends Waiter<Void> {
        Flush(long deadline, CompletableFuture<Void> future) {
            super(deadline, future);
        }

        @Override
        String what() {
            return "settlement: " + ledger.outbox.count() + " gradients are not settled";
        }

        @Override
        boolean settlement() {
            return true;
        }
    }

    private final WorkerLoop loop;
    private final BufferPool pool = new BufferPool();
    final Ledger ledger;
    private final Kept[] kept = new Kept[Outbox.SLOTS];
    private final Deque<Pending> queue = new ArrayDeque<>();
    private final Deque<Flush> flushes = new ArrayDeque<>();
    private Consumer<Verdict> onVerdict = verdict -> {};
    private Consumer<Returned> onReturn = returned -> {};
    ZMQ.Socket socket;
    private Link link;
    private String endpoint;
    private int downs;
    private boolean lost;
    private boolean blocked;
    private long pushed;
    private long resent;
    private long clock;

    Uplink(WorkerLoop loop) {
        this.loop = loop;
        ledger = new Ledger(loop.session.window, this::settled);
    }

    void open() {
        socket = loop.open(SocketType.PUSH);
        link = Link.of(socket, loop::wake);
    }

    void connect(List<String> endpoints) {
        String to = Endpoints.choose(endpoints, loop.session.control, "gradients");
        endpoint = Membership.reconnect(socket, endpoint, to);
    }

    String endpoint() {
        return endpoint;
    }

    boolean disconnected() {
        return lost || blocked;
    }

    void onVerdict(Consumer<Verdict> handler) {
        onVerdict = handler;
    }

    /** Whom to give what was compressed and not used; on the thread of the loop. */
    public void onReturn(Consumer<Returned> handler) {
        loop.execute(() -> onReturn = handler);
    }

    /** Memory for a payload; any thread. */
    public ByteBuffer buffer(long bytes) {
        return pool.take(bytes);
    }

    //  ------------------------------------------------------------------------------------------
    //  Pushing

    /** Push when there is room; the future tells the sequence once it is on its way. */
    public CompletableFuture<Long> push(Push push, long deadline) {
        CompletableFuture<Long> future = new CompletableFuture<>();
        loop.execute(
                () -> {
                    Pending pending = new Pending(push, deadline, future);
                    if (loop.waits.await(pending)) {
                        queue.add(pending);
                    }
                });
        //  A push that is given up before it was sent makes room for those behind it.
        future.whenComplete((sequence, error) -> loop.wake());
        return future;
    }

    /** Wait until everything that was pushed is settled. */
    public CompletableFuture<Void> flush(long deadline) {
        CompletableFuture<Void> future = new CompletableFuture<>();
        loop.execute(() -> flush(deadline, future));
        return future;
    }

    void flush(long deadline, CompletableFuture<Void> future) {
        Flush flush = new Flush(deadline, future);
        if (loop.waits.await(flush)) {
            flushes.add(flush);
        }
    }

    long step(long now) {
        if (!loop.membership.isOpen()) {
            return Loop.NEVER;
        }
        watch();
        sendAgain(now);
        sendNew();
        if (ledger.outbox.count() == 0 && queue.isEmpty()) {
            flushes.forEach(flush -> flush.future.complete(null));
            flushes.clear();
        }
        flushes.removeIf(flush -> flush.future.isDone());
        return Math.min(blocked ? now + BLOCKED_MS : Loop.NEVER, ledger.outbox.nextDue(now));
    }

    //  A connection that was lost may have taken gradients with it.
    private void watch() {
        blocked = !Sockets.writable(socket);
        if (downs != link.downs()) {
            downs = link.downs();
            lost = true;
        }
        if (lost && !blocked) {
            lost = false;
            if (ledger.outbox.count() > 0) {
                ledger.confirm.want();
            }
        }
    }

    private boolean mayPush() {
        return !loop.membership.joining() && !loop.closed && !loop.fenced && loop.refused == null;
    }

    private void sendNew() {
        while (!queue.isEmpty()) {
            Pending head = queue.peek();
            if (head.future.isDone()) {
                queue.remove();
                drop(head.push);
            } else if (head.push.layoutId != loop.layout.id()) {
                queue.remove();
                head.fail(
                        GradmqException.of(
                                ErrorCode.LAYOUT,
                                "the model was replaced by one of another layout meanwhile; the"
                                        + " gradient was not pushed"));
                drop(head.push);
            } else if (!mayPush()
                    || blocked
                    || !ledger.outbox.room(head.push.bytes(), ledger.credit())
                    || !send(head)) {
                return;
            }
        }
    }

    private boolean send(Pending pending) {
        Push push = pending.push;
        if (!push.take()) {
            queue.remove();
            return true;
        }
        Outbox outbox = ledger.outbox;
        push.header
                .setModel(loop.session.model)
                .setWorker(loop.session.name)
                .setIncarnation(ledger.incarnation())
                .setSequence(outbox.next())
                .setLowWater(outbox.first())
                .setLayout(push.layoutId);
        Kept one;
        try {
            byte[] header = Wire.encode(Wire.Kind.GRADIENT, push.header.build());
            List<ByteBuffer> frames =
                    push.payload == null ? List.of() : Sockets.frames(push.payload, push.ends);
            one = new Kept(header, frames, push);
        } catch (GradmqException e) {
            push.putBack();
            queue.remove();
            pending.fail(e);
            drop(push);
            return true;
        }
        long sequence = outbox.next();
        //  From here on it is pushed, whoever gives up: its number is used, or nobody sent it.
        Sockets.Sent sent = Sockets.send(socket, one.header, one.frames);
        if (sent == Sockets.Sent.AGAIN) {
            push.putBack();
            blocked = true;
            return false;
        }
        queue.remove();
        kept[Outbox.slot(sequence)] = one;
        outbox.add(push.bytes());
        pushed++;
        if (sent == Sockets.Sent.BROKEN) {
            ledger.confirm.want();
        }
        counted(push.header);
        pending.future.complete(sequence);
        return true;
    }

    private void counted(Gradient.Builder header) {
        long its = header.hasClock() ? header.getClock() : clock + 1;
        if ((!header.hasClock() || header.getLastOfClock()) && its > clock) {
            clock = its;
        }
        Base given = loop.downlink.given();
        if (given != null) {
            loop.rounds.take(given.getEpoch(), given.getVersion());
        }
    }

    /** A Join was answered: clocks never go back. */
    void startClock(long start) {
        clock = Math.max(clock, start);
    }

    private void sendAgain(long now) {
        Outbox outbox = ledger.outbox;
        if (!outbox.holds() || !mayPush() || blocked) {
            return;
        }
        for (long at = outbox.due(0, ledger.credit(), now); at != 0; ) {
            Kept one = kept[Outbox.slot(at)];
            Sockets.Sent sent = Sockets.send(socket, one.header, one.frames);
            if (sent == Sockets.Sent.AGAIN) {
                blocked = true;
                return;
            }
            if (sent == Sockets.Sent.BROKEN) {
                ledger.confirm.want();
            }
            outbox.resent(at, now);
            resent++;
            at = outbox.due(at + 1, ledger.credit(), now);
        }
    }

    private String room(long bytes) {
        Outbox outbox = ledger.outbox;
        Outbox.Credit credit = ledger.credit();
        if (outbox.room(bytes, credit)) {
            return "a way to send a gradient";
        }
        if (outbox.count() < credit.gradients()) {
            return "credit: "
                    + outbox.bytes()
                    + " of "
                    + credit.bytes()
                    + " bytes are not settled, and "
                    + bytes
                    + " are to go";
        }
        return "credit: "
                + outbox.count()
                + " of "
                + credit.gradients()
                + " gradients are not settled";
    }

    //  ------------------------------------------------------------------------------------------
    //  Settlement

    private void settled(long sequence, int number, int code) {
        Kept one = kept[Outbox.slot(sequence)];
        kept[Outbox.slot(sequence)] = null;
        Disposition disposition = Disposition.of(number);
        ErrorCode why = code == 0 ? null : ErrorCode.of(code);
        Verdict verdict = new Verdict(sequence, disposition, number, why);
        if (why == ErrorCode.LAYOUT) {
            loop.membership.wantDescription();
        }
        boolean returned = one.push.generation != 0 && comesBack(disposition, why);
        if (returned) {
            onReturn.accept(new Returned(one.push.generation, one.push.payload));
        } else if (!ledger.outbox.again(sequence)) {
            //  One that was sent again may still be on its way out.
            recycle(one.push);
        }
        if (one.push.settled != null) {
            one.push.settled.complete(verdict);
        }
        if (number > Disposition.APPLIED.number()) {
            loop.callback(() -> onVerdict.accept(verdict));
        }
    }

    //  Is what it held to go with a later one? Not what a rule left out; not what would be
    //  refused for ever, since it makes the sum too large.
    private static boolean comesBack(Disposition disposition, ErrorCode code) {
        return disposition == Disposition.SKIPPED
                || disposition == Disposition.DISCARDED
                || disposition == Disposition.REFUSED && code != ErrorCode.NON_FINITE;
    }

    private void recycle(Push push) {
        if (push.pooled && push.payload != null) {
            pool.give(push.payload);
        }
    }

    //  It was not sent. What was compressed is still needed: it goes with a later one.
    private void drop(Push push) {
        if (push.generation == 0) {
            recycle(push);
        } else if (push.take()) {
            onReturn.accept(new Returned(push.generation, push.payload));
        }
    }

    /** Until here memory that was lent might still have been on its way out. */
    void giveBack(GradmqException why) {
        for (Kept one : kept) {
            if (one != null && one.push.settled != null) {
                one.push.settled.completeExceptionally(why);
            }
        }
    }

    void abandon(GradmqException why) {
        queue.forEach(pending -> pending.fail(why));
        flushes.forEach(flush -> flush.fail(why));
    }

    WorkerStats stats() {
        Downlink downlink = loop.downlink;
        return new WorkerStats(
                pushed,
                ledger.settled(),
                ledger.applied(),
                ledger.refused(),
                resent,
                ledger.outbox.count(),
                ledger.outbox.bytes(),
                ledger.credit().gradients(),
                ledger.credit().bytes(),
                ledger.incarnation(),
                loop.epoch,
                loop.version,
                downlink.updates(),
                downlink.gaps(),
                clock,
                loop.hearsay.minClock,
                loop.rounds.open());
    }
}
