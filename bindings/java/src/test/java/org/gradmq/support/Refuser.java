package org.gradmq.support;

import java.io.IOException;
import java.nio.file.Path;

/** A program before a gradmqd that refuses a Record of "code-N" with the code N. */
public final class Refuser implements AutoCloseable {
    private final Process process;
    private final String control;

    private Refuser(Process process, String control) {
        this.process = process;
        this.control = control;
    }

    public static Refuser before(Daemon daemon) throws IOException {
        Path script =
                Path.of(System.getProperty("gradmq.root", "../.."), "tests/bindings/refuser.py");
        Process process =
                new ProcessBuilder("python3", script.toString(), daemon.control())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String control = process.inputReader().readLine();
        if (control == null) {
            throw new AssertionError("the refuser has ended");
        }
        return new Refuser(process, control);
    }

    /** Its endpoint. */
    public String control() {
        return control;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
