package org.gradmq;

import org.gradmq.internal.CoordinatorLoop.Answer;
import org.gradmq.internal.Session;
import org.gradmq.v1.AcknowledgementRequest;
import org.gradmq.v1.ClearGradientsRequest;
import org.gradmq.v1.DestroyRequest;
import org.gradmq.v1.ListWorkersRequest;
import org.gradmq.v1.Request;
import org.gradmq.v1.StartRequest;
import org.gradmq.v1.StopRequest;
import org.gradmq.v1.SyncRequest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Remote control of a coordinator.
 *
 * <pre>{@code
 * try (Coordinator coordinator = Coordinator.open(ConnectOptions.to("tcp://127.0.0.1:5570"))) {
 *     coordinator.setParameters(Map.of("optimizer", "adam", "learning_rate", 1e-3));
 *     coordinator.start();
 * }
 * }</pre>
 *
 * <p>Every method may be called from any thread, waits at most for the time-out, and can be
 * interrupted. A request is asked again with the same number until there is an answer, so it is
 * done once. {@link #ifEpoch}, {@link #ifVersion} and {@link #within} answer another view of the
 * same connection.
 */
public final class Coordinator extends RemoteModel implements AutoCloseable {
    private static final int WORKERS_A_PAGE = 256;

    private Coordinator(Session session) {
        super(session);
    }

    private Coordinator(Coordinator from, Duration timeout, Long ifEpoch, Long ifVersion) {
        super(from, timeout, ifEpoch, ifVersion);
    }

    /**
     * Connect and ask what is there.
     *
     * @param options where and how
     * @return a remote control; the caller closes it
     * @throws GradmqException ARGUMENT, NAME, CONNECT, TIMEOUT, MODEL, VERSION; of keys IO, FORMAT,
     *     PERMISSION
     * @throws InterruptedException while it waited
     */
    public static Coordinator open(ConnectOptions options) throws InterruptedException {
        Coordinator opened = new Coordinator(new Session(options));
        boolean open = false;
        try {
            opened.describe();
            open = true;
            return opened;
        } finally {
            if (!open) {
                opened.loop().close();
            }
        }
    }

    /**
     * A view whose commands hold only while the model is at this epoch: else CONDITION.
     *
     * @param epoch as a {@link Position} tells it
     * @return a view of the same connection
     */
    public Coordinator ifEpoch(long epoch) {
        return new Coordinator(this, timeout(), epoch, conditionVersion());
    }

    /**
     * A view whose commands hold only while the model is at this version: else CONDITION.
     *
     * @param version as a {@link Position} tells it
     * @return a view of the same connection
     */
    public Coordinator ifVersion(long version) {
        return new Coordinator(this, timeout(), conditionEpoch(), version);
    }

    /**
     * A view with another time-out.
     *
     * @param timeout longest wait of a call
     * @return a view of the same connection
     */
    public Coordinator within(Duration timeout) {
        return new Coordinator(this, timeout, conditionEpoch(), conditionVersion());
    }

    //  ------------------------------------------------------------------------------------------
    //  Looking
    /**
     * The members, by name.
     *
     * @return all of them, over as many pages as it takes
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public List<WorkerInfo> listWorkers() throws InterruptedException {
        return listWorkers(WORKERS_A_PAGE);
    }

    /**
     * The members, by name.
     *
     * @param limit most members that are asked for at a time, at most 1024
     * @return all of them, over as many pages as it takes
     * @throws GradmqException ARGUMENT, CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public List<WorkerInfo> listWorkers(int limit) throws InterruptedException {
        List<WorkerInfo> all = new ArrayList<>();
        boolean more = true;
        while (more) {
            ListWorkersRequest.Builder page = ListWorkersRequest.newBuilder().setLimit(limit);
            if (!all.isEmpty()) {
                page.setAfter(all.get(all.size() - 1).name());
            }
            var workers = ask(Request.newBuilder().setListWorkers(page)).reply().getWorkers();
            workers.getWorkersList().forEach(one -> all.add(WorkerInfo.read(one)));
            more = workers.getMore() && workers.getWorkersCount() > 0;
        }
        return all;
    }

    /**
     * What a worker's gradients have come to.
     *
     * @param worker its name
     * @param incarnation its life, as {@link WorkerInfo} or {@link WorkerStats} tell it
     * @return of this moment
     * @throws GradmqException NOT_JOINED, FENCED, CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Acknowledgement acknowledgement(String worker, long incarnation)
            throws InterruptedException {
        AcknowledgementRequest.Builder body =
                AcknowledgementRequest.newBuilder().setWorker(worker).setIncarnation(incarnation);
        Answer answer = ask(Request.newBuilder().setAcknowledgement(body));
        return Acknowledgement.read(answer.reply().getAcknowledgement());
    }

    /**
     * Have a mark published on updates and events.
     *
     * @return the mark's number, in the topic sync/NUMBER/ as 16 hexadecimal digits
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public long sync() throws InterruptedException {
        long nonce = ThreadLocalRandom.current().nextLong() | 1;
        ask(Request.newBuilder().setSync(SyncRequest.newBuilder().setNonce(nonce)));
        return nonce;
    }

    //  ------------------------------------------------------------------------------------------
    //  Steering

    /**
     * Apply gradients from now on.
     *
     * @throws GradmqException STATE: it runs already; NO_MODEL
     * @throws InterruptedException while it waited
     */
    public void start() throws InterruptedException {
        ask(Request.newBuilder().setStart(StartRequest.getDefaultInstance()));
    }

    /**
     * Finish the step in hand and make no other.
     *
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public void stop() throws InterruptedException {
        ask(Request.newBuilder().setStop(StopRequest.getDefaultInstance()));
    }

    /**
     * Drop what is queued.
     *
     * @param newEpoch also fence what is still on its way
     * @return how many were dropped
     * @throws GradmqException NO_MODEL, CONDITION
     * @throws InterruptedException while it waited
     */
    public long clearGradients(boolean newEpoch) throws InterruptedException {
        ClearGradientsRequest body =
                ClearGradientsRequest.newBuilder().setNewEpoch(newEpoch).build();
        return ask(Request.newBuilder().setClearGradients(body)).reply().getCleared().getCleared();
    }

    /**
     * End the coordinator.
     *
     * @param withoutCheckpoint do not write one at the end
     * @throws GradmqException CONDITION, CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public void destroy(boolean withoutCheckpoint) throws InterruptedException {
        DestroyRequest body =
                DestroyRequest.newBuilder().setWithoutCheckpoint(withoutCheckpoint).build();
        ask(Request.newBuilder().setDestroy(body));
    }

    /**
     * Write a checkpoint, and wait until it is written.
     *
     * @throws GradmqException STATE: one is being written; NO_MODEL, UNSUPPORTED (it has no
     *     folder), INTERNAL
     * @throws InterruptedException while it waited
     */
    public void checkpoint() throws InterruptedException {
        new Operations(this).checkpoint();
    }

    /**
     * Put the newest checkpoint in force, and wait until it is; a new epoch begins.
     *
     * @throws GradmqException ARGUMENT: there is none; UNSUPPORTED
     * @throws InterruptedException while it waited
     */
    public void restore() throws InterruptedException {
        new Operations(this).restore(null);
    }

    /**
     * Put a checkpoint in force, and wait until it is; a new epoch begins.
     *
     * @param checkpoint its name
     * @throws GradmqException ARGUMENT: there is none; UNSUPPORTED
     * @throws InterruptedException while it waited
     */
    public void restore(String checkpoint) throws InterruptedException {
        new Operations(this).restore(checkpoint);
    }

    /**
     * Write down what happens from now on, and wait until the recording has begun.
     *
     * @param name of the file, in the folder that the coordinator was given
     * @throws GradmqException ARGUMENT: there is such a file; STATE, UNSUPPORTED
     * @throws InterruptedException while it waited
     */
    public void startRecording(String name) throws InterruptedException {
        new Operations(this).record(name);
    }

    /**
     * End the recording, and wait until it is whole.
     *
     * @throws GradmqException STATE: none is made
     * @throws InterruptedException while it waited
     */
    public void stopRecording() throws InterruptedException {
        new Operations(this).record(null);
    }

    /** Close the connection, of all views. The coordinator goes on. */
    @Override
    public void close() {
        loop().close();
        try {
            loop().checkMayWait();
            Await.on(loop().ended().copy());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "coordinator of " + model();
    }
}
