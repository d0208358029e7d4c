package org.gradmq;

import org.gradmq.internal.Arrival;
import org.gradmq.internal.CoordinatorLoop;
import org.gradmq.internal.CoordinatorLoop.Answer;
import org.gradmq.internal.LayoutId;
import org.gradmq.internal.Payloads;
import org.gradmq.internal.Session;
import org.gradmq.internal.Slice;
import org.gradmq.v1.AcknowledgementRequest;
import org.gradmq.v1.Base;
import org.gradmq.v1.ClearGradientsRequest;
import org.gradmq.v1.DescribeRequest;
import org.gradmq.v1.DestroyRequest;
import org.gradmq.v1.GetModelParametersRequest;
import org.gradmq.v1.GetParametersRequest;
import org.gradmq.v1.ListWorkersRequest;
import org.gradmq.v1.ModelParameters;
import org.gradmq.v1.Request;
import org.gradmq.v1.ResetRequest;
import org.gradmq.v1.SetModelParametersRequest;
import org.gradmq.v1.SetParametersRequest;
import org.gradmq.v1.StartRequest;
import org.gradmq.v1.StatusRequest;
import org.gradmq.v1.StopRequest;
import org.gradmq.v1.SyncRequest;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
public final class Coordinator implements AutoCloseable {
    private static final int WORKERS_A_PAGE = 256;

    private final Session session;
    private final CoordinatorLoop loop;
    private final Memory memory;
    private final Duration timeout;
    private final Long ifEpoch;
    private final Long ifVersion;

    /** What all views of a connection know. */
    static final class Memory {
        volatile Position position = new Position(0, 0, 0);
        volatile Layout layout;
        volatile Base base;
        ByteBuffer reused;
    }

    private Coordinator(Session session) {
        this.session = session;
        this.loop = new CoordinatorLoop(session);
        this.memory = new Memory();
        this.timeout = session.timeout();
        this.ifEpoch = null;
        this.ifVersion = null;
    }

    private Coordinator(Coordinator from, Duration timeout, Long ifEpoch, Long ifVersion) {
        this.session = from.session;
        this.loop = from.loop;
        this.memory = from.memory;
        this.timeout = timeout;
        this.ifEpoch = ifEpoch;
        this.ifVersion = ifVersion;
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
        try {
            opened.describe();
            return opened;
        } catch (InterruptedException | GradmqException e) {
            opened.loop.close();
            throw e;
        }
    }

    /**
     * A view whose commands hold only while the model is at this epoch: else CONDITION.
     *
     * @param epoch as a {@link Position} tells it
     * @return a view of the same connection
     */
    public Coordinator ifEpoch(long epoch) {
        return new Coordinator(this, timeout, epoch, ifVersion);
    }

    /**
     * A view whose commands hold only while the model is at this version: else CONDITION.
     *
     * @param version as a {@link Position} tells it
     * @return a view of the same connection
     */
    public Coordinator ifVersion(long version) {
        return new Coordinator(this, timeout, ifEpoch, version);
    }

    /**
     * A view with another time-out.
     *
     * @param timeout longest wait of a call
     * @return a view of the same connection
     */
    public Coordinator within(Duration timeout) {
        return new Coordinator(this, timeout, ifEpoch, ifVersion);
    }

    //  ------------------------------------------------------------------------------------------
    //  Asking

    Session session() {
        return session;
    }

    Memory memory() {
        return memory;
    }

    long deadline() {
        return Await.deadline(timeout);
    }

    Answer ask(Request.Builder request) throws InterruptedException {
        return ask(request, List.of());
    }

    Answer ask(Request.Builder request, List<ByteBuffer> payload) throws InterruptedException {
        loop.checkMayWait();
        boolean auxiliary =
                switch (request.getBodyCase()) {
                    case DESCRIBE, JOIN, LEAVE, ACKNOWLEDGEMENT, STATUS -> true;
                    default -> false;
                };
        if (ifEpoch != null && !auxiliary) {
            request.setIfEpoch(ifEpoch);
        }
        if (ifVersion != null && !auxiliary) {
            request.setIfVersion(ifVersion);
        }
        Answer answer = Await.on(loop.ask(request, payload, deadline()));
        if (answer.reply().hasPosition()) {
            memory.position = Position.of(answer.reply().getPosition());
        }
        loop.learnModel(answer.reply().getModel());
        return answer;
    }

    /**
     * The model's name.
     *
     * @return as the coordinator tells it
     */
    public String model() {
        return session.model();
    }

    /**
     * Where the model stood at the newest answer.
     *
     * @return a position
     */
    public Position position() {
        return memory.position;
    }

    //  ------------------------------------------------------------------------------------------
    //  Looking

    /**
     * Endpoints, layout, limits and what the coordinator can do.
     *
     * @return of this moment
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Description describe() throws InterruptedException {
        Answer answer = ask(Request.newBuilder().setDescribe(DescribeRequest.getDefaultInstance()));
        Description description =
                Description.read(answer.reply().getModel(), answer.reply().getDescription());
        memory.layout = description.layout();
        return description;
    }

    /**
     * State, position, counters, and what is waited for.
     *
     * @return of this moment
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Status status() throws InterruptedException {
        Answer answer = ask(Request.newBuilder().setStatus(StatusRequest.getDefaultInstance()));
        return Status.read(Position.of(answer.reply().getPosition()), answer.reply().getStatus());
    }

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
    //  Settings

    /**
     * Change settings, all or nothing. What is not named keeps its value.
     *
     * @param changes by name; numbers, text, Boolean, and for "groups" a list of {@link Group}
     * @param reset names of settings that go back to their defaults
     * @return all settings as they are in force from then on
     * @throws GradmqException ARGUMENT, UNSUPPORTED, CONDITION; nothing is then changed
     * @throws InterruptedException while it waited
     */
    public Settings setParameters(Map<String, ?> changes, String... reset)
            throws InterruptedException {
        SetParametersRequest.Builder body =
                SetParametersRequest.newBuilder()
                        .setSettings(Settings.write(changes))
                        .addAllReset(List.of(reset));
        return Settings.read(
                ask(Request.newBuilder().setSetParameters(body)).reply().getParameters());
    }

    /**
     * Every setting in force.
     *
     * @return and which of them somebody gave
     * @throws GradmqException CONNECT, TIMEOUT
     * @throws InterruptedException while it waited
     */
    public Settings getParameters() throws InterruptedException {
        Answer answer =
                ask(
                        Request.newBuilder()
                                .setGetParameters(GetParametersRequest.getDefaultInstance()));
        return Settings.read(answer.reply().getParameters());
    }

    //  ------------------------------------------------------------------------------------------
    //  The model

    /**
     * Load a model; a new epoch begins at version 0.
     *
     * @param layout names and shapes
     * @param parameters packed, as long as the layout
     * @return where the model stands then
     * @throws GradmqException SHAPE, NAME, LENGTH, NON_FINITE, CONDITION, TOO_LARGE
     * @throws InterruptedException while it waited
     */
    public Position setModelParameters(Layout layout, float[] parameters)
            throws InterruptedException {
        return setModelParameters(layout, FloatBuffer.wrap(parameters), DType.F32);
    }

    /**
     * The same from doubles.
     *
     * @param layout names and shapes
     * @param parameters packed, as long as the layout
     * @return where the model stands then
     * @throws GradmqException as {@link #setModelParameters(Layout, float[])}
     * @throws InterruptedException while it waited
     */
    public Position setModelParameters(Layout layout, double[] parameters)
            throws InterruptedException {
        return setModelParameters(layout, DoubleBuffer.wrap(parameters), DType.F64);
    }

    /**
     * The same from a buffer.
     *
     * @param layout names and shapes
     * @param parameters packed, from position to limit
     * @return where the model stands then
     * @throws GradmqException as {@link #setModelParameters(Layout, float[])}
     * @throws InterruptedException while it waited
     */
    public Position setModelParameters(Layout layout, FloatBuffer parameters)
            throws InterruptedException {
        return setModelParameters(layout, parameters.duplicate(), DType.F32);
    }

    private Position setModelParameters(Layout layout, java.nio.Buffer data, DType dtype)
            throws InterruptedException {
        if (data.remaining() != layout.elements()) {
            throw GradmqException.of(
                    ErrorCode.LENGTH,
                    "parameters of "
                            + layout.elements()
                            + " elements are needed, and "
                            + data.remaining()
                            + " are given");
        }
        List<Slice> slices = Payloads.whole(layout, dtype);
        ByteBuffer payload = Adder.buffer(Payloads.bytes(slices));
        Part.Values.write(data, payload, dtype);
        SetModelParametersRequest.Builder body =
                SetModelParametersRequest.newBuilder()
                        .setLayout(LayoutId.write(layout))
                        .setDtype(dtype.code())
                        .setBytes(Payloads.bytes(slices));
        Answer answer =
                ask(
                        Request.newBuilder().setSetModelParameters(body),
                        CoordinatorLoop.frames(payload.flip(), slices));
        memory.layout = layout;
        return Position.of(answer.reply().getPosition());
    }

    /**
     * The newest version, on the master type's stream. What is added afterwards states it as its
     * base.
     *
     * @return parameters
     * @throws GradmqException NO_MODEL, BUSY
     * @throws InterruptedException while it waited
     */
    public Parameters getModelParameters() throws InterruptedException {
        return get(GetModelParametersRequest.newBuilder()).orElseThrow();
    }

    /**
     * The newest version on a stream.
     *
     * @param stream "f32", "f64", "f16", "bf16" or "int8", which is given as F32
     * @return parameters
     * @throws GradmqException NO_MODEL, BUSY, UNSUPPORTED
     * @throws InterruptedException while it waited
     */
    public Parameters getModelParameters(String stream) throws InterruptedException {
        return get(GetModelParametersRequest.newBuilder().setStream(stream)).orElseThrow();
    }

    /**
     * The newest version, where it is newer than one that is known.
     *
     * @param epoch of the known one
     * @param version of the known one
     * @return empty: nothing is newer
     * @throws GradmqException NO_MODEL, BUSY
     * @throws InterruptedException while it waited
     */
    public Optional<Parameters> getModelParametersNewerThan(long epoch, long version)
            throws InterruptedException {
        Base known = Base.newBuilder().setEpoch(epoch).setVersion(version).build();
        return get(GetModelParametersRequest.newBuilder().setNewerThan(known));
    }

    private Optional<Parameters> get(GetModelParametersRequest.Builder body)
            throws InterruptedException {
        Answer answer = ask(Request.newBuilder().setGetModelParameters(body));
        ModelParameters told = answer.reply().getModelParameters();
        if (told.getUnchanged()) {
            return Optional.empty();
        }
        Position at = Position.of(answer.reply().getPosition());
        Layout layout = layoutOf(told.getLayoutId());
        Arrival arrival =
                new Arrival(
                        at.epoch(),
                        at.version(),
                        told.getLayoutId(),
                        told.getDtype(),
                        told.getEncoding(),
                        answer.payload());
        ByteBuffer data;
        synchronized (memory) {
            boolean reuse = session.reusesParameters();
            data = arrival.assemble(layout, reuse ? memory.reused : null);
            memory.reused = reuse ? data : null;
        }
        memory.base = Base.newBuilder().setEpoch(at.epoch()).setVersion(at.version()).build();
        return Optional.of(
                new Parameters(layout, arrival.dtype(layout), at.epoch(), at.version(), data));
    }

    /** The layout with this id; asks where it is not the one that is known. */
    Layout layoutOf(long id) throws InterruptedException {
        Layout known = memory.layout;
        if (known == null || known.id() != id) {
            known = describe().layout();
        }
        if (known == null) {
            throw GradmqException.of(
                    ErrorCode.NO_MODEL, "no model is loaded into " + session.model());
        }
        if (id != 0 && known.id() != id) {
            throw GradmqException.of(ErrorCode.LAYOUT, "the model is being replaced; ask again");
        }
        return known;
    }

    //  ------------------------------------------------------------------------------------------
    //  Gradients and parameters that are added

    /**
     * Add one gradient of the whole model and wait until it is settled. Joins for it under this
     * client's name, and leaves.
     *
     * @param gradient packed
     * @throws GradmqException DISPOSED: it was settled and not applied; the code of a refusal
     * @throws InterruptedException while it waited
     */
    public void addGradients(float[] gradient) throws InterruptedException {
        addGradients(Adder.whole(this, gradient), PushOptions.NONE, false);
    }

    /**
     * The same with some tensors only, or more to say.
     *
     * @param parts by ascending index of the tensor
     * @param options weight, metrics and more
     * @param dryRun check everything, and change nothing
     * @throws GradmqException DISPOSED: it was settled and not applied; the code of a refusal
     * @throws InterruptedException while it waited
     */
    public void addGradients(List<Part> parts, PushOptions options, boolean dryRun)
            throws InterruptedException {
        new Adder(this, options, dryRun).gradients(parts);
    }

    /**
     * Add parameters that were trained, for policy merge. Returns once they are received: they take
     * part in the step that the threshold, the setting merge_count, makes.
     *
     * @param parameters packed
     * @param options their weight; the kind is MODEL_PARAMETERS unless it says DELTA
     * @throws GradmqException DISPOSED: they are settled and were not applied; the code of a
     *     refusal
     * @throws InterruptedException while it waited
     */
    public void addModelParameters(float[] parameters, PushOptions options)
            throws InterruptedException {
        addModelParameters(Adder.whole(this, parameters), options, false);
    }

    /**
     * The same with some tensors only.
     *
     * @param parts by ascending index of the tensor
     * @param options their weight; the kind is MODEL_PARAMETERS unless it says DELTA
     * @param dryRun check everything, and change nothing
     * @throws GradmqException as {@link #addModelParameters(float[], PushOptions)}
     * @throws InterruptedException while it waited
     */
    public void addModelParameters(List<Part> parts, PushOptions options, boolean dryRun)
            throws InterruptedException {
        new Adder(this, options, dryRun).modelParameters(parts);
    }

    /**
     * Drop the contributions to the open step.
     *
     * @return how many were dropped
     * @throws GradmqException UNSUPPORTED: each gradient is a step
     * @throws InterruptedException while it waited
     */
    public long reset() throws InterruptedException {
        return ask(Request.newBuilder().setReset(ResetRequest.getDefaultInstance()))
                .reply()
                .getCleared()
                .getCleared();
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
        loop.close();
        try {
            loop.checkMayWait();
            Await.on(loop.ended().copy());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "coordinator of " + model();
    }
}
