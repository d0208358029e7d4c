package org.gradmq.support;

import org.gradmq.ConnectOptions;
import org.gradmq.Coordinator;
import org.gradmq.DType;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Layout;
import org.gradmq.TensorSpec;
import org.gradmq.Worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A daemon with a scratch folder, and clients of it that are closed at the end. */
public final class Bed implements AutoCloseable {
    /** Long enough for a loaded machine. */
    public static final Duration LONG = Duration.ofSeconds(60);

    /** Two tensors, 6 and 4 elements. */
    public static final Layout TWO =
            Layout.of(DType.F32, new TensorSpec("a", 2, 3), new TensorSpec("b", 4));

    private static final Duration CLOSE = Duration.ofMillis(200);

    private final Path scratch;
    private final Daemon daemon;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Coordinator coordinator;

    private Bed(Path scratch, Daemon daemon) {
        this.scratch = scratch;
        this.daemon = daemon;
    }

    /** A bed with an empty daemon. "SCRATCH" in a setting stands for the folder. */
    public static Bed empty(String... settings) {
        Path scratch = folder();
        scratch.resolve("state").toFile().mkdir();
        String[] put =
                Stream.concat(Stream.of("heartbeat_ms=100"), Arrays.stream(settings))
                        .map(setting -> setting.replace("SCRATCH", scratch.toString()))
                        .toArray(String[]::new);
        return new Bed(scratch, Daemon.start(scratch, put));
    }

    /** A bed with TWO at zero, sgd with rate 1, running. */
    public static Bed running(String... settings) throws InterruptedException {
        Bed bed = empty(settings);
        bed.load(TWO, new float[10]);
        bed.set("learning_rate", 1);
        bed.coordinator().start();
        return bed;
    }

    /** The same, stopped. */
    public static Bed stopped(String... settings) throws InterruptedException {
        Bed bed = empty(settings);
        bed.load(TWO, new float[10]);
        bed.set("learning_rate", 1);
        return bed;
    }

    public static Path folder() {
        try {
            return Files.createTempDirectory("gradmq-java-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path scratch() {
        return scratch;
    }

    public Daemon daemon() {
        return daemon;
    }

    public ConnectOptions options() {
        return ConnectOptions.to(daemon.control()).timeout(LONG);
    }

    public Coordinator coordinator() throws InterruptedException {
        if (coordinator == null) {
            coordinator = track(Coordinator.open(options()));
        }
        return coordinator;
    }

    public Worker worker(String name) throws InterruptedException {
        return track(Worker.open(options().name(name)));
    }

    public Worker worker(ConnectOptions options) throws InterruptedException {
        return track(Worker.open(options));
    }

    public <T extends AutoCloseable> T track(T one) {
        opened.push(one);
        return one;
    }

    public void load(Layout layout, float... parameters) throws InterruptedException {
        coordinator().setModelParameters(layout, parameters);
    }

    public void set(String name, Object value) throws InterruptedException {
        coordinator().setParameters(Map.of(name, value));
    }

    public float[] parameters() throws InterruptedException {
        return coordinator().getModelParameters().toFloatArray();
    }

    public long version() throws InterruptedException {
        return coordinator().status().position().version();
    }

    /** What fails with this code. */
    public static GradmqException refused(ErrorCode code, Action action) {
        GradmqException e = refused(action);
        if (e.code() != code) {
            throw new AssertionError("not " + code + " but " + e, e);
        }
        return e;
    }

    /** What fails with any code. */
    public static GradmqException refused(Action action) {
        try {
            action.run();
        } catch (GradmqException e) {
            if (e.getMessage().length() < 10) {
                throw new AssertionError("refused without a sentence", e);
            }
            return e;
        } catch (Exception e) {
            throw new AssertionError("something else was thrown", e);
        }
        throw new AssertionError("it was not refused");
    }

    /** What fails in time, with a time that is long enough to learn why; LONG at most. */
    public static GradmqException refusedInTime(
            Function<Duration, Action> action, Predicate<GradmqException> why) {
        GradmqException e = null;
        for (Duration in = Duration.ofMillis(500);
                in.compareTo(LONG) < 0;
                in = in.multipliedBy(2)) {
            long begun = System.nanoTime();
            e = refused(action.apply(in));
            if (System.nanoTime() - begun > in.plus(LONG).toNanos()) {
                throw new AssertionError("not in time", e);
            }
            if (why.test(e)) {
                return e;
            }
        }
        throw new AssertionError("it never says why", e);
    }

    /** Something that may fail. */
    public interface Action {
        void run() throws Exception;
    }

    public static float[] filled(int count, float value) {
        float[] array = new float[count];
        Arrays.fill(array, value);
        return array;
    }

    /** A safetensors file with one tensor of F32, "w". */
    public static Path safetensors(float[] values) {
        String header =
                "{\"w\":{\"dtype\":\"F32\",\"shape\":["
                        + values.length
                        + "],\"data_offsets\":[0,"
                        + 4 * values.length
                        + "]}}";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file =
                ByteBuffer.allocate(8 + text.length + 4 * values.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text).asFloatBuffer().put(values);
        try {
            Path folder = folder();
            Path path = folder.resolve("model.safetensors");
            folder.toFile().deleteOnExit();
            path.toFile().deleteOnExit();
            Files.write(path, file.array());
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        daemon.letGoIfHeld();
        for (AutoCloseable one : opened) {
            try {
                if (one instanceof Worker worker) {
                    worker.close(CLOSE);
                } else {
                    one.close();
                }
            } catch (Exception e) {
                //  What a test leaves unsettled is not its business.
                continue;
            }
        }
        daemon.close();
        try (Stream<Path> all = Files.walk(scratch)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
