package dev.mayfly.cli;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What a function tries to use up; each time, less than the limit must be had, or the limit is not what stopped it. */
final class LimitChecks {
    private static final int MEBIBYTE = 1 << 20;
    private static final long BURN_MILLIS = 200;
    private static final Pattern DROPPED = Pattern.compile("(\\d+) log lines \\(.*\\) dropped");
    private static final int LINES = 20_000;
    private static final int LOG_PATIENCE_MILLIS = 5000;

    private final Checks checks;
    private final Ground ground;

    LimitChecks(Checks checks, Ground ground) {
        this.checks = checks;
        this.ground = ground;
    }

    void run() throws InterruptedException {
        check("memory", "memory: 64MiB, take 256 MiB", this::memory);
        check("cpu", "cpu: 0.2, use 200 ms of CPU time", this::cpu);
        check("pids", "pids: 32, start 64 processes", this::pids);
        check(
                "tmp",
                "tmp: 8MiB, write 16 MiB",
                () -> filled("tmp", 16 * MEBIBYTE, 0, "bytes", 4 * MEBIBYTE, 8 * MEBIBYTE));
        check("inodes", "inodes: 200, make 400 files", () -> filled("inodes", 0, 400, "files", 100, 200));
        check("log", "logRate: 64KiB, print " + LINES + " lines at once", this::log);
        check("timeout", "timeout: 1s, answer after 20 s", this::timeout);
    }

    private void check(String name, String attempt, Checks.Attempt work) throws InterruptedException {
        checks.check(Check.Group.LIMITS, name, attempt, work);
    }

    private Verdict memory() throws IOException {
        var control = ground.functions().post("/api/memory", Map.of("mebibytes", 16));
        if (control.status() != 200) {
            return new Verdict.Unproven("control failed, 16 MiB cannot be had either: " + control, ground.fix());
        }
        var answer = ground.functions().post("/api/memory", Map.of("mebibytes", 256));
        var next = ground.functions().post("/api/memory", Map.of("mebibytes", 16));
        if (answer.status() == 200) {
            return ground.limit("memory", false, "it got them", ground.fix());
        }
        boolean told = answer.status() >= 500
                && answer.message().contains("out of memory")
                && !answer.message().contains("likely");
        if (told && next.status() == 200) {
            return new Verdict.Held(answer.status() + ", out of memory; the next request was served");
        }
        return ground.limit("memory", false, told ? "the next request: " + next : String.valueOf(answer), ground.fix());
    }

    /**
     * A fifth of a processor: seen in the function's own clocks, and in the same work without a limit being faster in them. On a busy machine both
     * may have little of it at any one time, so the most that either had counts.
     */
    private Verdict cpu() throws IOException, InterruptedException {
        var held = fifth();
        double free = 0;
        for (int i = 0; (i < 2 || (i < 6 && free < 0.5)) && share(held) <= 0.25; i++) {
            free = Math.max(
                    free, share(ground.outside().run(List.of("prove/api/_burn.py"), Map.of("millis", BURN_MILLIS))));
            var again = fifth();
            held = share(again) > share(held) ? again : held;
        }
        double share = share(held);
        var seen = "%d ms in %d ms: %.0f %% of a processor"
                .formatted(held.number("cpuMicros") / 1000, held.number("wallMicros") / 1000, share * 100);
        if (share <= 0.25 && free <= 0.3) {
            return new Verdict.Unproven(
                    seen + ", but without a limit it is not more: this machine is too busy to tell",
                    "mayfly prove when it is less busy");
        }
        return ground.limit("cpu", share <= 0.25, seen, ground.fix());
    }

    private JsonObject fifth() throws IOException {
        return ground.functions()
                .post("/api/fifth", Map.of("millis", BURN_MILLIS))
                .json();
    }

    private static double share(JsonObject burnt) {
        return (double) burnt.number("cpuMicros") / Math.max(1, burnt.number("wallMicros"));
    }

    private Verdict pids() throws IOException, InterruptedException {
        ground.functions().post("/api/hello", Map.of()).json();
        var bomb = ground.functions().later("/api/bomb", Map.of("processes", 64, "millis", 700));
        int answered = 0;
        while (!bomb.isDone()) {
            ground.functions().post("/api/hello", Map.of()).json();
            answered++;
            TimeUnit.MILLISECONDS.sleep(20);
        }
        var ended = bomb.await().json();
        long made = ended.number("made");
        var seen = "%d started, then %s; a neighbour answered %d times"
                .formatted(made, ended.text("refused").isEmpty() ? "no end" : "refused", answered);
        if (made < 8) {
            return new Verdict.Unproven(
                    "control failed, not even 8 could be started: " + ended.text("refused"), ground.fix());
        }
        return ground.limit("pids", made < 32 && answered > 0, seen, ground.fix());
    }

    /** @param least what must have been had before the limit */
    private Verdict filled(String limit, int bytes, int files, String what, long least, long most) throws IOException {
        var filled = ground.functions()
                .post("/api/fill", Map.of("bytes", bytes, "files", files))
                .json();
        long had = filled.number(what);
        var refused = filled.text(what + "Refused");
        var seen = (what.equals("bytes") ? "%.1f MiB".formatted((double) had / MEBIBYTE) : had + " files") + ", then: "
                + (refused.isEmpty() ? "no end" : refused);
        if (had < least && !refused.isEmpty()) {
            return new Verdict.Unproven(
                    "control failed, what the limit allows cannot be had either: " + seen, ground.fix());
        }
        return ground.limit(limit, had <= most && refused.equals("No space left on device"), seen, ground.fix());
    }

    /** Every line is either in the log or counted as dropped. */
    private Verdict log() throws IOException, InterruptedException {
        var request =
                ground.functions().post("/api/flood", Map.of("lines", LINES)).request();
        long kept = 0;
        long dropped = 0;
        for (int waited = 0; waited < LOG_PATIENCE_MILLIS && kept + dropped < LINES; waited += 100) {
            TimeUnit.MILLISECONDS.sleep(100);
            var seen = new Seen();
            ground.server().api().lines("GET", Ground.logs("api/flood"), null, seen::line);
            kept = seen.lines.size();
            dropped = seen.dropped;
        }
        var seen = "%d kept, %d dropped and counted".formatted(kept, dropped);
        if (kept == 0) {
            return new Verdict.Unproven(
                    "control failed, not one line of request " + request + " is in the log", ground.fix());
        }
        return Verdict.of(dropped > 0 && kept + dropped == LINES, seen, "report this with the output of mayfly doctor");
    }

    /** What the log says of the flood. */
    private static final class Seen {
        private final HashSet<String> lines = new HashSet<>();
        private long dropped;

        private boolean line(JsonObject line) {
            var text = line.text("text");
            if (text.startsWith("line ")) {
                lines.add(text);
            }
            var matcher = DROPPED.matcher(text);
            if (matcher.find()) {
                dropped += Long.parseLong(matcher.group(1));
            }
            return true;
        }
    }

    private Verdict timeout() throws IOException {
        var control = ground.functions().post("/api/hurried", Map.of("millis", 1));
        if (control.status() != 200) {
            return new Verdict.Unproven("control failed, an answer in time: " + control, ground.fix());
        }
        long begun = System.nanoTime();
        var answer = ground.functions().post("/api/hurried", Map.of("millis", 20_000));
        var took = (System.nanoTime() - begun) / 1_000_000;
        var seen = "%d %s after %.1f s".formatted(answer.status(), answer.code(), took / 1000.0);
        return Verdict.of(
                answer.status() == 504 && answer.code().equals("function_timeout"),
                seen,
                "report this with the output of mayfly doctor");
    }
}
