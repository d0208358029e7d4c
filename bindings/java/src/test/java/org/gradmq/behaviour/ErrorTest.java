package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.ConnectOptions;
import org.gradmq.Coordinator;
import org.gradmq.DType;
import org.gradmq.Disposition;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.GradmqTimeoutException;
import org.gradmq.Layout;
import org.gradmq.PushOptions;
import org.gradmq.TensorSpec;
import org.gradmq.Verdict;
import org.gradmq.Worker;
import org.gradmq.support.Bed;
import org.gradmq.support.Keys;
import org.gradmq.support.Soon;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Errors. */
class ErrorTest {
    private static final Pattern ROW = Pattern.compile("^\\| (\\d+) \\| ([A-Z_]+) \\| .* \\|$");

    @Test
    void errorTable() throws Exception {
        Path document = Path.of(System.getProperty("gradmq.root", "../.."), "schemas/PROTOCOL.md");
        String text = Files.readString(document);
        String section = text.substring(text.indexOf("## 17. Codes"), text.indexOf("## 18. "));
        Map<Integer, String> told = new TreeMap<>();
        section.lines()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .forEach(row -> told.put(Integer.valueOf(row.group(1)), row.group(2)));
        assertTrue(told.size() >= 32, told.toString());
        told.forEach(
                (number, name) -> {
                    assertEquals(name, ErrorCode.of(number).name());
                    GradmqException e = GradmqException.of(number, "");
                    assertEquals(number, e.number());
                    assertEquals(ErrorCode.of(number).sentence(), e.getMessage());
                });
        for (ErrorCode code : ErrorCode.values()) {
            boolean wire = code.number() > 0 && code.number() < 64;
            assertEquals(wire, told.containsKey(code.number()), code.name());
        }
        GradmqException later = GradmqException.of(63, "of a later version");
        assertEquals(ErrorCode.UNKNOWN, later.code());
        assertEquals(63, later.number());
    }

    @Test
    void errorArgument() throws Exception {
        try (Bed bed = Bed.stopped()) {
            GradmqException e = refused(ErrorCode.ARGUMENT, () -> bed.set("learning_rate", -1));
            assertTrue(e.getMessage().contains("learning_rate"), e.getMessage());
            refused(ErrorCode.ARGUMENT, () -> bed.set("no_such_setting", 1));
        }
    }

    @Test
    void errorUnsupported() throws Exception {
        try (Bed bed = Bed.stopped()) {
            GradmqException e =
                    refused(
                            ErrorCode.UNSUPPORTED,
                            () ->
                                    bed.coordinator()
                                            .setParameters(
                                                    Map.of("optimizer", "newton"),
                                                    "learning_rate"));
            assertTrue(e.getMessage().contains("adamw"), e.getMessage());
        }
    }

    @Test
    void errorName() throws Exception {
        try (Bed bed = Bed.stopped()) {
            refused(ErrorCode.NAME, () -> Worker.open(bed.options().name("not a name")));
            refused(ErrorCode.NAME, () -> Coordinator.open(bed.options().model("-m")));
            refused(ErrorCode.NAME, () -> bed.coordinator().startRecording("a/b"));
        }
    }

    @Test
    void errorModel() throws Exception {
        try (Bed bed = Bed.stopped("model/name=mine")) {
            refused(ErrorCode.MODEL, () -> Coordinator.open(bed.options().model("other")));
            refused(ErrorCode.MODEL, () -> Worker.open(bed.options().model("other")));
        }
    }

    @Test
    void errorNoModel() throws Exception {
        try (Bed bed = Bed.empty()) {
            refused(ErrorCode.NO_MODEL, () -> bed.coordinator().getModelParameters());
            refused(ErrorCode.NO_MODEL, () -> bed.coordinator().start());
            GradmqException e =
                    Bed.refusedInTime(
                            in -> () -> Worker.open(bed.options().timeout(in)),
                            why -> why.code() == ErrorCode.NO_MODEL);
            assertTrue(e.getMessage().contains("load one first"), e.getMessage());
        }
    }

    @Test
    void errorState() throws Exception {
        try (Bed bed = Bed.running()) {
            refused(ErrorCode.STATE, () -> bed.coordinator().start());
        }
    }

    private static List<Verdict> verdicts(Worker worker) {
        List<Verdict> verdicts = new CopyOnWriteArrayList<>();
        worker.onVerdict(verdicts::add);
        return verdicts;
    }

    private static void refusedWith(ErrorCode code, List<Verdict> verdicts) {
        assertEquals(1, verdicts.size(), verdicts.toString());
        assertEquals(Disposition.REFUSED, verdicts.get(0).disposition());
        assertEquals(code, verdicts.get(0).code());
    }

    @Test
    void errorLayout() throws Exception {
        try (Bed bed = Bed.stopped()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = verdicts(worker);
            worker.push(filled(10, 1), PushOptions.NONE.withoutBase());
            bed.load(Layout.of(DType.F32, new TensorSpec("other", 10)), new float[10]);
            bed.coordinator().start();
            worker.flush(Bed.LONG);
            refusedWith(ErrorCode.LAYOUT, verdicts);
        }
    }

    @Test
    void errorLength() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            GradmqException e = refused(ErrorCode.LENGTH, () -> worker.push(new float[9]));
            assertTrue(e.getMessage().contains("10") && e.getMessage().contains("9"));
            refused(ErrorCode.LENGTH, () -> bed.coordinator().addGradients(new float[11]));
            refused(
                    ErrorCode.LENGTH,
                    () -> bed.coordinator().setModelParameters(Bed.TWO, new float[9]));
            assertEquals(0, worker.stats().pushed());
        }
    }

    @Test
    void errorNonFinite() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = verdicts(worker);
            float[] bad = filled(10, 1);
            bad[7] = Float.NaN;
            worker.push(bad);
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            refusedWith(ErrorCode.NON_FINITE, verdicts);
            assertEquals(1, verdicts.get(0).sequence());
            assertArrayEquals(filled(10, -1), bed.parameters());
        }
    }

    @Test
    void errorEpoch() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = verdicts(worker);
            worker.parameters();
            bed.load(Bed.TWO, new float[10]);
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            refusedWith(ErrorCode.EPOCH, verdicts);
            assertArrayEquals(new float[10], bed.parameters());
        }
    }

    @Test
    void errorStale() throws Exception {
        try (Bed bed = Bed.running()) {
            Worker worker = bed.worker("w1");
            List<Verdict> verdicts = verdicts(worker);
            worker.parameters();
            for (int i = 0; i < 3; i++) {
                bed.coordinator().addGradients(filled(10, 1));
            }
            bed.set("max_staleness", 2);
            worker.push(filled(10, 1));
            worker.flush(Bed.LONG);
            refusedWith(ErrorCode.STALE, verdicts);
            assertEquals(3, bed.version());
        }
    }

    @Test
    void errorPermission() throws Exception {
        try (Keys keys = new Keys();
                Bed bed = Bed.empty(keys.settings())) {
            keys.authorise("bob", "--role", "observer");
            try (Coordinator observer = Coordinator.open(keys.as("bob", bed.options()))) {
                assertEquals("EMPTY", observer.status().state());
                refused(
                        ErrorCode.PERMISSION,
                        () -> observer.setParameters(Map.of("learning_rate", 1)));
            }
        }
    }

    @Test
    void errorTimeout() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket silent = new ServerSocket(0, 5, loopback)) {
            String control = "tcp://127.0.0.1:" + silent.getLocalPort();
            ConnectOptions options = ConnectOptions.to(control).timeout(Duration.ofMillis(300));
            long begun = System.nanoTime();
            GradmqException open = refused(() -> Coordinator.open(options));
            assertInstanceOf(GradmqTimeoutException.class, open);
            assertTrue(open.getMessage().contains(control), open.getMessage());
            GradmqException worker = refused(() -> Worker.open(options));
            assertInstanceOf(GradmqTimeoutException.class, worker);
            assertTrue(worker.getMessage().contains(control), worker.getMessage());
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(30));
        }
        try (Bed bed = Bed.running()) {
            Coordinator coordinator = bed.coordinator();
            bed.daemon().hold();
            GradmqException e =
                    refused(
                            ErrorCode.TIMEOUT,
                            () -> coordinator.within(Duration.ofMillis(300)).status());
            assertTrue(e.getMessage().contains(bed.daemon().control()), e.getMessage());
            bed.daemon().letGo();
            Soon.until("it answers", () -> coordinator.status().state().equals("RUNNING"));
        }
    }
}
