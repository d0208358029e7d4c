package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.DType;
import org.gradmq.Description;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Kind;
import org.gradmq.Layout;
import org.gradmq.Parameters;
import org.gradmq.Part;
import org.gradmq.PushOptions;
import org.gradmq.Settings;
import org.gradmq.Status;
import org.gradmq.TensorSpec;
import org.gradmq.WorkerInfo;
import org.gradmq.support.Bed;
import org.gradmq.support.Soon;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** The coordinator from afar: looking, settings, the model, what is added. */
class CoordinatorTest {
    @Test
    void describe() throws Exception {
        try (Bed bed = Bed.stopped("model/name=digits")) {
            Description told = bed.coordinator().describe();
            assertEquals("digits", told.model());
            assertEquals(Bed.TWO, told.layout());
            assertEquals(Bed.TWO.id(), told.layout().id());
            for (List<String> endpoints :
                    List.of(
                            told.gradientsEndpoints(),
                            told.updatesEndpoints(),
                            told.eventsEndpoints())) {
                assertTrue(endpoints.get(0).startsWith("tcp://127.0.0.1:"), endpoints.toString());
            }
            assertEquals(1024, told.limits().get("receive_window"));
            assertEquals(16777216, told.limits().get("frame_bytes"));
            assertTrue(told.optimizers().contains("adam"));
            assertTrue(told.policies().containsAll(List.of("async", "bsp", "ssp", "merge")));
            assertTrue(told.rules().contains("median"));
            assertTrue(told.encodings().containsAll(List.of("DENSE", "ROWS", "INT8")));
            assertTrue(told.dtypes().containsAll(List.of(DType.values())));
            assertTrue(told.streamNames().contains("f16"));
            assertEquals(100, told.heartbeatMs());
        }
    }

    @Test
    void status() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Status stopped = bed.coordinator().status();
            assertEquals("STOPPED", stopped.state());
            assertEquals(0, stopped.position().version());
            bed.coordinator().start();
            bed.coordinator().addGradients(filled(10, 1));
            Status running = bed.coordinator().status();
            assertEquals("RUNNING", running.state());
            assertEquals(1, running.position().version());
            assertEquals(stopped.position().epoch(), running.position().epoch());
            assertTrue(
                    running.counters().values().stream().anyMatch(value -> value > 0),
                    running.counters().toString());
        }
    }

    @Test
    void listWorkers() throws Exception {
        try (Bed bed = Bed.running()) {
            for (String name : List.of("w2", "w0", "w4", "w1", "w3")) {
                bed.worker(name);
            }
            List<WorkerInfo> workers = bed.coordinator().listWorkers(2);
            assertEquals(
                    List.of("w0", "w1", "w2", "w3", "w4"),
                    workers.stream().map(WorkerInfo::name).toList());
            assertTrue(workers.stream().allMatch(one -> one.incarnation() != 0));
        }
    }

    @Test
    void setParameters() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Settings before = bed.coordinator().getParameters();
            Settings now =
                    bed.coordinator().setParameters(Map.of("clip_norm", 2.5, "warmup_steps", 7));
            assertEquals(2.5, now.get("clip_norm"));
            assertEquals(7L, now.get("warmup_steps"));
            assertEquals(1.0, now.get("learning_rate"));
            assertEquals(before.get("policy"), now.get("policy"));
            assertEquals(before.revision() + 1, now.revision());
            Status status = bed.coordinator().status();
            assertEquals(status.position().epoch(), now.fromEpoch());
            assertEquals(status.position().version(), now.fromVersion());
            assertEquals(now.revision(), status.settingsRevision());
        }
    }

    @Test
    void setParametersRefused() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Settings before = bed.coordinator().getParameters();
            GradmqException e =
                    refused(
                            ErrorCode.ARGUMENT,
                            () ->
                                    bed.coordinator()
                                            .setParameters(
                                                    Map.of("clip_norm", 1, "learning_rate", -3)));
            assertTrue(e.getMessage().contains("learning_rate"), e.getMessage());
            assertTrue(e.getMessage().contains("1000000"), e.getMessage());
            assertEquals(before, bed.coordinator().getParameters());
        }
    }

    @Test
    void resetParameter() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.set("clip_norm", 3);
            assertTrue(bed.coordinator().getParameters().given().contains("clip_norm"));
            Settings now = bed.coordinator().setParameters(Map.of(), "clip_norm");
            assertEquals(0.0, now.get("clip_norm"));
            assertFalse(now.given().contains("clip_norm"));
            assertFalse(bed.coordinator().getParameters().given().contains("clip_norm"));
        }
    }

    @Test
    void getParameters() throws Exception {
        try (Bed bed = Bed.stopped("settings/optimizer=adam")) {
            Settings now = bed.coordinator().getParameters();
            assertEquals("adam", now.get("optimizer"));
            assertEquals(0.9, now.get("beta1"));
            assertEquals(0.999, now.get("beta2"));
            assertEquals("descent", now.get("mode"));
            assertEquals(true, now.get("coalesce"));
            assertEquals(4096L, now.get("queue_gradients"));
            assertEquals(Set.of("optimizer", "learning_rate"), now.given());
        }
    }

    @Test
    void setModelParameters() throws Exception {
        try (Bed bed = Bed.empty()) {
            assertEquals("EMPTY", bed.coordinator().status().state());
            long epoch = bed.coordinator().setModelParameters(Bed.TWO, new float[10]).epoch();
            assertEquals("STOPPED", bed.coordinator().status().state());
            assertEquals(0, bed.version());
            bed.coordinator().start();
            bed.coordinator().addGradients(filled(10, 1));
            var loaded = bed.coordinator().setModelParameters(Bed.TWO, filled(10, 5));
            assertTrue(loaded.epoch() > epoch);
            assertEquals(0, loaded.version());
            assertArrayEquals(filled(10, 5), bed.parameters());
        }
    }

    @Test
    void getModelParameters() throws Exception {
        Layout layout =
                Layout.of(
                        DType.F32,
                        new TensorSpec("scalar"),
                        new TensorSpec("matrix", 2, 2),
                        new TensorSpec("größe", 3));
        float[] values = {
            0x1.fffffep0f, -0.0f, Float.MIN_VALUE, 1e30f, (float) Math.PI, -7, 0.1f, 0
        };
        try (Bed bed = Bed.empty()) {
            bed.load(layout, values);
            Parameters got = bed.coordinator().getModelParameters();
            assertArrayEquals(values, got.toFloatArray());
            assertEquals(layout, got.layout());
            assertEquals(Float.floatToRawIntBits(-0.0f), got.bytes().getInt(4));
            assertEquals(values[0], got.floats("scalar").get(0));
            assertEquals(values[3], got.floats("matrix").get(2));
            assertEquals(3, got.floats("größe").remaining());
            assertEquals(0.1f, got.floats("größe").get(1));
        }
    }

    @Test
    void getModelNewerThan() throws Exception {
        try (Bed bed = Bed.running()) {
            Parameters known = bed.coordinator().getModelParameters();
            assertTrue(
                    bed.coordinator()
                            .getModelParametersNewerThan(known.epoch(), known.version())
                            .isEmpty());
            bed.coordinator().addGradients(filled(10, 1));
            Parameters newer =
                    bed.coordinator()
                            .getModelParametersNewerThan(known.epoch(), known.version())
                            .orElseThrow();
            assertEquals(1, newer.version());
            assertArrayEquals(filled(10, -1), newer.toFloatArray());
        }
    }

    @Test
    void getModelStreams() throws Exception {
        float[] values = new float[600];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        Map<String, Double> relative =
                Map.of("f32", 0.0, "f64", 0.0, "f16", 0x1p-11, "bf16", 0x1p-8);
        try (Bed bed = Bed.empty()) {
            bed.load(Layout.of(DType.F32, new TensorSpec("w", 600)), values);
            for (var stream : relative.entrySet()) {
                double[] got =
                        bed.coordinator().getModelParameters(stream.getKey()).toDoubleArray();
                for (int i = 0; i < got.length; i++) {
                    double most = Math.abs(values[i]) * stream.getValue() + 0x1p-25;
                    most = stream.getValue() == 0 ? 0 : most;
                    assertEquals(values[i], got[i], most, stream.getKey());
                }
            }
            Parameters octets = bed.coordinator().getModelParameters("int8");
            assertEquals(DType.F32, octets.dtype());
            float[] got = octets.toFloatArray();
            for (int i = 0; i < got.length; i++) {
                assertEquals(values[i], got[i], 0.51 / 127, "int8");
            }
        }
    }

    @Test
    void addGradients() throws Exception {
        try (Bed bed = Bed.running()) {
            bed.set("learning_rate", 0.5);
            bed.coordinator().addGradients(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
            float[] expected = {-.5f, -1, -1.5f, -2, -2.5f, -3, -3.5f, -4, -4.5f, -5};
            assertArrayEquals(expected, bed.parameters());
            bed.coordinator()
                    .addGradients(
                            List.of(Part.of("b", new float[] {1, 1, 1, 1})),
                            PushOptions.NONE,
                            false);
            for (int i = 6; i < 10; i++) {
                expected[i] -= 0.5f;
            }
            assertArrayEquals(expected, bed.parameters());
            assertEquals(2, bed.version());
        }
    }

    @Test
    void addGradientsAscent() throws Exception {
        try (Bed bed = Bed.running()) {
            bed.set("mode", "ascent");
            bed.coordinator().addGradients(filled(10, 2));
            assertArrayEquals(filled(10, 2), bed.parameters());
        }
    }

    @Test
    void addGradientsDryRun() throws Exception {
        try (Bed bed = Bed.running()) {
            List<Part> part = List.of(Part.of("b", filled(4, 1)));
            bed.coordinator().addGradients(part, PushOptions.NONE, true);
            refused(
                    ErrorCode.NON_FINITE,
                    () ->
                            bed.coordinator()
                                    .addGradients(
                                            List.of(Part.of("b", filled(4, Float.NaN))),
                                            PushOptions.NONE,
                                            true));
            assertEquals(0, bed.version());
            assertArrayEquals(new float[10], bed.parameters());
        }
    }

    @Test
    void addModelParameters() throws Exception {
        try (Bed bed = Bed.stopped()) {
            bed.coordinator().setParameters(Map.of("policy", "merge", "merge_count", 2));
            bed.coordinator().start();
            bed.coordinator().addModelParameters(filled(10, 2), PushOptions.NONE);
            assertEquals(1, bed.coordinator().status().contributions());
            assertEquals(2, bed.coordinator().status().needed());
            assertEquals(0, bed.version());
            bed.coordinator().addModelParameters(filled(10, 6), PushOptions.NONE.kind(Kind.DELTA));
            Soon.until("the step is made", () -> bed.version() == 1);
            assertArrayEquals(filled(10, 4), bed.parameters());
            assertEquals(0, bed.coordinator().status().contributions());
        }
    }

    @Test
    void reset() throws Exception {
        try (Bed bed = Bed.stopped()) {
            refused(ErrorCode.UNSUPPORTED, () -> bed.coordinator().reset());
            bed.coordinator().setParameters(Map.of("policy", "merge", "merge_count", 3));
            bed.coordinator().start();
            bed.coordinator().addModelParameters(filled(10, 1), PushOptions.NONE);
            Soon.until("it counts", () -> bed.coordinator().status().contributions() == 1);
            assertEquals(1, bed.coordinator().reset());
            assertEquals(0, bed.coordinator().status().contributions());
            assertArrayEquals(new float[10], bed.parameters());
        }
    }
}
