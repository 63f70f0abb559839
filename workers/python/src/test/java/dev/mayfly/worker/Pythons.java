package dev.mayfly.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The Pythons of this machine that the worker supports: the first one found of each minor version. */
final class Pythons {
    private static final String ASK = "import sys; print('%d.%d' % sys.version_info[:2])";

    private Pythons() {}

    /** Minor version, such as {@code 3.11}, to its interpreter. */
    static NavigableMap<String, Path> found() {
        var found =
                new TreeMap<String, Path>(Comparator.comparingInt(version -> Integer.parseInt(version.substring(2))));
        for (var candidate : candidates()) {
            var version = Files.isExecutable(candidate) ? version(candidate) : "";
            if (version.matches("3\\.(9|1[0-4])")) {
                found.putIfAbsent(version, candidate);
            }
        }
        return found;
    }

    private static List<Path> candidates() {
        var candidates = new ArrayList<>(List.of(Path.of("/usr/bin/python3")));
        for (var place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            for (int minor = 9; minor <= 14; minor++) {
                candidates.add(Path.of(place, "python3." + minor));
            }
            candidates.add(Path.of(place, "python3"));
        }
        var versions = Path.of(System.getProperty("user.home"), ".pyenv", "versions");
        if (Files.isDirectory(versions)) {
            try (var installed = Files.list(versions)) {
                installed.sorted().map(each -> each.resolve("bin/python3")).forEach(candidates::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return candidates;
    }

    private static String version(Path python) {
        try {
            var process = new ProcessBuilder(python.toString(), "-I", "-S", "-c", ASK)
                    .redirectErrorStream(true)
                    .start();
            try (var output = process.getInputStream()) {
                return new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            }
        } catch (IOException e) {
            return "";
        }
    }
}
