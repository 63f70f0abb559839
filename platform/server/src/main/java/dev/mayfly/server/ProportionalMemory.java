package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/**
 * A process's own memory and its share of what it shares with others, as proc(5) says in {@code smaps_rollup}. Needs the right to trace the
 * process: as an ordinary user the server does not have it over sandboxes.
 */
record ProportionalMemory(Path proc) implements LongFunction<OptionalLong> {
    static final ProportionalMemory OF_THIS_MACHINE = new ProportionalMemory(Path.of("/proc"));

    private static final String SHARE = "Pss:";

    @Override
    public OptionalLong apply(long pid) {
        try (var lines = Files.lines(proc.resolve(Long.toString(pid)).resolve("smaps_rollup"))) {
            return lines.filter(line -> line.startsWith(SHARE))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return OptionalLong.empty(); // it ended, or may not be looked into
        }
    }
}
