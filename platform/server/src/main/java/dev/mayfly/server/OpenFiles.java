package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** How many files this process may have open. Read from the kernel's page: the JVM's own management costs a start more than all options together. */
final class OpenFiles {
    private static final Pattern LINE = Pattern.compile("Max open files +(\\d{1,18}) ");

    /** Where the kernel does not say: what most systems give a service at least. */
    static final long USUAL = 4096;

    private OpenFiles() {}

    static long limit() {
        return limit(Path.of("/proc/self/limits"));
    }

    static long limit(Path page) {
        try (var lines = Files.lines(page)) {
            return lines.map(LINE::matcher)
                    .filter(matcher -> matcher.find())
                    .mapToLong(matcher -> Long.parseLong(matcher.group(1)))
                    .findFirst()
                    .orElse(USUAL);
        } catch (IOException notThisSystem) {
            return USUAL;
        }
    }
}
