package org.gradmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gradmqd of a test's own, on free ports of loopback. */
public final class Daemon implements AutoCloseable {
    private static final Path BIN =
            Path.of(
                    System.getProperty(
                            "gradmq.bin",
                            System.getProperty("gradmq.root", "../..") + "/build/bin"));
    private static final Pattern READY =
            Pattern.compile(
                    "ready: .*control (\\S+) gradients (\\S+) updates (\\S+) events ([^ \"\\s]+)");

    private final Path log;
    private final List<String> settings = new ArrayList<>();
    private final String[] endpoints = {
        "tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"
    };
    private Process process;
    private boolean held;

    private Daemon(Path scratch, String... settings) {
        this.log = scratch.resolve("gradmqd.log");
        this.settings.addAll(List.of(settings));
    }

    /** A daemon that is ready. Settings are KEY=VALUE, as for --set. */
    public static Daemon start(Path scratch, String... settings) {
        Daemon daemon = new Daemon(scratch, settings);
        daemon.start();
        return daemon;
    }

    /** Start again on the same ports, after an end. */
    public void start() {
        String[] names = {"control", "gradients", "updates", "events"};
        List<String> command = new ArrayList<>(List.of(BIN.resolve("gradmqd").toString()));
        for (int i = 0; i < names.length; i++) {
            command.addAll(List.of("--set", "sockets/" + names[i] + "=" + endpoints[i]));
        }
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        try {
            Files.deleteIfExists(log);
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Soon.until("gradmqd is ready", this::isReady);
    }

    private boolean isReady() {
        try {
            String text = Files.exists(log) ? Files.readString(log) : "";
            Matcher ready = READY.matcher(text);
            if (ready.find()) {
                for (int i = 0; i < endpoints.length; i++) {
                    endpoints[i] = ready.group(i + 1);
                }
                return true;
            }
            if (!process.isAlive()) {
                throw new AssertionError("gradmqd does not start: " + text);
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its control endpoint. */
    public String control() {
        return endpoints[0];
    }

    /** Where it publishes events. */
    public String events() {
        return endpoints[3];
    }

    /** kill -9, and wait for the end. */
    public void kill() {
        process.destroyForcibly();
        held = false;
        ended();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** Wait for the end; its status. */
    public int ended() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("gradmqd does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    /** Hold every thread of it. */
    public void hold() {
        signal("-STOP");
        held = true;
        Path tasks = Path.of("/proc/" + process.pid() + "/task");
        Soon.until(
                "gradmqd stands still",
                () -> {
                    try (var each = Files.list(tasks)) {
                        return each.allMatch(Daemon::stopped);
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private static boolean stopped(Path task) {
        try {
            return Files.readString(task.resolve("status")).contains("T (stopped)");
        } catch (IOException e) {
            return true;
        }
    }

    /** Let it go on. */
    public void letGo() {
        signal("-CONT");
        held = false;
    }

    /** Let it go on, where it is held. */
    public void letGoIfHeld() {
        if (held && process.isAlive()) {
            letGo();
        }
    }

    private void signal(String signal) {
        run("kill", signal, Long.toString(process.pid()));
    }

    /** Run a program to its end, which has to be 0. */
    public static void run(String... command) {
        try {
            Process one = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(one.getInputStream().readAllBytes());
            if (one.waitFor() != 0) {
                throw new AssertionError(List.of(command) + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    /** `gradmq` with these arguments. */
    public static void gradmq(String... arguments) {
        List<String> command = new ArrayList<>(List.of(BIN.resolve("gradmq").toString()));
        command.addAll(List.of(arguments));
        run(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            letGoIfHeld();
            process.destroyForcibly();
            ended();
        }
    }
}
