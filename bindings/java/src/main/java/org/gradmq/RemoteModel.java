package org.gradmq;

import org.gradmq.internal.Arrival;
import org.gradmq.internal.CoordinatorLoop;
import org.gradmq.internal.CoordinatorLoop.Answer;
import org.gradmq.internal.LayoutId;
import org.gradmq.internal.Payloads;
import org.gradmq.internal.Session;
import org.gradmq.internal.Slice;
import org.gradmq.v1.Base;
import org.gradmq.v1.GetModelParametersRequest;
import org.gradmq.v1.GetParametersRequest;
import org.gradmq.v1.ModelParameters;
import org.gradmq.v1.Request;
import org.gradmq.v1.ResetRequest;
import org.gradmq.v1.SetModelParametersRequest;
import org.gradmq.v1.SetParametersRequest;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The part of a coordinator's remote control that is about settings, the model and what is added.
 */
abstract class RemoteModel extends Remote {
    RemoteModel(Session session) {
        super(session);
    }

    RemoteModel(Remote from, Duration timeout, Long ifEpoch, Long ifVersion) {
        super(from, timeout, ifEpoch, ifVersion);
    }

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
        memory().layout = layout;
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
        synchronized (memory()) {
            boolean reuse = session().reusesParameters();
            data = arrival.assemble(layout, reuse ? memory().reused : null);
            memory().reused = reuse ? data : null;
        }
        memory().base = Base.newBuilder().setEpoch(at.epoch()).setVersion(at.version()).build();
        return Optional.of(
                new Parameters(layout, arrival.dtype(layout), at.epoch(), at.version(), data));
    }

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
}
