package org.gradmq;

import org.gradmq.internal.Compressor;
import org.gradmq.internal.Downlink;
import org.gradmq.internal.Encoding;
import org.gradmq.internal.Payloads;
import org.gradmq.internal.Push;
import org.gradmq.internal.Returned;
import org.gradmq.internal.Slice;
import org.gradmq.internal.Uplink;
import org.gradmq.internal.WorkerLoop;
import org.gradmq.v1.Base;
import org.gradmq.v1.Gradient;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Makes of what a caller pushes what the uplink sends. Runs on the caller's thread. */
final class Pusher {
    private static final int SKIP = 4;

    private final WorkerLoop loop;
    private final Uplink uplink;
    private final Object turn = new Object();
    private Compressor compressor;

    Pusher(WorkerLoop loop) {
        this.loop = loop;
        this.uplink = loop.uplink();
    }

    private static CompletableFuture<Long> failed(GradmqException why) {
        return CompletableFuture.failedFuture(why);
    }

    //  Header fields that do not depend on when it is sent.
    private Gradient.Builder header(PushOptions options, DType dtype, Layout layout) {
        Gradient.Builder header = options.header();
        if (dtype != null && dtype != layout.dtype()) {
            header.setDtype(dtype.code());
        }
        Downlink downlink = loop.downlink();
        Base given = downlink.given();
        if (options.statesBase() && given != null) {
            header.setBasedOn(given);
        }
        return header;
    }

    private CompletableFuture<Long> push(
            Gradient.Builder header,
            ByteBuffer payload,
            List<Slice> slices,
            Layout layout,
            CompletableFuture<Verdict> settled,
            long deadline) {
        return uplink.push(
                new Push(
                        header,
                        payload,
                        Payloads.cut(slices),
                        layout.id(),
                        settled == null,
                        0,
                        settled),
                deadline);
    }

    CompletableFuture<Long> skip(PushOptions options, long deadline) {
        try {
            Layout layout = loop.layout();
            Gradient.Builder header = header(options, null, layout).setKind(SKIP);
            return push(header, null, List.of(), layout, null, deadline);
        } catch (GradmqException e) {
            return failed(e);
        }
    }

    CompletableFuture<Long> whole(Buffer data, PushOptions options, long deadline) {
        try {
            Layout layout = loop.layout();
            checkLength(data.remaining(), layout, "elements");
            synchronized (turn) {
                if (compressor != null && options.kind() != Kind.MODEL_PARAMETERS) {
                    return compressed(data, options, layout, deadline);
                }
            }
            DType dtype = dtype(data, options);
            Gradient.Builder header = header(options, dtype, layout);
            List<Slice> slices = Payloads.whole(layout, dtype);
            ByteBuffer payload = uplink.buffer(Payloads.bytes(slices));
            Part.Values.write(data, payload, dtype);
            return push(header, payload.flip(), slices, layout, null, deadline);
        } catch (GradmqException e) {
            return failed(e);
        }
    }

    private static DType dtype(Buffer data, PushOptions options) {
        if (options.dtype() != null) {
            return options.dtype();
        }
        return data instanceof FloatBuffer ? DType.F32 : DType.F64;
    }

    private static void checkLength(long given, Layout layout, String what) {
        if (given != layout.elements()) {
            throw GradmqException.of(
                    ErrorCode.LENGTH,
                    "a gradient of "
                            + layout.elements()
                            + " "
                            + what
                            + " is needed, and "
                            + given
                            + " are given");
        }
    }

    CompletableFuture<Long> lent(
            ByteBuffer data,
            PushOptions options,
            CompletableFuture<Verdict> settled,
            long deadline) {
        try {
            Layout layout = loop.layout();
            DType dtype = options.dtype() == null ? layout.dtype() : options.dtype();
            long bytes = layout.elements() * dtype.bytes();
            if (data.remaining() != bytes || !data.isDirect()) {
                throw GradmqException.of(
                        data.isDirect() ? ErrorCode.LENGTH : ErrorCode.ARGUMENT,
                        "a direct buffer of "
                                + bytes
                                + " bytes is needed, "
                                + layout.elements()
                                + " elements of "
                                + dtype
                                + "; "
                                + data.remaining()
                                + " bytes are given");
            }
            List<Slice> slices = Payloads.whole(layout, dtype);
            return push(header(options, dtype, layout), data, slices, layout, settled, deadline);
        } catch (GradmqException e) {
            return failed(e);
        }
    }

    //  ------------------------------------------------------------------------------------------
    //  Parts

    CompletableFuture<Long> parts(List<Part> parts, PushOptions options, long deadline) {
        try {
            Layout layout = loop.layout();
            Payload made = payload(parts, options, layout);
            Gradient.Builder header = header(options, made.dtype, layout);
            made.slices.forEach(slice -> header.addParts(told(slice, false)));
            ByteBuffer payload = uplink.buffer(Payloads.bytes(made.slices));
            write(parts, made, payload);
            return push(header, payload.flip(), made.slices, layout, null, deadline);
        } catch (GradmqException e) {
            return failed(e);
        }
    }

    /** Parts with what a header says of them. */
    record Payload(DType dtype, List<Slice> slices) {}

    static Payload payload(List<Part> parts, PushOptions options, Layout layout) {
        if (parts.isEmpty()) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT,
                    "a partial gradient needs a part; to say \"nothing this time\", skip");
        }
        DType dtype = options.dtype() == null ? parts.get(0).dtype() : options.dtype();
        List<Slice> slices = new ArrayList<>();
        long offset = 0;
        int before = -1;
        for (Part part : parts) {
            int index = layout.indexOf(part.tensor());
            if (index <= before) {
                throw GradmqException.of(
                        ErrorCode.ARGUMENT,
                        "parts go by ascending tensor; "
                                + part.tensor()
                                + " is behind a later one");
            }
            before = index;
            Slice slice = slice(part, layout, index, dtype, offset);
            slices.add(slice);
            offset += slice.bytes();
        }
        return new Payload(dtype, slices);
    }

    private static Slice slice(Part part, Layout layout, int index, DType dtype, long offset) {
        TensorSpec tensor = layout.tensors().get(index);
        long[] rows = part.rows();
        Encoding encoding = rows == null ? Encoding.DENSE : Encoding.ROWS;
        long count = rows == null ? 0 : rows.length;
        Slice slice = Slice.of(layout, index, encoding, dtype, count, offset);
        long wanted = rows == null ? tensor.elements() : count * tensor.row();
        if (part.count() != wanted) {
            throw GradmqException.of(
                    ErrorCode.LENGTH,
                    "tensor "
                            + tensor.name()
                            + ": "
                            + wanted
                            + " elements are needed, and "
                            + part.count()
                            + " are given");
        }
        long before = -1;
        for (int i = 0; i < count; i++) {
            if (rows[i] <= before || rows[i] >= tensor.rows()) {
                throw GradmqException.of(
                        ErrorCode.ARGUMENT,
                        "tensor "
                                + tensor.name()
                                + ": row "
                                + rows[i]
                                + " behind row "
                                + before
                                + "; rows increase, and stay below "
                                + tensor.rows());
            }
            before = rows[i];
        }
        return slice;
    }

    /** Indices and numbers, one part behind the other. */
    static void write(List<Part> parts, Payload made, ByteBuffer to) {
        for (Part part : parts) {
            if (part.rows() != null) {
                for (long row : part.rows()) {
                    to.putInt((int) row);
                }
            }
            part.write(to, made.dtype);
        }
    }

    static org.gradmq.v1.Part told(Slice slice, boolean withDtype) {
        org.gradmq.v1.Part.Builder to =
                org.gradmq.v1.Part.newBuilder().setTensor(slice.tensor()).setBytes(slice.bytes());
        if (slice.encoding() != Encoding.DENSE) {
            to.setEncoding(slice.encoding().code());
        }
        if (slice.count() != 0) {
            to.setCount(slice.count());
        }
        if (withDtype) {
            to.setDtype(slice.dtype().code());
        }
        return to.build();
    }

    //  ------------------------------------------------------------------------------------------
    //  Compression

    void compress(Compression how) {
        Compressor made = how == null ? null : new Compressor(how);
        if (made != null) {
            made.prepare(loop.layout());
        }
        synchronized (turn) {
            compressor = made;
            uplink.onReturn(made == null ? returned -> {} : made::giveBack);
        }
    }

    //  Pushes go in the order in which they were encoded: each builds on what the one before left.
    private CompletableFuture<Long> compressed(
            Buffer data, PushOptions options, Layout layout, long deadline) {
        Compressor to = compressor;
        if (dtype(data, options) != layout.dtype()) {
            throw GradmqException.of(
                    ErrorCode.ARGUMENT,
                    "gradients are compressed from the model's own dtype, "
                            + layout.dtype()
                            + "; give that");
        }
        to.prepare(layout);
        Gradient.Builder header = header(options, layout.dtype(), layout).clearLossScale();
        to.slices().forEach(slice -> header.addParts(told(slice, slice.dtype() != layout.dtype())));
        ByteBuffer payload = uplink.buffer(to.bytes());
        to.encode(data, 1 / options.lossScale(), payload);
        Push push =
                new Push(
                        header,
                        payload,
                        Payloads.cut(to.slices()),
                        layout.id(),
                        true,
                        to.generation(),
                        null);
        CompletableFuture<Long> future = uplink.push(push, deadline);
        Returned unused = new Returned(to.generation(), payload);
        future.whenComplete(
                (sequence, error) -> {
                    //  One that is given up while it is being sent was sent.
                    if (error != null && push.take()) {
                        to.giveBack(unused);
                    }
                });
        return future;
    }
}
