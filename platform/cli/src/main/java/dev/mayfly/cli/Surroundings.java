package dev.mayfly.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * All that a command sees of the world outside of it.
 *
 * @param directory where it was typed
 * @param outTerminal whether standard output is a terminal
 * @param errTerminal whether standard error is a terminal
 */
record Surroundings(
        Map<String, String> environment,
        Path directory,
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean outTerminal,
        boolean errTerminal,
        InstantSource clock) {

    /** Those of this process. The {@code mayfly} script says which streams are terminals; Java cannot tell them apart. */
    static Surroundings ofProcess() {
        return new Surroundings(
                System.getenv(),
                Path.of("").toAbsolutePath(),
                new FileInputStream(FileDescriptor.in),
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8),
                Boolean.getBoolean("mayfly.terminal.out"),
                Boolean.getBoolean("mayfly.terminal.err"),
                InstantSource.system());
    }

    /** A variable of the environment; empty when it is not set. */
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }

    private boolean colours() {
        return variable("NO_COLOR").isEmpty() && !variable("TERM").equals("dumb");
    }

    Paint outPaint() {
        return new Paint(outTerminal && colours());
    }

    Paint errPaint() {
        return new Paint(errTerminal && colours());
    }

    /** A path as people write it: below the user's home with {@code ~}, below the current folder relative. */
    String show(Path path) {
        var home = variable("HOME");
        if (path.startsWith(directory)) {
            var relative = directory.relativize(path).toString();
            return relative.isEmpty() ? "." : relative;
        }
        return !home.isEmpty() && path.startsWith(home) ? "~/" + Path.of(home).relativize(path) : path.toString();
    }
}
