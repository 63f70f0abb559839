package dev.mayfly.cli;

import dev.mayfly.model.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What this proof leaves on the machine: nothing. Looked at once while its server runs, so that an empty look afterwards is not a blind one. */
final class LeftoverChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Checks checks;
    private final Ground ground;
    private final String key;
    private final Set<String> before = new HashSet<>();

    LeftoverChecks(Checks checks, Ground ground) throws IOException {
        this.checks = checks;
        this.ground = ground;
        // Servers name what they make outside of their home by these eight digits, which stand for it.
        this.key =
                Digest.of(ground.server().home().toRealPath().toString()).hex().substring(0, 8);
    }

    /** While the server runs. */
    void before() throws IOException {
        before.addAll(things());
    }

    /** Once it has been stopped and its folder deleted. */
    void after() throws InterruptedException {
        checks.check(Check.Group.LEFTOVERS, "left", "no process, folder, mount or control group is left", () -> {
            var left = things();
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (!left.isEmpty() && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(50);
                left = things();
            }
            if (before.size() < 3) {
                return new Verdict.Unproven(
                        "control failed, while it ran there was only " + before, "mayfly prove again");
            }
            return Verdict.of(
                    left.isEmpty(),
                    left.isEmpty()
                            ? "%d were there while it ran, 0 are left".formatted(before.size())
                            : "left: " + String.join(", ", left),
                    "remove it by hand, and report this with the output of mayfly doctor");
        });
    }

    private List<String> things() throws IOException {
        var things = new ArrayList<String>();
        var folder = ground.server().folder().toString();
        ProcessTree.mentioning(folder).forEach(pid -> things.add("process " + pid));
        if (Files.exists(ground.server().folder())) {
            things.add(folder);
        }
        for (var place :
                List.of("/run", System.getenv().getOrDefault("XDG_RUNTIME_DIR", "/run"), "/tmp", "/var/lib/mayfly")) {
            named(Path.of(place), things);
        }
        for (var line : Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8)) {
            var where = line.split(" ", 6)[4];
            if (where.contains("mayfly-" + key) || where.startsWith(folder)) {
                things.add("mount " + where);
            }
        }
        for (var group : ProcessTree.groups(ProcessHandle.current().pid())) {
            named(group, things);
        }
        return things.stream().distinct().toList();
    }

    private void named(Path folder, List<String> things) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var names = Files.newDirectoryStream(folder, "*" + key + "*")) {
            names.forEach(each -> things.add(each.toString()));
        }
    }
}
