package org.gradmq;

import org.gradmq.internal.GradientCheck;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.Metric;

import java.util.ArrayList;
import java.util.List;

/**
 * What a push says beyond the numbers. Immutable: each method answers changed options.
 *
 * <pre>{@code
 * worker.push(gradient, PushOptions.NONE.weight(32).metric("loss", loss));
 * }</pre>
 */
public final class PushOptions {
    /** What most pushes say: nothing. */
    public static final PushOptions NONE = new PushOptions();

    private DType dtype;
    private Kind kind = Kind.GRADIENT;
    private Double weight;
    private Double lossScale;
    private boolean withoutBase;
    private Long clock;
    private boolean lastOfClock;
    private List<Metric> metrics = List.of();

    private PushOptions() {}

    private PushOptions copy() {
        PushOptions to = new PushOptions();
        to.dtype = dtype;
        to.kind = kind;
        to.weight = weight;
        to.lossScale = lossScale;
        to.withoutBase = withoutBase;
        to.clock = clock;
        to.lastOfClock = lastOfClock;
        to.metrics = metrics;
        return to;
    }

    /**
     * The type in which the numbers go. Without it: that of the array or buffer, and of bytes the
     * model's.
     *
     * @param dtype such as F16, to which numbers are rounded, to nearest, ties to even
     * @return changed options
     */
    public PushOptions dtype(DType dtype) {
        PushOptions to = copy();
        to.dtype = dtype;
        return to;
    }

    /**
     * What it is; a gradient by default.
     *
     * @param kind as the policy takes it
     * @return changed options
     */
    public PushOptions kind(Kind kind) {
        PushOptions to = copy();
        to.kind = kind;
        return to;
    }

    /**
     * Its share, where policy or rule weighs, such as the number of examples; 1 by default.
     *
     * @param weight finite and above 0
     * @return changed options
     */
    public PushOptions weight(double weight) {
        PushOptions to = copy();
        to.weight = weight;
        return to;
    }

    /**
     * What the loss was multiplied by; the coordinator divides by it.
     *
     * @param lossScale finite and above 0
     * @return changed options
     */
    public PushOptions lossScale(double lossScale) {
        PushOptions to = copy();
        to.lossScale = lossScale;
        return to;
    }

    /**
     * Do not state what parameters it was made from: it is then taken in any epoch of its layout.
     *
     * @return changed options
     */
    public PushOptions withoutBase() {
        PushOptions to = copy();
        to.withoutBase = true;
        return to;
    }

    /**
     * Which clock it belongs to: under bsp the round, under ssp 1 + the clock of the worker's
     * stats. Without it every gradient is a clock of its own.
     *
     * @param clock number of the clock
     * @param last is it the last of that clock?
     * @return changed options
     */
    public PushOptions clock(long clock, boolean last) {
        PushOptions to = copy();
        to.clock = clock;
        to.lastOfClock = last;
        return to;
    }

    /**
     * A number to report, such as the loss.
     *
     * @param name 1 to 64 bytes
     * @param value finite
     * @return changed options
     */
    public PushOptions metric(String name, double value) {
        return metric(Metric.newBuilder().setName(name).setValue(value).build());
    }

    /**
     * A number to report, with its weight in the mean over workers.
     *
     * @param name 1 to 64 bytes
     * @param value finite
     * @param weight finite and above 0
     * @return changed options
     */
    public PushOptions metric(String name, double value, double weight) {
        return metric(Metric.newBuilder().setName(name).setValue(value).setWeight(weight).build());
    }

    private PushOptions metric(Metric metric) {
        PushOptions to = copy();
        to.metrics = new ArrayList<>(metrics);
        to.metrics.add(metric);
        return to;
    }

    DType dtype() {
        return dtype;
    }

    Kind kind() {
        return kind;
    }

    boolean statesBase() {
        return !withoutBase;
    }

    double lossScale() {
        return lossScale == null ? 1 : lossScale;
    }

    //  All that does not depend on the numbers, checked; ARGUMENT, NAME.
    Gradient.Builder header() {
        Gradient.Builder to = Gradient.newBuilder();
        if (kind != Kind.GRADIENT) {
            to.setKind(kind.number());
        }
        if (weight != null) {
            to.setWeight(weight);
        }
        if (lossScale != null) {
            to.setLossScale(lossScale);
        }
        if (clock != null) {
            to.setClock(clock);
            if (lastOfClock) {
                to.setLastOfClock(true);
            }
        }
        to.addAllMetrics(metrics);
        GradientCheck.statement(to.buildPartial());
        return to;
    }
}
