package dev.mayfly.build.tool;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One run of a supervised tool. */
record RunningTool(List<String> command, Map<String, String> environment, Path cwd) {
    private static final int LONGEST_LINE = 4096;
    private static final Duration GRACE = Duration.ofSeconds(5);

    int run(Consumer<String> lines) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).directory(cwd.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        var process = builder.start();
        var reader = Thread.ofVirtual().start(() -> read(process.getInputStream(), lines));
        try {
            int status = process.waitFor();
            reader.join(GRACE);
            return status;
        } finally {
            end(process, reader);
        }
    }

    /** Closing its input is the word to end everything; it answers by ending itself. */
    private static void end(Process process, Thread reader) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
            }
            reader.join(GRACE);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            process.destroyForcibly();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void read(InputStream output, Consumer<String> lines) {
        var line = new byte[LONGEST_LINE];
        int length = 0;
        try (var input = new BufferedInputStream(output)) {
            for (int next = input.read(); next >= 0; next = input.read()) {
                if (next == '\n') {
                    lines.accept(text(line, length));
                    length = 0;
                } else if (length < LONGEST_LINE) {
                    line[length++] = (byte) next;
                }
            }
        } catch (IOException e) {
            // The pipe was closed under the reader: the tool was ended, and what it said last does not matter.
            lines.accept(text(line, length));
            return;
        }
        if (length > 0) {
            lines.accept(text(line, length));
        }
    }

    private static String text(byte[] line, int length) {
        return new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing();
    }
}
