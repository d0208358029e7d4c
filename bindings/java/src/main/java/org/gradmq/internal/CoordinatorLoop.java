package org.gradmq.internal;

import org.gradmq.GradmqException;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A remote control's insides: requests and their answers. */
public final class CoordinatorLoop extends Loop {
    private static final long TELL_AFTER_MS = 100;
    private static final long TELL_EVERY_MS = 1000;

    private long tellAt;
    private boolean telling;

    /** A reply with the frames of its payload. */
    public record Answer(Reply reply, List<byte[]> payload) {}

    public CoordinatorLoop(Session session) {
        super(session);
        begin();
    }

    /** Ask until there is an answer, or the deadline; fails with the reply's code. */
    public CompletableFuture<Answer> ask(
            Request.Builder request, List<ByteBuffer> payload, long deadline) {
        CompletableFuture<Answer> future = new CompletableFuture<>();
        execute(() -> begin(request, payload, deadline, future));
        return future;
    }

    private void begin(
            Request.Builder request,
            List<ByteBuffer> payload,
            long deadline,
            CompletableFuture<Answer> future) {
        GradmqException over = over();
        if (over != null) {
            future.completeExceptionally(over);
            return;
        }
        long id =
                asker.ask(
                        request,
                        payload,
                        deadline,
                        (reply, frames, error) -> {
                            if (error == null) {
                                future.complete(new Answer(reply, frames));
                            } else {
                                future.completeExceptionally(error);
                            }
                        });
        future.whenComplete(
                (answer, error) -> {
                    if (future.isCancelled()) {
                        execute(() -> asker.forget(id));
                    }
                });
    }

    @Override
    long step(long now) {
        long next = asker.step(now);
        String why = asker.waits(now, TELL_AFTER_MS);
        if (why == null) {
            if (telling) {
                telling = false;
                resumed();
            }
            return asker.asking() ? Math.min(next, now + TELL_AFTER_MS) : next;
        }
        if (!telling || now >= tellAt) {
            telling = true;
            tellAt = now + TELL_EVERY_MS;
            tell(why);
        }
        return Math.min(next, tellAt);
    }

    @Override
    void closeSockets() {}

    @Override
    void abandon(GradmqException why) {}

    /** Close the socket; whoever waits is told. */
    public CompletableFuture<Void> close() {
        stop();
        return ended();
    }

    /** Frames of a payload, cut where elements end. */
    public static List<ByteBuffer> frames(ByteBuffer payload, List<Slice> slices) {
        return Sockets.frames(payload, Payloads.cut(slices));
    }

    /** The model's name, learnt from a reply. */
    public void learnModel(String model) {
        if (session.model == null && !model.isEmpty()) {
            session.model = model;
        }
    }
}
