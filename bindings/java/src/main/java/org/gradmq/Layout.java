package org.gradmq;

import org.gradmq.internal.LayoutId;
import org.gradmq.internal.Limits;
import org.gradmq.internal.Names;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An ordered list of tensors and the type that the coordinator keeps them in. In packed form they
 * stand one after the other, row-major, little-endian, without padding. Immutable.
 */
public final class Layout {
    private final List<TensorSpec> tensors;
    private final DType dtype;
    private final long[] offsets;
    private final Map<String, Integer> indices = new HashMap<>();
    private final long elements;
    private final long id;

    private Layout(DType dtype, List<TensorSpec> tensors) {
        this.tensors = List.copyOf(tensors);
        this.dtype = dtype;
        this.offsets = new long[tensors.size()];
        checkCount();
        checkDtype();
        long at = 0;
        for (int i = 0; i < offsets.length; i++) {
            TensorSpec tensor = this.tensors.get(i);
            checkTensor(tensor);
            offsets[i] = at;
            at += tensor.elements();
            if (at > Limits.ELEMENTS) {
                throw refuse(ErrorCode.SHAPE, "the layout has more than 2^40 elements");
            }
            if (indices.put(tensor.name(), i) != null) {
                throw refuse(ErrorCode.NAME, "two tensors are called \"" + tensor.name() + "\"");
            }
        }
        elements = at;
        if (LayoutId.headerBytes(this) > Limits.HEADER_BYTES - Limits.DESCRIBE_REST_BYTES) {
            throw refuse(
                    ErrorCode.TOO_LARGE,
                    "names and shapes of the layout do not fit into the header of a Describe");
        }
        id = LayoutId.of(this);
    }

    /**
     * A layout of these tensors.
     *
     * @param dtype F32 or F64
     * @param tensors in the order in which they are packed
     * @return the layout
     * @throws GradmqException SHAPE, NAME, UNSUPPORTED, TOO_LARGE
     */
    public static Layout of(DType dtype, List<TensorSpec> tensors) {
        return new Layout(dtype, tensors);
    }

    /**
     * A layout of these tensors.
     *
     * @param dtype F32 or F64
     * @param tensors in the order in which they are packed
     * @return the layout
     * @throws GradmqException SHAPE, NAME, UNSUPPORTED, TOO_LARGE
     */
    public static Layout of(DType dtype, TensorSpec... tensors) {
        return new Layout(dtype, List.of(tensors));
    }

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    private void checkCount() {
        if (tensors.isEmpty() || tensors.size() > Limits.TENSORS) {
            throw refuse(
                    ErrorCode.SHAPE,
                    "a layout has 1 to " + Limits.TENSORS + " tensors, not " + tensors.size());
        }
    }

    private void checkDtype() {
        if (dtype != DType.F32 && dtype != DType.F64) {
            throw refuse(ErrorCode.UNSUPPORTED, "a model's own dtype is F32 or F64, not " + dtype);
        }
    }

    private static void checkTensor(TensorSpec tensor) {
        if (!Names.tensorValid(tensor.name())) {
            throw refuse(
                    ErrorCode.NAME,
                    "\""
                            + tensor.name()
                            + "\" is no tensor's name: 1 to 128 bytes of UTF-8 without control"
                            + " characters, and not __metadata__");
        }
        if (tensor.rank() > Limits.RANK) {
            throw refuse(
                    ErrorCode.SHAPE,
                    "tensor " + tensor.name() + " has more than " + Limits.RANK + " dimensions");
        }
        for (long dimension : tensor.shape()) {
            if (dimension < 1) {
                throw refuse(
                        ErrorCode.SHAPE, "tensor " + tensor.name() + " has a dimension below 1");
            }
        }
        if (tensor.elements() < 0 || tensor.elements() > Limits.ELEMENTS) {
            throw refuse(
                    ErrorCode.SHAPE, "tensor " + tensor.name() + " has more than 2^40 elements");
        }
    }

    /**
     * The tensors.
     *
     * @return in the order in which they are packed
     */
    public List<TensorSpec> tensors() {
        return tensors;
    }

    /**
     * The master type.
     *
     * @return F32 or F64
     */
    public DType dtype() {
        return dtype;
    }

    /**
     * How many elements all tensors have.
     *
     * @return at most 2^40
     */
    public long elements() {
        return elements;
    }

    /**
     * The layout id of the protocol: the first 8 octets of a SHA-256.
     *
     * @return an unsigned number
     */
    public long id() {
        return id;
    }

    /**
     * Where a tensor begins in packed form.
     *
     * @param index of the tensor
     * @return elements in front of it
     */
    public long offset(int index) {
        return offsets[index];
    }

    /**
     * Which tensor has this name.
     *
     * @param name of a tensor
     * @return its index
     * @throws GradmqException NAME: none has
     */
    public int indexOf(String name) {
        Integer index = indices.get(name);
        if (index == null) {
            throw refuse(ErrorCode.NAME, "the model has no tensor \"" + name + "\"");
        }
        return index;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Layout that && dtype == that.dtype && tensors.equals(that.tensors);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }

    @Override
    public String toString() {
        return dtype + " " + tensors;
    }
}
