package dev.mayfly.provider.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process's own memory and its share of what it shares with others, as proc(5) says in {@code smaps_rollup}. Needs the right to trace the
 * process: as an ordinary user the server does not have it over sandboxes.
 */
public record ProportionalMemory(Path proc) implements LongFunction<OptionalLong> {
    public static final ProportionalMemory OF_THIS_MACHINE = new ProportionalMemory(Path.of("/proc"));

    private static final Pattern SHARE = Pattern.compile("Pss: *([0-9]{1,12}) kB");

    @Override
    public OptionalLong apply(long pid) {
        try (var lines = Files.lines(proc.resolve(Long.toString(pid)).resolve("smaps_rollup"))) {
            return lines.map(SHARE::matcher)
                    .filter(Matcher::matches)
                    .mapToLong(found -> 1024 * Long.parseLong(found.group(1)))
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return OptionalLong.empty(); // it ended, or may not be looked into
        }
    }
}
