package org.gradmq;

import org.gradmq.internal.CoordinatorLoop;
import org.gradmq.internal.Payloads;
import org.gradmq.v1.AcknowledgementRequest;
import org.gradmq.v1.AddGradientsRequest;
import org.gradmq.v1.AddModelParametersRequest;
import org.gradmq.v1.Added;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.JoinRequest;
import org.gradmq.v1.Joined;
import org.gradmq.v1.LeaveRequest;
import org.gradmq.v1.Request;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One gradient or set of parameters that is added over control, by a member that joins for it. */
final class Adder {
    private static final long LOOK_MS = 5;
    private static final long LOOK_MOST_MS = 250;

    /** A Leave is worth this wait when all went well, and this when it did not. */
    private static final Duration LEAVE = Duration.ofSeconds(2);

    private static final Duration LEAVE_IN_VAIN = Duration.ofMillis(200);

    private final Remote coordinator;
    private final PushOptions options;
    private final boolean dryRun;
    private final long deadline;

    Adder(Remote coordinator, PushOptions options, boolean dryRun) {
        this.coordinator = coordinator;
        this.options = options;
        this.dryRun = dryRun;
        this.deadline = coordinator.deadline();
    }

    static ByteBuffer buffer(long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw GradmqException.of(
                    ErrorCode.TOO_LARGE,
                    "a payload of " + bytes + " bytes; a buffer of Java holds less than 2 GiB");
        }
        return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All tensors of the model, from one packed array. */
    static List<Part> whole(Remote coordinator, float[] packed) throws InterruptedException {
        Layout known = coordinator.memory().layout;
        Layout layout = known == null ? coordinator.layoutOf(0) : known;
        if (packed.length != layout.elements()) {
            throw GradmqException.of(
                    ErrorCode.LENGTH,
                    layout.elements()
                            + " elements are needed, and "
                            + packed.length
                            + " are given");
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < layout.tensors().size(); i++) {
            TensorSpec tensor = layout.tensors().get(i);
            java.nio.FloatBuffer values =
                    java.nio.FloatBuffer.wrap(packed)
                            .slice((int) layout.offset(i), (int) tensor.elements());
            parts.add(Part.of(tensor.name(), values));
        }
        return parts;
    }

    void gradients(List<Part> parts) throws InterruptedException {
        add(parts, options, true);
    }

    void modelParameters(List<Part> parts) throws InterruptedException {
        PushOptions said =
                options.kind() == Kind.GRADIENT ? options.kind(Kind.MODEL_PARAMETERS) : options;
        add(parts, said, false);
    }

    //  Join, add it, leave.
    private void add(List<Part> parts, PushOptions said, boolean settled)
            throws InterruptedException {
        Gradient.Builder gradient = said.header();
        String name = coordinator.session().name();
        Joined joined =
                coordinator
                        .ask(Request.newBuilder().setJoin(JoinRequest.newBuilder().setWorker(name)))
                        .reply()
                        .getJoined();
        long last = 0;
        Duration patience = LEAVE_IN_VAIN;
        try {
            Layout layout = coordinator.layoutOf(joined.getLayoutId());
            Pusher.Payload made = Pusher.payload(parts, said, layout);
            ByteBuffer payload = buffer(Payloads.bytes(made.slices()));
            Pusher.write(parts, made, payload);
            gradient.setModel(coordinator.model())
                    .setWorker(name)
                    .setIncarnation(joined.getIncarnation())
                    .setSequence(1)
                    .setLowWater(1)
                    .setLayout(layout.id())
                    .setDtype(made.dtype().code());
            made.slices().forEach(slice -> gradient.addParts(Pusher.told(slice, false)));
            if (said.statesBase() && coordinator.memory().base != null) {
                gradient.setBasedOn(coordinator.memory().base);
            }
            var answer =
                    coordinator.ask(
                            request(gradient, settled),
                            CoordinatorLoop.frames(payload.flip(), made.slices()));
            if (!dryRun) {
                last = 1;
                await(answer.reply().getAdded(), joined.getIncarnation(), settled);
            }
            patience = LEAVE;
        } finally {
            leave(joined.getIncarnation(), last, patience);
        }
    }

    private Request.Builder request(Gradient.Builder gradient, boolean gradients) {
        Request.Builder request = Request.newBuilder();
        return gradients
                ? request.setAddGradients(
                        AddGradientsRequest.newBuilder().setGradient(gradient).setDryRun(dryRun))
                : request.setAddModelParameters(
                        AddModelParametersRequest.newBuilder()
                                .setGradient(gradient)
                                .setDryRun(dryRun));
    }

    //  Ask until it is settled, and what became of it.
    private void await(Added added, long incarnation, boolean settled) throws InterruptedException {
        if (!added.hasAcknowledgement()) {
            throw GradmqException.of(
                    ErrorCode.MALFORMED, "the coordinator does not acknowledge the gradient");
        }
        Acknowledgement ack = Acknowledgement.read(added.getAcknowledgement());
        long wait = LOOK_MS;
        while (settled && ack.settledThrough() == 0) {
            if (Await.deadline(Duration.ZERO) >= deadline) {
                Status status = coordinator.status();
                throw GradmqException.of(
                        ErrorCode.TIMEOUT,
                        "the gradient was received and is not applied yet; the coordinator is "
                                + status.state()
                                + (status.why().isEmpty() ? "" : ": " + status.why()));
            }
            TimeUnit.MILLISECONDS.sleep(wait);
            wait = Math.min(2 * wait, LOOK_MOST_MS);
            ack = look(incarnation);
        }
        for (Verdict verdict : ack.verdicts()) {
            if (verdict.sequence() == 1 && !verdict.applied()) {
                throw disposed(verdict);
            }
        }
    }

    private static GradmqException disposed(Verdict verdict) {
        boolean refused = verdict.disposition() == Disposition.REFUSED && verdict.code() != null;
        String text = verdict.text().isEmpty() ? "" : ": " + verdict.text();
        return GradmqException.of(
                refused ? verdict.code() : ErrorCode.DISPOSED,
                "the gradient was not applied but " + verdict.disposition() + text);
    }

    private Acknowledgement look(long incarnation) throws InterruptedException {
        AcknowledgementRequest.Builder body =
                AcknowledgementRequest.newBuilder()
                        .setWorker(coordinator.session().name())
                        .setIncarnation(incarnation)
                        .setSentThrough(1);
        return Acknowledgement.read(
                coordinator
                        .ask(Request.newBuilder().setAcknowledgement(body))
                        .reply()
                        .getAcknowledgement());
    }

    private void leave(long incarnation, long last, Duration patience) throws InterruptedException {
        LeaveRequest.Builder body =
                LeaveRequest.newBuilder()
                        .setWorker(coordinator.session().name())
                        .setIncarnation(incarnation)
                        .setLastSequence(last);
        Request.Builder request = Request.newBuilder().setLeave(body);
        try {
            Await.on(coordinator.loop().ask(request, List.of(), Await.deadline(patience)));
        } catch (GradmqException e) {
            //  It is dropped when its lease is over where this does not get through.
            return;
        }
    }
}
