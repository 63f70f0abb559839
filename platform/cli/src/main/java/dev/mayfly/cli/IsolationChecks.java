package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a function tries to reach of the machine and of its neighbours. Every attempt is also made outside, where it must succeed: a probe that
 * does not work proves no barrier.
 */
final class IsolationChecks {
    /** SIGUSR1 and SIGUSR2. */
    private static final int FROM_INSIDE = 10;

    private static final int FROM_OUTSIDE = 12;

    private final Attempts attempts;
    private final Ground ground;
    private final Witness witness;
    private final Neighbour neighbour;

    IsolationChecks(Checks checks, Ground ground, Witness witness, Neighbour neighbour) {
        this.attempts = new Attempts(checks, ground);
        this.ground = ground;
        this.witness = witness;
        this.neighbour = neighbour;
    }

    void run() throws InterruptedException {
        machine();
        processes();
        neighbour();
        kernel();
    }

    private void machine() throws InterruptedException {
        var home = ground.server().home();
        attempts.stopped(
                "admin-token",
                "read the server's admin token",
                "read",
                Map.of(
                        "paths",
                        List.of(home.resolve("token").toString()),
                        "expect",
                        ground.server().token()));
        attempts.stopped("home", "look around in the server's home", "look", Map.of("path", home.toString()));
        attempts.stopped(
                "shadow",
                "read /etc/shadow",
                "read",
                Map.of("paths", List.of("/etc/shadow"), "expect", ":"),
                "exists",
                Map.of("path", "/etc/shadow"));
        attempts.check("write", "write a file anywhere but in /tmp", this::write);
    }

    /** What succeeds here succeeds inside as well: a file in /tmp. */
    private Verdict write() throws IOException {
        var own = ground.inside("write", Map.of("folders", List.of("/tmp")));
        if (!own.reached()) {
            return new Verdict.Unproven("not even in /tmp: " + own.saw(), Attempts.CONTROL_FIX);
        }
        var folders = new ArrayList<>(List.of(
                "/",
                "/usr",
                "/usr/bin",
                "/usr/local/lib",
                "/etc",
                "/opt",
                "/var",
                "/var/tmp",
                "/run",
                "/home",
                "/dev",
                "/var/task"));
        folders.add(ground.server().home().toString());
        return attempts.verdict(ground.inside("write", Map.of("folders", folders)));
    }

    private void processes() throws InterruptedException {
        attempts.stopped(
                "processes",
                "see a process of this machine",
                "every_process",
                Map.of("file", "cmdline", "expect", witness.mark()));
        attempts.stopped(
                "server-environment",
                "find the server's environment in /proc",
                "every_process",
                Map.of("file", "environ", "expect", ground.server().mark()));
        attempts.check("first-process", "read /proc/1/environ of this machine", this::firstProcess);
        attempts.check("signal", "signal a process of this machine", this::signal);
        attempts.stopped(
                "trace",
                "trace a process of this machine",
                "trace",
                Map.of("pid", witness.pid()),
                "trace",
                Map.of("pid", 0));
    }

    /** Only root may read it; for others the control is a file of the same kind that is theirs. */
    private Verdict firstProcess() throws IOException, InterruptedException {
        var begun = ground.outside().attempt("begun", Map.of()).saw();
        var control = ground.outside().attempt("first_process", Map.of("begun", begun));
        if (!control.reached() && !control.saw().equals("Permission denied")) {
            return Attempts.controlFailed(control);
        }
        return attempts.verdict(ground.inside("first_process", Map.of("begun", begun)));
    }

    /** What counts is what the process got, not what the function says; the control sends another signal, which arrives after the first. */
    private Verdict signal() throws IOException, InterruptedException {
        var inside = ground.inside("poke", Map.of("pid", witness.pid(), "number", FROM_INSIDE));
        var control = ground.outside().attempt("poke", Map.of("pid", witness.pid(), "number", FROM_OUTSIDE));
        if (!control.reached() || !witness.awaitSignal(FROM_OUTSIDE)) {
            return Attempts.controlFailed(control);
        }
        return witness.got(FROM_INSIDE)
                ? new Verdict.Broken("the process got the signal", ground.fix())
                : attempts.verdict(inside);
    }

    private void neighbour() throws InterruptedException {
        var root = "/proc/" + neighbour.worker() + "/root";
        attempts.stopped(
                "neighbour-file",
                "read another function's file",
                "read",
                Map.of("paths", List.of(neighbour.path(), root + neighbour.path()), "expect", neighbour.secret()));
        attempts.stopped(
                "neighbour-environment",
                "read another function's environment",
                "read",
                Map.of("paths", List.of("/proc/" + neighbour.worker() + "/environ"), "expect", "="),
                "exists",
                Map.of("path", "/proc/" + neighbour.worker() + "/environ"));
        attempts.check("neighbour-code", "read another function's code", () -> {
            var paths = new ArrayList<>(List.of(root + "/var/task/api/secret.py"));
            paths.addAll(kept("secret.py"));
            return attempts.verdict("read", Map.of("paths", paths, "expect", "that are nobody else's"));
        });
    }

    /** Where the server keeps a deployed file, as somebody could know who has seen its disk. */
    private List<String> kept(String name) throws IOException {
        var artifacts = ground.server().home().resolve("artifacts");
        if (!Files.isDirectory(artifacts)) {
            return List.of();
        }
        try (var files = Files.walk(artifacts)) {
            return files.filter(file -> Path.of(name).equals(file.getFileName()))
                    .map(Path::toString)
                    .toList();
        }
    }

    private void kernel() throws InterruptedException {
        attempts.stopped(
                "privileges", "hold a privilege, or gain one by a set-user-id program", "privileges", Map.of());
        attempts.stopped("ptrace", "trace any process at all", "trace", Map.of("pid", 0));
        attempts.stopped("mount", "mount a file system", "mount", Map.of());
        attempts.stopped("unshare", "enter new namespaces", "unshare", Map.of());
        attempts.stopped("kernel", "call bpf, keyctl, io_uring, perf or userfaultfd", "kernel", Map.of());
        attempts.check("descriptors", "hold an open file beyond 0 to 4", this::descriptors);
    }

    /** That the list is not blind shows in the connection of this very request, which came later. */
    private Verdict descriptors() throws IOException {
        var answer = ground.functions()
                .post("/api/attempt", Map.of("try", "descriptors"))
                .json();
        var inherited = answer.texts("inherited");
        if (answer.texts("now").size() <= inherited.size()) {
            return new Verdict.Unproven("its list lacks the connection of its own request", Attempts.CONTROL_FIX);
        }
        return Verdict.of(
                inherited.equals(List.of("0", "1", "2", "3", "4")),
                "it was given " + String.join(" ", inherited),
                ground.fix());
    }
}
