package org.gradmq;

import org.gradmq.internal.Downlink.Given;
import org.gradmq.internal.Downlink.Which;
import org.gradmq.internal.Session;
import org.gradmq.internal.WorkerLoop;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** The part of a worker that is about parameters. */
abstract class WorkerParameters {
    private final Session session;
    private final WorkerLoop loop;
    private ByteBuffer reused;

    WorkerParameters(Session session) {
        this.session = session;
        this.loop = new WorkerLoop(session);
    }

    WorkerLoop loop() {
        return loop;
    }

    static long deadline(Duration timeout) {
        return Await.deadline(timeout);
    }

    <T> T await(CompletableFuture<T> future) throws InterruptedException {
        loop.checkMayWait();
        return Await.on(future);
    }

    /**
     * The newest parameters that have arrived; asks for them only when there are none yet.
     * Gradients pushed afterwards state them as their base.
     *
     * @return never older than what was given before
     * @throws GradmqException TIMEOUT, CLOSED, FENCED, NO_MODEL
     * @throws InterruptedException while it waited
     */
    public Parameters parameters() throws InterruptedException {
        return parameters(Which.NEWEST, session.timeout());
    }

    /**
     * Parameters newer than those given last: waits for them. Where the round or step ended without
     * a version (nobody contributed, it was cleared, its result was not finite), the same again:
     * there is nothing newer to wait for.
     *
     * @return as {@link #parameters()}
     * @throws GradmqException TIMEOUT, CLOSED, FENCED, NO_MODEL
     * @throws InterruptedException while it waited
     */
    public Parameters nextParameters() throws InterruptedException {
        return parameters(Which.NEXT, session.timeout());
    }

    /**
     * The same with a time-out of its own.
     *
     * @param timeout longest wait
     * @return as {@link #nextParameters()}
     * @throws GradmqException TIMEOUT, CLOSED, FENCED, NO_MODEL
     * @throws InterruptedException while it waited
     */
    public Parameters nextParameters(Duration timeout) throws InterruptedException {
        return parameters(Which.NEXT, timeout);
    }

    /**
     * The coordinator's newest: asks for them.
     *
     * @return as {@link #parameters()}
     * @throws GradmqException TIMEOUT, CLOSED, FENCED, NO_MODEL
     * @throws InterruptedException while it waited
     */
    public Parameters fetchParameters() throws InterruptedException {
        return parameters(Which.FETCH, session.timeout());
    }

    private Parameters parameters(Which which, Duration timeout) throws InterruptedException {
        return assemble(await(loop.downlink().parameters(which, deadline(timeout))));
    }

    /**
     * The same without waiting.
     *
     * @return completed with what {@link #nextParameters()} answers or throws; to cancel it ends
     *     the wait
     */
    public CompletableFuture<Parameters> nextParametersAsync() {
        return nextParametersAsync(session.timeout());
    }

    CompletableFuture<Parameters> nextParametersAsync(Duration timeout) {
        CompletableFuture<Given> given = loop.downlink().parameters(Which.NEXT, deadline(timeout));
        return Await.mapped(given, this::assemble);
    }

    private Parameters assemble(Given given) {
        Layout layout = given.layout();
        ByteBuffer data;
        if (session.reusesParameters()) {
            synchronized (this) {
                reused = given.arrival().assemble(layout, reused);
                data = reused;
            }
        } else {
            data = given.arrival().assemble(layout, null);
        }
        return new Parameters(
                layout,
                given.arrival().dtype(layout),
                given.arrival().epoch(),
                given.arrival().version(),
                data);
    }

    /**
     * An iteration over updates: each is newer than the one before. It ends when it, the worker or
     * the coordinator is closed.
     *
     * @return to be closed
     */
    public Updates updates() {
        return new Updates(this);
    }

    /**
     * Updates as they come, to each subscriber as many as it requests; what it has no demand for is
     * passed over, so that the next one it gets is the newest. Subscribers share what {@link
     * #nextParameters()} gives: one of them, or the caller, gets a version.
     *
     * @return a publisher that completes when worker or coordinator is closed
     */
    public Flow.Publisher<Parameters> updatesPublisher() {
        return subscriber -> new UpdateSubscription(this, subscriber).begin();
    }
}
