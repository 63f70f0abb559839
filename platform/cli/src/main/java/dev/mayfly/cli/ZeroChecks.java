package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** That nothing runs for functions nobody calls: looked at through the API and, whatever that says, in {@code /proc}. */
final class ZeroChecks {
    private static final Duration IDLE_PATIENCE = Duration.ofSeconds(10);
    private static final int LOOKS = 20;
    private static final String FIX = "mayfly ps shows what runs; report this with the output of mayfly doctor";

    private final Checks checks;
    private final Ground ground;
    private Look before = new Look(0, Set.of());

    ZeroChecks(Checks checks, Ground ground) {
        this.checks = checks;
        this.ground = ground;
    }

    /**
     * What runs for functions.
     *
     * @param told by the API
     * @param found below the server's process, and not one of the platform's own
     */
    record Look(int told, Set<Long> found) {
        boolean zero() {
            return told == 0 && found.isEmpty();
        }

        /** Whether one of both ways sees nothing. */
        boolean blind() {
            return told == 0 || found.isEmpty();
        }

        String inWords() {
            return "mayfly ps: " + told + ", /proc: " + found.size();
        }
    }

    private Look look() throws IOException {
        var found = new HashSet<>(ProcessTree.below(ground.server().pid()));
        var processes = ground.server().processes();
        int told = 0;
        for (var process : processes) {
            if (process.text("instance").isEmpty()) {
                found.remove(process.number("pid"));
            } else {
                told++;
            }
        }
        found.removeIf(pid -> !ProcessTree.alive(pid));
        return new Look(told, found);
    }

    /** A look in which there is nothing, or the last of several: what is just ending is not what stays. */
    private Look settled() throws IOException, InterruptedException {
        var look = look();
        for (int i = 1; i < LOOKS && !look.zero(); i++) {
            TimeUnit.MILLISECONDS.sleep(50);
            look = look();
        }
        return look;
    }

    /** A look right after deploying, before anything calls a function. */
    void begin() throws IOException, InterruptedException {
        before = settled();
    }

    void run() throws InterruptedException {
        before();
        after();
    }

    private void before() throws InterruptedException {
        checks.check(Check.Group.ZERO, "before", "deployed, before the first call", () -> {
            ground.server().awaitZero(IDLE_PATIENCE); // else what others of these checks called is seen as well
            var call = ground.functions().later("/api/sleep", Map.of("millis", 1000));
            var during = look();
            while (!call.isDone() && during.blind()) {
                TimeUnit.MILLISECONDS.sleep(20);
                during = look();
            }
            call.await().json();
            return before(before, during);
        });
    }

    /** @param during a look while a function runs: where that sees nothing, the other says nothing */
    static Verdict before(Look before, Look during) {
        return during.blind()
                ? new Verdict.Unproven("control failed, during a call nothing is seen either: " + during.inWords(), FIX)
                : Verdict.of(before.zero(), before.inWords() + "; during a call: " + during.inWords(), FIX);
    }

    /** Called, and then left alone for longer than {@code idleTimeout}. */
    private void after() throws InterruptedException {
        var groups = new ControlGroups();
        checks.check(Check.Group.ZERO, "after", "idleTimeout: 1s, after the last call", () -> {
            ground.functions().post("/api/hello", Map.of()).json();
            var processes = ground.server().instanceProcesses();
            for (var process : processes) {
                groups.add(process.number("pid"), ground.server().pid());
            }
            long begun = System.nanoTime();
            ground.server().awaitZero(IDLE_PATIENCE);
            var after = settled();
            var seen = "%s, %.1f s later".formatted(after.inWords(), (System.nanoTime() - begun) / 1e9);
            return processes.isEmpty()
                    ? new Verdict.Unproven("control failed, after a call nothing ran either", FIX)
                    : Verdict.of(after.zero(), seen, FIX);
        });
        checks.check(Check.Group.ZERO, "groups", "no control group of a function is left", () -> {
            var left = left(groups);
            return Verdict.of(
                    left.isEmpty(),
                    groups.size() == 0 ? "functions have none here" : "%d of %d".formatted(left.size(), groups.size()),
                    FIX);
        });
    }

    /** Removal follows the last process by a moment. */
    private static List<Path> left(ControlGroups groups) throws IOException, InterruptedException {
        var left = groups.left();
        for (int i = 1; i < LOOKS && !left.isEmpty(); i++) {
            TimeUnit.MILLISECONDS.sleep(50);
            left = groups.left();
        }
        return left;
    }
}
