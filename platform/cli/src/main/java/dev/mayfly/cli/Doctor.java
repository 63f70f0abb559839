package dev.mayfly.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What can be said about this machine without a server. */
final class Doctor {
    private static final Set<PosixFilePermission> OTHERS = Set.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private final Mayfly mayfly;

    Doctor(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    /** One thing that was looked at. */
    record Finding(String subject, boolean fine, String detail, String fix) {
        static Finding of(JsonObject object) {
            return new Finding(object.text("subject"), object.flag("fine"), object.text("detail"), object.text("fix"));
        }

        Object asJson() {
            return Map.of("subject", subject, "fine", fine, "detail", detail, "fix", fix);
        }
    }

    List<Finding> findings() {
        var findings = new ArrayList<Finding>();
        findings.add(java());
        findings.add(python());
        findings.add(home());
        token().ifPresent(findings::add);
        findings.add(server());
        return findings;
    }

    private static Finding java() {
        return new Finding(
                "java",
                true,
                System.getProperty("java.version", "") + " at " + System.getProperty("java.home", ""),
                "");
    }

    private Finding python() {
        var found = new ArrayList<String>();
        for (var name : List.of("python3", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14")) {
            onPath(mayfly.surroundings(), name)
                    .map(path -> version(path) + " at " + path)
                    .filter(text -> text.startsWith("Python "))
                    .ifPresent(found::add);
        }
        boolean fine = found.stream().anyMatch(text -> text.matches("Python 3\\.(9|[1-9]\\d).*"));
        return new Finding(
                "python",
                fine,
                found.isEmpty() ? "no python3 that runs on the PATH" : String.join(", ", found),
                fine ? "" : "install Python 3.9 or newer: apt-get install python3");
    }

    private static String version(Path python) {
        try {
            var process = new ProcessBuilder(python.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? said : "does not run";
        } catch (IOException e) {
            return "does not run";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "does not run";
        }
    }

    private Finding home() {
        var home = mayfly.home().path();
        var shown = mayfly.surroundings().show(home);
        if (!Files.exists(home)) {
            return new Finding("home", true, shown + ", made at the first start", "");
        }
        boolean fine = Files.isDirectory(home) && Files.isWritable(home);
        return new Finding(
                "home",
                fine,
                fine ? shown : shown + " cannot be written to",
                fine ? "" : "set MAYFLY_HOME to a folder of yours");
    }

    private Optional<Finding> token() {
        var token = mayfly.home().path().resolve("token");
        try {
            if (!Files.exists(token)) {
                return Optional.empty();
            }
            boolean open = Files.getPosixFilePermissions(token).stream().anyMatch(OTHERS::contains);
            return Optional.of(new Finding(
                    "token",
                    !open,
                    open ? "other users can read it" : "readable by its owner only",
                    open ? "chmod 600 " + token : ""));
        } catch (IOException e) {
            return Optional.of(new Finding("token", false, "cannot be read", "chown it to yourself: " + token));
        }
    }

    private Finding server() {
        if (mayfly.address().isPresent()) {
            return new Finding("server", true, mayfly.address().get(), "");
        }
        var running = new LocalServer(mayfly).running();
        if (running.isPresent()) {
            return new Finding(
                    "server",
                    true,
                    running.get().url() + ", process " + running.get().pid(),
                    "");
        }
        return new Finding(
                "server",
                true,
                "not running; port " + LocalServer.DEFAULT_PORT
                        + (LocalServer.free(LocalServer.DEFAULT_PORT)
                                ? " is free"
                                : " is taken, mayfly up uses the next"),
                "");
    }

    /** Finds an executable as a shell does. */
    static Optional<Path> onPath(Surroundings surroundings, String name) {
        for (var folder : surroundings.variable("PATH").split(File.pathSeparator, -1)) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
                return Optional.of(Path.of(folder, name));
            }
        }
        return Optional.empty();
    }
}
