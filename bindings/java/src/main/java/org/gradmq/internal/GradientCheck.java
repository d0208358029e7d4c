package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.Metric;
import org.gradmq.v1.Part;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a coordinator looks at before it takes a gradient: checks 1, 4 and 9 of rule G-2. */
public final class GradientCheck {
    public static final int KIND_GRADIENT = 1;
    public static final int KIND_SKIP = 4;

    private GradientCheck() {}

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    /** Who sends it, and as which: of a gradient that fails here nobody is known to tell. */
    public static void identity(Gradient gradient) {
        Wire.checkUnderstood(Gradient.getDescriptor(), gradient.getMustUnderstandList());
        if (!Names.valid(gradient.getModel()) || !Names.valid(gradient.getWorker())) {
            throw refuse(ErrorCode.NAME, "model and worker have to be valid names");
        }
        long sequence = gradient.getSequence();
        if (gradient.getIncarnation() == 0 || sequence == 0) {
            throw refuse(ErrorCode.ARGUMENT, "incarnation and sequence have to be above 0");
        }
        if (Long.compareUnsigned(gradient.getLowWater(), sequence) > 0) {
            throw refuse(ErrorCode.ARGUMENT, "low_water is above the sequence");
        }
    }

    /** What it says beside the numbers. */
    public static void statement(Gradient gradient) {
        int kind = gradient.hasKind() ? gradient.getKind() : KIND_GRADIENT;
        if (kind < KIND_GRADIENT || kind > KIND_SKIP) {
            throw refuse(ErrorCode.UNSUPPORTED, "kind " + kind + " is not known here");
        }
        Wire.checkDtype(gradient.hasDtype(), gradient.getDtype());
        checkScale("weight", gradient.hasWeight(), gradient.getWeight());
        checkScale("loss_scale", gradient.hasLossScale(), gradient.getLossScale());
        parts(gradient.getPartsList());
        metrics(gradient.getMetricsList());
    }

    private static void checkScale(String name, boolean given, double value) {
        if (given && !(value > 0 && Double.isFinite(value))) {
            throw refuse(
                    ErrorCode.ARGUMENT,
                    name + " is " + value + "; it has to be finite and above 0");
        }
    }

    private static void parts(List<Part> parts) {
        if (parts.size() > Limits.TENSORS) {
            throw refuse(ErrorCode.ARGUMENT, parts.size() + " parts are more than tensors");
        }
        long before = -1;
        for (Part part : parts) {
            long tensor = part.getTensor() & 0xffffffffL;
            if (!part.hasTensor() || tensor <= before) {
                throw refuse(ErrorCode.ARGUMENT, "parts name tensors, in ascending order");
            }
            Wire.checkEncoding(part.hasEncoding(), part.getEncoding());
            Wire.checkDtype(part.hasDtype(), part.getDtype());
            before = tensor;
        }
    }

    /** Names, values and weights of metrics; ARGUMENT, NAME (G-7). */
    public static void metrics(List<Metric> metrics) {
        if (metrics.size() > Limits.METRICS) {
            throw refuse(
                    ErrorCode.ARGUMENT,
                    metrics.size() + " metrics are given; " + Limits.METRICS + " can go");
        }
        for (Metric metric : metrics) {
            if (!Names.metricValid(metric.getName())) {
                throw refuse(
                        ErrorCode.NAME,
                        "a metric has no valid name: 1 to 64 bytes of UTF-8 without control"
                                + " characters");
            }
            if (!Double.isFinite(metric.getValue())) {
                throw refuse(ErrorCode.ARGUMENT, "metric " + metric.getName() + " is not finite");
            }
            checkScale(
                    "weight of metric " + metric.getName(), metric.hasWeight(), metric.getWeight());
        }
    }

    /** Header and payload against a layout. `payload` is the frames joined together. */
    public static List<Slice> payload(
            Gradient gradient, Layout layout, long[] frames, ByteBuffer payload) {
        if (gradient.getKind() == KIND_SKIP) {
            if (frames.length > 0) {
                throw refuse(ErrorCode.LENGTH, "a SKIP has no payload");
            }
            return List.of();
        }
        if (!gradient.hasLayout() || gradient.getLayout() != layout.id()) {
            throw refuse(ErrorCode.LAYOUT, "the gradient is for another layout");
        }
        List<Slice> slices = slices(gradient, layout);
        Payloads.checkFrames(frames, slices);
        for (Slice slice : slices) {
            Payloads.checkIndices(payload, slice);
        }
        return slices;
    }

    private static List<Slice> slices(Gradient gradient, Layout layout) {
        DType dtype = gradient.hasDtype() ? DType.of(gradient.getDtype()) : layout.dtype();
        if (gradient.getPartsCount() == 0) {
            return Payloads.whole(layout, dtype);
        }
        List<Slice> slices = new ArrayList<>();
        long offset = 0;
        for (Part part : gradient.getPartsList()) {
            if (Integer.compareUnsigned(part.getTensor(), layout.tensors().size()) >= 0) {
                throw refuse(ErrorCode.ARGUMENT, "a part names a tensor that is not there");
            }
            Encoding encoding =
                    part.hasEncoding() ? Encoding.of(part.getEncoding()) : Encoding.DENSE;
            DType own = part.hasDtype() ? DType.of(part.getDtype()) : dtype;
            Slice slice =
                    Slice.of(layout, part.getTensor(), encoding, own, part.getCount(), offset);
            if (part.hasBytes() && part.getBytes() != slice.bytes()) {
                throw refuse(ErrorCode.LENGTH, "a part tells another length than it has");
            }
            slices.add(slice);
            offset += slice.bytes();
        }
        return slices;
    }
}
