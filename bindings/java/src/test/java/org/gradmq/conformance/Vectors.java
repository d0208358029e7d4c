package org.gradmq.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Reads the files of schemas/vectors. */
final class Vectors {
    static final Path FOLDER =
            Path.of(System.getProperty("gradmq.root", "../..")).resolve("schemas/vectors");

    private Vectors() {}

    /** Names of all subjects. */
    static List<String> subjects() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .map(name -> name.substring(0, name.length() - ".json".length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<JsonObject> of(String subject) {
        try {
            String text = Files.readString(FOLDER.resolve(subject + ".json"));
            List<JsonObject> vectors = new ArrayList<>();
            for (JsonElement one :
                    JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("vectors")) {
                vectors.add(one.getAsJsonObject());
            }
            return vectors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(JsonObject object, String key) {
        return object.has(key) ? object.get(key).getAsString() : null;
    }

    static long number(JsonObject object, String key) {
        return object.has(key) ? Long.parseUnsignedLong(object.get(key).getAsString()) : 0;
    }

    /** Frames as they stand in a vector: hex, pieces, or many equal ones. */
    static List<byte[]> frames(JsonObject vector) {
        List<byte[]> frames = new ArrayList<>();
        for (JsonElement one : vector.getAsJsonArray("frames")) {
            if (one.isJsonObject()) {
                byte[] frame = hex(one.getAsJsonObject().get("frame"));
                for (int i = 0; i < one.getAsJsonObject().get("times").getAsInt(); i++) {
                    frames.add(frame);
                }
            } else if (one.isJsonArray()) {
                frames.add(pieces(one.getAsJsonArray()));
            } else {
                frames.add(hex(one));
            }
        }
        return frames;
    }

    private static byte[] pieces(JsonArray pieces) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        for (JsonElement piece : pieces) {
            if (piece.isJsonObject()) {
                byte[] repeated = hex(piece.getAsJsonObject().get("repeat"));
                for (int i = 0; i < piece.getAsJsonObject().get("count").getAsInt(); i++) {
                    to.writeBytes(repeated);
                }
            } else {
                to.writeBytes(hex(piece));
            }
        }
        return to.toByteArray();
    }

    static byte[] hex(JsonElement text) {
        return HexFormat.of().parseHex(text.getAsString());
    }

    /** A layout as it stands in a vector. */
    static Layout layout(JsonObject from) {
        int code = from.get("dtype").getAsInt();
        if (DType.of(code) == null) {
            throw GradmqException.of(ErrorCode.UNSUPPORTED, "there is no dtype " + code);
        }
        List<TensorSpec> tensors = new ArrayList<>();
        for (JsonElement one : from.getAsJsonArray("tensors")) {
            JsonObject tensor = one.getAsJsonObject();
            JsonArray dimensions =
                    tensor.has("shape") ? tensor.getAsJsonArray("shape") : new JsonArray();
            long[] shape = new long[dimensions.size()];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = Long.parseUnsignedLong(dimensions.get(i).getAsString());
            }
            tensors.add(new TensorSpec(text(tensor, "name"), shape));
        }
        return Layout.of(DType.of(code), tensors);
    }

    /** The layout that layout.json has under this name. */
    static Layout layoutNamed(String name) {
        for (JsonObject vector : of("layout")) {
            if (name.equals(text(vector, "name"))) {
                return layout(vector.getAsJsonObject("layout"));
            }
        }
        throw new IllegalArgumentException("no layout " + name);
    }
}
