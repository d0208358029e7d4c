package org.gradmq.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.internal.Encoding;
import org.gradmq.internal.GradientCheck;
import org.gradmq.internal.LayoutId;
import org.gradmq.internal.Numbers;
import org.gradmq.internal.Payloads;
import org.gradmq.internal.Slice;
import org.gradmq.internal.Topics;
import org.gradmq.internal.Wire;
import org.gradmq.v1.Event;
import org.gradmq.v1.Gradient;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.gradmq.v1.Update;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Runs one golden vector; throws what is wrong with it. */
final class Runner {
    private Runner() {}

    static void run(String subject, JsonObject vector) {
        switch (subject) {
            case "gradient" -> gradient(vector);
            case "update" -> header(vector, 1, Update.newBuilder(), Wire::update, Wire.Kind.UPDATE);
            case "event" -> header(vector, 1, Event.newBuilder(), Wire::event, Wire.Kind.EVENT);
            case "request" -> request(vector);
            case "reply" -> header(vector, 0, Reply.newBuilder(), Wire::reply, Wire.Kind.REPLY);
            case "layout" -> layout(vector);
            case "payload" -> payload(vector);
            case "dtype" -> dtype(vector);
            case "topic" -> topic(vector);
            default -> throw new AssertionError("no runner for the subject " + subject);
        }
    }

    private interface Reader {
        Message read(byte[] header);
    }

    private static void check(boolean holds, String text) {
        if (!holds) {
            throw new AssertionError(text);
        }
    }

    private static GradmqException refusal(Runnable what) {
        try {
            what.run();
            return null;
        } catch (GradmqException e) {
            check(e.getMessage().length() >= 10, "refused without a sentence");
            return e;
        }
    }

    private static void expect(String code, GradmqException have) {
        String told = have == null ? "OK" : have.code().name();
        check(code.equals(told), told + ", not " + code + (have == null ? "" : "; " + have));
    }

    private static void header(
            JsonObject vector, int frame, Message.Builder builder, Reader reader, Wire.Kind kind) {
        byte[] header = Vectors.frames(vector).get(frame);
        if (vector.has("error")) {
            //  This library is as strict as a coordinator: it uses none of may_take.
            expect(Vectors.text(vector, "error"), refusal(() -> reader.read(header)));
            return;
        }
        Message want = want(vector, builder);
        same(want, reader.read(header));
        same(want, reader.read(Wire.encode(kind, want)));
    }

    private static Message want(JsonObject vector, Message.Builder builder) {
        try {
            JsonFormat.parser().merge(vector.get("message").toString(), builder);
            return builder.build();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("the vector's message is not of its kind", e);
        }
    }

    private static void same(Message want, Message have) {
        String difference = Meaning.difference(want, have);
        check(difference == null, difference);
    }

    private static void request(JsonObject vector) {
        header(vector, 0, Request.newBuilder(), RequestReader::read, Wire.Kind.REQUEST);
    }

    private static void gradient(JsonObject vector) {
        header(vector, 0, Gradient.newBuilder(), Runner::readGradient, Wire.Kind.GRADIENT);
        if (vector.has("attributable")) {
            byte[] header = Vectors.frames(vector).get(0);
            boolean known = refusal(() -> identify(header)) == null;
            check(known == vector.get("attributable").getAsBoolean(), "attributable: " + known);
        }
        if (!vector.has("check")) {
            return;
        }
        Layout layout = Vectors.layoutNamed(Vectors.text(vector, "layout"));
        List<byte[]> frames = Vectors.frames(vector);
        Gradient gradient = readGradient(frames.get(0));
        List<byte[]> payload = frames.subList(1, frames.size());
        expect(
                Vectors.text(vector, "check"),
                refusal(
                        () ->
                                GradientCheck.payload(
                                        gradient, layout, lengths(payload), joined(payload))));
    }

    private static Gradient identify(byte[] header) {
        Gradient gradient = Wire.decode(Wire.Kind.GRADIENT, header, Gradient.parser());
        GradientCheck.identity(gradient);
        return gradient;
    }

    private static Gradient readGradient(byte[] header) {
        Gradient gradient = identify(header);
        GradientCheck.statement(gradient);
        return gradient;
    }

    private static long[] lengths(List<byte[]> frames) {
        return frames.stream().mapToLong(frame -> frame.length).toArray();
    }

    private static ByteBuffer joined(List<byte[]> frames) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        frames.forEach(to::writeBytes);
        return ByteBuffer.wrap(to.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void layout(JsonObject vector) {
        JsonObject from = vector.getAsJsonObject("layout");
        if (vector.has("error")) {
            expect(Vectors.text(vector, "error"), refusal(() -> Vectors.layout(from)));
            return;
        }
        Layout layout = Vectors.layout(from);
        String canonical = HexFormat.of().formatHex(LayoutId.canonical(layout));
        check(canonical.equals(Vectors.text(vector, "canonical")), "canonical: " + canonical);
        String id = Long.toUnsignedString(layout.id());
        check(id.equals(Vectors.text(vector, "id")), "its id is " + id);
        check(LayoutId.read(LayoutId.write(layout)).equals(layout), "it is not read as written");
    }

    private static void payload(JsonObject vector) {
        Layout layout = Vectors.layout(vector.getAsJsonObject("layout"));
        List<byte[]> frames = Vectors.frames(vector);
        List<Slice> slices = new ArrayList<>();
        GradmqException refusal = refusal(() -> checked(vector, layout, frames, slices));
        expect(vector.has("error") ? Vectors.text(vector, "error") : "OK", refusal);
        if (refusal != null) {
            return;
        }
        JsonArray values = vector.getAsJsonArray("values");
        for (int i = 0; i < slices.size(); i++) {
            double[] have = Payloads.decode(joined(frames), slices.get(i));
            double[] want = new double[values.get(i).getAsJsonArray().size()];
            for (int k = 0; k < want.length; k++) {
                want[k] = values.get(i).getAsJsonArray().get(k).getAsDouble();
            }
            check(Arrays.equals(want, have), "part " + i + " is " + Arrays.toString(have));
        }
    }

    private static void checked(
            JsonObject vector, Layout layout, List<byte[]> frames, List<Slice> slices) {
        int dtype = (int) Vectors.number(vector, "dtype");
        long offset = 0;
        for (JsonElement one : vector.getAsJsonArray("parts")) {
            JsonObject part = one.getAsJsonObject();
            int code = part.has("encoding") ? (int) Vectors.number(part, "encoding") : 1;
            Encoding encoding = Encoding.of(code);
            if (encoding == null) {
                throw GradmqException.of(ErrorCode.UNSUPPORTED, "no encoding " + code);
            }
            DType own = DType.of(part.has("dtype") ? (int) Vectors.number(part, "dtype") : dtype);
            int tensor = (int) Vectors.number(part, "tensor");
            long count = Vectors.number(part, "count");
            Slice slice = Slice.of(layout, tensor, encoding, own, count, offset);
            slices.add(slice);
            offset += slice.bytes();
        }
        Payloads.checkFrames(lengths(frames), slices);
        slices.forEach(slice -> Payloads.checkIndices(joined(frames), slice));
    }

    private static void dtype(JsonObject vector) {
        DType from = DType.valueOf(Vectors.text(vector, "from"));
        DType to = DType.valueOf(Vectors.text(vector, "to"));
        ByteBuffer input = joined(List.of(Vectors.hex(vector.get("input"))));
        ByteBuffer want = joined(List.of(Vectors.hex(vector.get("output"))));
        int count = input.capacity() / from.bytes();
        ByteBuffer have = ByteBuffer.allocate(count * to.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            Numbers.put(have, i * to.bytes(), to, Numbers.get(input, i * from.bytes(), from));
        }
        int differs = want.mismatch(have);
        check(differs < 0, "octet " + differs + " is not converted as it should be");
    }

    private static void topic(JsonObject vector) {
        JsonObject of = vector.getAsJsonObject("of");
        String want = Vectors.text(vector, "topic");
        String model = Vectors.text(of, "model");
        String worker = Vectors.text(of, "worker");
        String have =
                switch (want.substring(0, want.indexOf('/'))) {
                    case "params" -> Topics.parameters(model, Vectors.text(of, "stream"));
                    case "ack" -> Topics.acknowledgement(model, worker);
                    case "event" ->
                            worker == null ? Topics.all(model) : Topics.worker(model, worker);
                    case "announce" -> Topics.announcement(model);
                    case "malformed" -> Topics.malformed(model);
                    case "sync" -> Topics.sync(Vectors.number(of, "nonce"));
                    default -> "no topic of this kind";
                };
        check(want.equals(have), have);
        boolean sync = Topics.isSync(want.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        check(sync == want.startsWith("sync/"), "taken for a mark, or not");
    }
}
