package dev.mayfly.store.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code main} of the tests in a process of its own, which ends with the test. */
final class Fork implements AutoCloseable {
    private final Process process;
    private final BufferedReader lines;

    static Fork of(Class<?> main, String... arguments) throws IOException {
        return of(List.of(), main, arguments);
    }

    /** @param wrapper command that runs the Java command it is given */
    static Fork of(List<String> wrapper, Class<?> main, String... arguments) throws IOException {
        var command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new Fork(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private Fork(Process process) {
        this.process = process;
        this.lines = process.inputReader();
    }

    long pid() {
        return process.pid();
    }

    /** Null at the end of its output. */
    @Nullable String nextLine() throws IOException {
        return lines.readLine();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    int exitCode() {
        return process.onExit().join().exitValue();
    }

    @Override
    public void close() throws IOException {
        kill();
        lines.close();
    }
}
