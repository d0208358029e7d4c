package org.gradmq.internal;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;
import org.gradmq.v1.Tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** Layouts on the wire and their ids: PROTOCOL.md, section 5. */
public final class LayoutId {
    private static final byte[] MAGIC = "gradmq.layout.v1\n".getBytes(StandardCharsets.US_ASCII);

    private LayoutId() {}

    /** The canonical string of rule L-2. */
    public static byte[] canonical(Layout layout) {
        int size = MAGIC.length + 8;
        List<byte[]> names = new ArrayList<>();
        for (TensorSpec tensor : layout.tensors()) {
            byte[] name = tensor.name().getBytes(StandardCharsets.UTF_8);
            names.add(name);
            size += 8 + name.length + 8 * tensor.rank();
        }
        ByteBuffer to = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        to.put(MAGIC).putInt(layout.dtype().code()).putInt(names.size());
        for (int i = 0; i < names.size(); i++) {
            byte[] name = names.get(i);
            long[] shape = layout.tensors().get(i).shape();
            to.putInt(name.length).put(name).putInt(shape.length);
            for (long dimension : shape) {
                to.putLong(dimension);
            }
        }
        return to.array();
    }

    public static long of(Layout layout) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonical(layout));
            return ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    public static org.gradmq.v1.Layout write(Layout layout) {
        org.gradmq.v1.Layout.Builder to = org.gradmq.v1.Layout.newBuilder();
        to.setDtype(layout.dtype().code());
        for (TensorSpec tensor : layout.tensors()) {
            Tensor.Builder one = Tensor.newBuilder().setName(tensor.name());
            for (long dimension : tensor.shape()) {
                one.addShape(dimension);
            }
            to.addTensors(one);
        }
        return to.build();
    }

    public static Layout read(org.gradmq.v1.Layout from) {
        DType dtype = from.hasDtype() ? DType.of(from.getDtype()) : DType.F32;
        if (dtype == null) {
            throw GradmqException.of(
                    ErrorCode.UNSUPPORTED, "dtype " + from.getDtype() + " is not known here");
        }
        List<TensorSpec> tensors = new ArrayList<>();
        for (Tensor tensor : from.getTensorsList()) {
            long[] shape = new long[tensor.getShapeCount()];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = tensor.getShape(i);
            }
            tensors.add(new TensorSpec(tensor.getName(), shape));
        }
        return Layout.of(dtype, tensors);
    }

    /** Octets that the layout takes in a header. */
    public static long headerBytes(Layout layout) {
        long size = 0;
        for (TensorSpec tensor : layout.tensors()) {
            size += 3L * tensor.name().length() + 10L * tensor.rank() + 16;
        }
        //  An upper bound that is far from the limit for all but huge layouts.
        boolean small = size < Limits.HEADER_BYTES - Limits.DESCRIBE_REST_BYTES;
        return small ? size : write(layout).getSerializedSize();
    }
}
