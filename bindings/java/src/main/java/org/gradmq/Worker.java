package org.gradmq;

import org.gradmq.internal.Session;
import org.gradmq.internal.WorkerLoop;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Pushes gradients to a coordinator and receives parameters from it.
 *
 * <pre>{@code
 * try (Worker worker = Worker.open(ConnectOptions.to("tcp://127.0.0.1:5570").name("w1"))) {
 *     while (training) {
 *         Parameters parameters = worker.nextParameters();
 *         worker.push(gradient(parameters.floats()));
 *     }
 * }
 * }</pre>
 *
 * <p>A thread of its own speaks with the coordinator: acknowledgements are read, the lease is
 * renewed and what got lost is sent again while the program computes. Every method may be called
 * from any thread. Those that wait can be interrupted; futures can be cancelled; either way what is
 * pushed already stays pushed. Time-outs fail with {@link GradmqTimeoutException}, which says what
 * was waited for; {@link GradmqClosedException} says that this worker or the coordinator is at its
 * end.
 */
public final class Worker extends WorkerParameters implements AutoCloseable {
    private final Session session;
    private final WorkerLoop loop;
    private final Pusher pusher;
    private CompletableFuture<Void> closing;

    private Worker(Session session) {
        super(session);
        this.session = session;
        this.loop = loop();
        this.pusher = new Pusher(loop);
    }

    /**
     * Connect, join, and wait until the model is there.
     *
     * @param options where and how
     * @return a worker; the caller closes it
     * @throws GradmqException ARGUMENT, NAME, CONNECT, TIMEOUT, MODEL, NO_MODEL (none was loaded in
     *     time), VERSION; of keys IO, FORMAT, PERMISSION
     * @throws InterruptedException while it waited
     */
    public static Worker open(ConnectOptions options) throws InterruptedException {
        Worker worker = new Worker(new Session(options));
        CompletableFuture<Void> opened = worker.loop.open(deadline(options.timeout()));
        boolean open = false;
        try {
            Await.on(opened);
            open = true;
            return worker;
        } finally {
            if (!open) {
                worker.loop.abort();
            }
        }
    }

    /**
     * The model's layout as it is now.
     *
     * @return names and shapes
     */
    public Layout layout() {
        return loop.layout();
    }

    /**
     * The worker's name.
     *
     * @return unique among the workers of the model
     */
    public String name() {
        return session.name();
    }

    /**
     * The model's name.
     *
     * @return as the coordinator tells it
     */
    public String model() {
        return session.model();
    }

    //  ------------------------------------------------------------------------------------------
    //  Gradients

    /**
     * Push one gradient of the whole model. Returns when it is on its way, having waited for credit
     * where it had to; it is kept and sent again until it is settled.
     *
     * @param gradient packed: the tensors of the layout one after the other; it is copied
     * @return its sequence
     * @throws GradmqException TIMEOUT (no credit, or no connection, in time), LENGTH, ARGUMENT,
     *     LAYOUT, FENCED, CLOSED, MEMORY; the gradient then was not pushed
     * @throws InterruptedException while it waited; it was not pushed, unless it was sent just then
     */
    public long push(float[] gradient) throws InterruptedException {
        return push(gradient, PushOptions.NONE);
    }

    /**
     * The same with more to say.
     *
     * @param gradient packed; it is copied
     * @param options weight, metrics and more
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long push(float[] gradient, PushOptions options) throws InterruptedException {
        return await(pushAsync(FloatBuffer.wrap(gradient), options));
    }

    /**
     * The same from a buffer.
     *
     * @param gradient packed, from position to limit; it is copied
     * @param options weight, metrics and more
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long push(FloatBuffer gradient, PushOptions options) throws InterruptedException {
        return await(pushAsync(gradient, options));
    }

    /**
     * The same in F64, unless options say another type.
     *
     * @param gradient packed; it is copied
     * @param options weight, metrics and more
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long push(double[] gradient, PushOptions options) throws InterruptedException {
        return await(pushAsync(DoubleBuffer.wrap(gradient), options));
    }

    /**
     * The same in F64, unless options say another type.
     *
     * @param gradient packed, from position to limit; it is copied
     * @param options weight, metrics and more
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long push(DoubleBuffer gradient, PushOptions options) throws InterruptedException {
        return await(pushAsync(gradient, options));
    }

    /**
     * Push without waiting.
     *
     * @param gradient packed, from position to limit; it is copied before this returns
     * @param options weight, metrics and more
     * @return completed with the sequence once it is on its way; to cancel it takes the gradient
     *     back, unless it was sent
     */
    public CompletableFuture<Long> pushAsync(FloatBuffer gradient, PushOptions options) {
        return pusher.whole(gradient.duplicate(), options, deadline(session.timeout()));
    }

    /**
     * Push without waiting.
     *
     * @param gradient packed, from position to limit; it is copied before this returns
     * @param options weight, metrics and more
     * @return as {@link #pushAsync(FloatBuffer, PushOptions)}
     */
    public CompletableFuture<Long> pushAsync(DoubleBuffer gradient, PushOptions options) {
        return pusher.whole(gradient.duplicate(), options, deadline(session.timeout()));
    }

    /**
     * Push without a copy. Waits for credit as {@link #push(float[])} does.
     *
     * @param gradient packed, in the type that options say (the model's without), from position to
     *     limit, direct and little-endian; it is lent, and must not change before the future is
     *     completed
     * @param options weight, metrics and more
     * @return completed once the gradient is settled, with what became of it
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public CompletableFuture<Verdict> pushLent(ByteBuffer gradient, PushOptions options)
            throws InterruptedException {
        if (gradient.order() != ByteOrder.LITTLE_ENDIAN) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT, "a gradient of bytes has to be little-endian");
        }
        CompletableFuture<Verdict> settled = new CompletableFuture<>();
        await(pusher.lent(gradient.slice(), options, settled, deadline(session.timeout())));
        return settled;
    }

    /**
     * Push a partial gradient: some tensors, or some rows of them.
     *
     * @param parts by ascending index of the tensor; they are copied
     * @param options weight, metrics and more
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}; NAME: no such tensor
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long pushParts(List<Part> parts, PushOptions options) throws InterruptedException {
        return await(pusher.parts(parts, options, deadline(session.timeout())));
    }

    /**
     * Push parameters that this worker has trained, for policy merge.
     *
     * @param parameters packed; they are copied
     * @param options their weight, such as the number of examples; the kind is MODEL_PARAMETERS
     *     unless it says DELTA
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long addModelParameters(float[] parameters, PushOptions options)
            throws InterruptedException {
        PushOptions said =
                options.kind() == Kind.GRADIENT ? options.kind(Kind.MODEL_PARAMETERS) : options;
        return push(parameters, said);
    }

    /**
     * Push "nothing from me this time".
     *
     * @param options clock and metrics
     * @return its sequence
     * @throws GradmqException as {@link #push(float[])}
     * @throws InterruptedException as {@link #push(float[])}
     */
    public long skip(PushOptions options) throws InterruptedException {
        return await(pusher.skip(options, deadline(session.timeout())));
    }

    /**
     * Compress whole gradients from now on. A new call forgets what was left out, and so does a
     * model of another layout. Gradients then have the model's own type and finite values.
     *
     * @param how null: not at all
     * @throws GradmqException MEMORY; nothing is then changed
     */
    public void compress(Compression how) {
        pusher.compress(how);
    }

    /**
     * Have each gradient told that is settled without being applied.
     *
     * @param handler called on the worker's own thread: it has to come back soon, and must not wait
     *     for the worker
     */
    public void onVerdict(Consumer<Verdict> handler) {
        loop.onVerdict(handler);
    }

    /**
     * Wait until everything pushed is settled.
     *
     * @param timeout longest wait
     * @throws GradmqException TIMEOUT: it says what is not; FENCED, CLOSED
     * @throws InterruptedException while it waited
     */
    public void flush(Duration timeout) throws InterruptedException {
        await(loop.uplink().flush(deadline(timeout)));
    }

    /**
     * What the worker counts.
     *
     * @return numbers of one moment
     */
    public WorkerStats stats() {
        return Await.quietly(loop.stats());
    }

    /**
     * Why a call on this worker waits or, if none does, what the last one waited for.
     *
     * @return one sentence; empty: no call has waited
     */
    public String waits() {
        return loop.waits();
    }

    //  ------------------------------------------------------------------------------------------
    //  The end

    /**
     * Wait until everything pushed is settled, leave, and close. Done before: nothing happens.
     *
     * @param timeout longest wait for settlement; what is not settled then is lost
     * @throws GradmqException TIMEOUT: something was not settled
     * @throws InterruptedException while it waited; the worker is then closed at once
     */
    public void close(Duration timeout) throws InterruptedException {
        loop.checkMayWait();
        CompletableFuture<Void> done;
        synchronized (this) {
            if (closing == null) {
                closing = loop.close(deadline(timeout));
            }
            done = closing;
        }
        try {
            Await.on(done.copy());
        } catch (InterruptedException e) {
            loop.abort();
            throw e;
        }
    }

    /**
     * The same with the options' time-out. Interrupted, it closes at once and leaves the thread
     * interrupted.
     */
    @Override
    public void close() {
        try {
            close(session.timeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "worker " + name() + " of " + model();
    }
}
