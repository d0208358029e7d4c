package org.gradmq.internal;

import org.gradmq.GradmqException;

import java.util.ArrayList;
import java.util.List;

/** Calls that wait: until when, what for, and whether something got lost meanwhile. */
final class Waits {
    private static final long TELL_AFTER_MS = 10;
    private static final long TELL_EVERY_MS = 1000;

    private final WorkerLoop loop;
    private final List<Waiter<?>> waiters = new ArrayList<>();
    private long askedMs;
    private long tellAt;
    private boolean telling;
    private int toldState;
    private long movedMs;
    private long movedSettled;
    private long movedReceived;
    private volatile String lastWait = "";

    Waits(WorkerLoop loop) {
        this.loop = loop;
    }

    /** What is waited for, or was last; any thread. */
    String last() {
        return lastWait;
    }

    void abandon(GradmqException why) {
        waiters.forEach(waiter -> waiter.fail(why));
        waiters.clear();
    }

    /** On the thread of the loop. False: it is over, and the waiter was told. */
    boolean await(Waiter<?> waiter) {
        GradmqException over = loop.over();
        if (over != null) {
            waiter.fail(over);
            return false;
        }
        waiters.add(waiter);
        loop.wake();
        return true;
    }

    long step(long now) {
        waiters.removeIf(waiter -> waiter.future.isDone());
        GradmqException unable = loop.membership.isOpen() ? loop.unable() : null;
        long next = Loop.NEVER;
        boolean settlement = false;
        for (Waiter<?> waiter : List.copyOf(waiters)) {
            if (unable != null) {
                waiter.fail(unable);
            } else if (now >= waiter.deadline) {
                waiter.fail(waiter.timeout(sentence(waiter, now)));
            } else {
                settlement |= waiter.settlement();
                next = Math.min(next, waiter.deadline);
            }
        }
        waiters.removeIf(waiter -> waiter.future.isDone());
        if (!waiters.isEmpty() && loop.membership.isOpen()) {
            next = Math.min(next, lookForLoss(settlement, now));
            next = Math.min(next, lookForLife(now));
        }
        return Math.min(next, tellWaits(now));
    }

    private long tellWaits(long now) {
        if (waiters.isEmpty()) {
            if (telling) {
                telling = false;
                loop.resumed();
            }
            return Loop.NEVER;
        }
        Waiter<?> oldest = waiters.get(0);
        long due = telling ? tellAt : oldest.begun + TELL_AFTER_MS;
        if (now < due && (!telling || toldState == loop.hearsay.state)) {
            return due;
        }
        lastWait = sentence(oldest, now);
        telling = true;
        toldState = loop.hearsay.state;
        tellAt = now + TELL_EVERY_MS;
        loop.tell(lastWait);
        return tellAt;
    }

    private String sentence(Waiter<?> waiter, long now) {
        String asked = loop.asker.waits(now, 2 * Asker.LOOK_MS);
        String known;
        if (!loop.membership.isOpen() && asked != null) {
            known = asked;
        } else if (loop.membership.joining()) {
            known = "joining again, because the coordinator does not know this worker";
            known = asked == null ? known : known + "; " + asked;
        } else if (loop.uplink.disconnected()) {
            known = "there is no connection to " + loop.uplink.endpoint();
        } else {
            known = loop.hearsay.say(now);
        }
        return "waiting for " + waiter.what() + "; " + known;
    }

    //  Where settlement is waited for and nothing moves, look for what got lost.
    private long lookForLoss(boolean settlement, long now) {
        Ledger ledger = loop.uplink.ledger;
        boolean moved = ledger.outbox.first() != movedSettled || ledger.received() != movedReceived;
        if (!settlement || moved || movedMs == 0) {
            movedSettled = ledger.outbox.first();
            movedReceived = ledger.received();
            movedMs = now;
        }
        if (!settlement) {
            return Loop.NEVER;
        }
        if (now - movedMs >= WorkerLoop.CONFIRM_MS) {
            movedMs = now;
            if (ledger.outbox.count() > 0) {
                ledger.confirm.want();
            }
        }
        return movedMs + WorkerLoop.CONFIRM_MS;
    }

    //  Where nothing is heard, ask: another process may be there, and control answers everything.
    private long lookForLife(long now) {
        long last = Math.max(loop.hearsay.heardMs, askedMs);
        if (now - last >= 2 * loop.hearsay.heartbeatMs) {
            askedMs = now;
            loop.uplink.ledger.confirm.want();
            last = now;
        }
        return last + 2 * loop.hearsay.heartbeatMs;
    }
}
