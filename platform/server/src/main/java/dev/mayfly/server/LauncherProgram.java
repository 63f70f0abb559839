package dev.mayfly.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The launcher of sandboxes that came with this server, or why none did. */
sealed interface LauncherProgram {
    /** The one that the system property {@code mayfly.launcher} names; the {@code mayfly} script sets that. */
    static LauncherProgram named() {
        return at(Optional.ofNullable(System.getProperty("mayfly.launcher")).map(Path::of));
    }

    record Present(Path program) implements LauncherProgram {}

    record Missing(String reason, String fix) implements LauncherProgram {}

    /** @param place where it should be; empty: nobody said */
    static LauncherProgram at(Optional<Path> place) {
        if (place.isEmpty()) {
            return new Missing("no launcher of sandboxes was named", "Start the server with the mayfly command.");
        }
        if (Files.isExecutable(place.get())) {
            return new Present(place.get());
        }
        var why = place.get().resolveSibling(place.get().getFileName() + ".missing");
        try {
            List<String> lines = Files.readAllLines(why); // launcher/build leaves reason and fix there
            return new Missing(lines.get(0), lines.get(1));
        } catch (IOException | IndexOutOfBoundsException e) {
            return new Missing("the launcher of sandboxes is not at " + place.get(), "Build or unpack Mayfly again.");
        }
    }
}
