package org.gradmq.internal;

import org.gradmq.GradmqException;
import org.gradmq.v1.Request;
import org.gradmq.v1.SyncRequest;
import org.zeromq.ZMQ;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Joining streams without a gap: Sync is asked until its mark was seen on each socket (U-4). */
final class SyncMark {
    private static final long SYNC_RETRY_MS = 100;

    private final WorkerLoop loop;
    private long nonce;
    private boolean markedEvents;
    private boolean markedUpdates;
    private boolean syncAsking;
    private long syncAt;
    private Runnable synced;
    private Consumer<GradmqException> syncFailed;

    SyncMark(WorkerLoop loop) {
        this.loop = loop;
    }

    boolean awaited() {
        return nonce != 0;
    }

    boolean seenOnEvents() {
        return markedEvents;
    }

    void await(Runnable done, Consumer<GradmqException> failed) {
        nonce = ThreadLocalRandom.current().nextLong() | 1;
        markedEvents = false;
        markedUpdates = loop.downlink.socket == null;
        syncAt = 0;
        synced = done;
        syncFailed = failed;
        subscribeMark(true);
        loop.wake();
    }

    private void subscribeMark(boolean on) {
        byte[] topic = Topics.sync(nonce).getBytes(StandardCharsets.US_ASCII);
        for (ZMQ.Socket one : new ZMQ.Socket[] {loop.events, loop.downlink.socket}) {
            if (one != null && on) {
                one.subscribe(topic);
            } else if (one != null) {
                one.unsubscribe(topic);
            }
        }
    }

    void seen(long seen, boolean onUpdates) {
        if (seen == 0 || seen != nonce) {
            return;
        }
        markedUpdates |= onUpdates;
        markedEvents |= !onUpdates;
    }

    long step(long now) {
        if (nonce == 0) {
            return Loop.NEVER;
        }
        if (markedEvents && markedUpdates) {
            subscribeMark(false);
            nonce = 0;
            synced.run();
            return now;
        }
        if (syncAsking || now < syncAt) {
            return syncAsking ? Loop.NEVER : syncAt;
        }
        syncAsking = true;
        loop.asker.ask(
                Request.newBuilder().setSync(SyncRequest.newBuilder().setNonce(nonce)),
                List.of(),
                Loop.NEVER,
                (reply, payload, error) -> {
                    syncAsking = false;
                    syncAt = Loop.now() + (error == null ? SYNC_RETRY_MS : WorkerLoop.CONFIRM_MS);
                    if (error != null) {
                        syncFailed.accept(error);
                    }
                });
        return Loop.NEVER;
    }
}
