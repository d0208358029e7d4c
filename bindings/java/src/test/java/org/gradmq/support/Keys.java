package org.gradmq.support;

import org.gradmq.ConnectOptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Certificates in a folder of a test's own, made by `gradmq keygen`. */
public final class Keys implements AutoCloseable {
    private final Path folder = Bed.folder();
    private final Path allowed = folder.resolve("authorised");

    public Keys() {
        try {
            Files.createDirectory(
                    allowed,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        make("server");
    }

    /** Make a key that nobody has authorised. */
    public void make(String name, String... options) {
        List<String> command = new ArrayList<>(List.of("keygen", name));
        command.addAll(List.of(options));
        command.addAll(List.of("--out", folder.toString()));
        Daemon.gradmq(command.toArray(String[]::new));
    }

    /** Make a key that may connect. */
    public void authorise(String name, String... options) {
        make(name, options);
        try {
            Files.copy(publicOf(name), allowed.resolve(name + ".public"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path secretOf(String name) {
        return folder.resolve(name + ".secret");
    }

    public Path publicOf(String name) {
        return folder.resolve(name + ".public");
    }

    /** Settings of a daemon that asks for keys. */
    public String[] settings() {
        return new String[] {
            "security/secret=" + secretOf("server"), "security/authorised=" + allowed
        };
    }

    /** Options with this key. */
    public ConnectOptions as(String name, ConnectOptions options) {
        return options.keys(secretOf(name), publicOf("server").toString());
    }

    @Override
    public void close() {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
