package dev.mayfly.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** {@code kill -9} of worker, launcher and server while they serve. */
final class KillChecks {
    private static final int CALLS = 4;
    /** What the restarted function is to say. */
    private static final int AGAIN = 42;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String ENDED = "control failed, the calls had ended before";
    private static final String FIX = "report this with the output of mayfly doctor";

    private final Checks checks;
    private final Ground ground;
    private final Set<Long> instances = new HashSet<>();
    private final ControlGroups groups = new ControlGroups();
    private long invocations;
    private int loads;

    KillChecks(Checks checks, Ground ground) {
        this.checks = checks;
        this.ground = ground;
    }

    void run() throws InterruptedException {
        check("worker", "kill -9 a worker in the middle of a request", this::worker);
        var launcher = ground.server().launcher();
        if (launcher.isPresent()) {
            check("launcher", "kill -9 the launcher of sandboxes under load", () -> launcher(launcher.get()));
        }
        check("server", "kill -9 the server under load: no false success", this::server);
        check("restart", "start it again: it serves", this::restart);
        check("swept", "what the killed server left is swept", this::swept);
        check("usage", "no call older than a second is missing from the bill", this::usage);
    }

    private void check(String name, String attempt, Checks.Attempt work) throws InterruptedException {
        checks.check(Check.Group.KILLS, name, attempt, work);
    }

    /**
     * Calls that are under way: not only dispatched, for until a function has begun the platform may try again elsewhere.
     *
     * @throws Failure when they do not begin
     */
    private List<FunctionCall.Later> load(int calls, long millis) throws InterruptedException {
        var say = "load " + ++loads;
        var all = IntStream.range(0, calls)
                .mapToObj(i -> ground.functions().later("/api/sleep", Map.of("millis", millis, "say", say)))
                .toList();
        if (!ground.awaitLogged("api/sleep", say, calls)) {
            throw new Failure("the calls did not begin", FIX);
        }
        return all;
    }

    private Verdict worker() throws IOException, InterruptedException {
        ground.server().awaitZero(PATIENCE);
        var call = load(1, 20_000).getFirst();
        long worker = ground.server().worker("api/sleep");
        if (!signalled(worker)) {
            return new Verdict.Unproven("control failed, it cannot be killed from here", Attempts.CONTROL_FIX);
        }
        var answer = call.await();
        var next = ground.functions().post("/api/sleep", Map.of("millis", 1));
        var seen = "%d %s; the next request: %d".formatted(answer.status(), answer.code(), next.status());
        return Verdict.of(
                answer.status() == 500 && answer.code().equals("function_failed") && next.status() == 200, seen, FIX);
    }

    private static long answered(List<FunctionCall.Later> calls) {
        return calls.stream().filter(FunctionCall.Later::isDone).count();
    }

    private static boolean signalled(long pid) throws InterruptedException {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        return ProcessTree.awaitGone(List.of(pid), PATIENCE);
    }

    private Verdict launcher(long pid) throws IOException, InterruptedException {
        var calls = load(CALLS, 20_000);
        long answeredBefore = answered(calls);
        if (answeredBefore > 0 || !signalled(pid)) {
            return new Verdict.Unproven(
                    answeredBefore > 0 ? ENDED : "control failed, it cannot be killed from here", Attempts.CONTROL_FIX);
        }
        var ends = Ends.of(calls);
        long begun = System.nanoTime();
        var next = ground.functions().post("/api/hello", Map.of());
        while (next.status() != 200 && System.nanoTime() - begun < PATIENCE.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(50);
            next = ground.functions().post("/api/hello", Map.of());
        }
        var seen = "%s; %s after %.1f s"
                .formatted(ends.inWords(), next.status() == 200 ? "healed" : "not healed", seconds(begun));
        return Verdict.of(ends.lost() == 0 && next.status() == 200, seen, FIX);
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private Verdict server() throws IOException, InterruptedException {
        ground.functions().post("/api/hello", Map.of()).json();
        TimeUnit.MILLISECONDS.sleep(1200); // the second for which usage may be lost
        invocations = billed();
        var calls = load(CALLS, 20_000);
        for (var process : ground.server().instanceProcesses()) {
            instances.add(process.number("pid"));
            groups.add(process.number("pid"), ground.server().pid());
        }
        long answeredBefore = answered(calls);
        ground.server().kill();
        return server(Ends.of(calls), answeredBefore);
    }

    /** @param answeredBefore how many calls had ended when it was killed */
    static Verdict server(Ends ends, long answeredBefore) {
        return answeredBefore > 0
                ? new Verdict.Unproven(ENDED, FIX)
                : Verdict.of(ends.served() == 0 && ends.told() == 0, ends.inWords(), FIX);
    }

    /** How calls ended that were under way. */
    record Ends(int served, int told, int lost) {
        static Ends of(List<FunctionCall.Later> calls) {
            int served = 0;
            int told = 0;
            for (var call : calls) {
                try {
                    var answer = call.await();
                    served += answer.status() == 200 ? 1 : 0;
                    told += answer.code().isEmpty() ? 0 : 1;
                } catch (IOException e) {
                    // neither: its connection was lost
                }
            }
            return new Ends(served, told, calls.size() - served - told);
        }

        String inWords() {
            return "%d calls: %d served, %d clean errors, %d lost".formatted(served + told + lost, served, told, lost);
        }
    }

    private Verdict restart() throws IOException {
        var took = ground.server().start();
        var answer = ground.functions().post("/api/hello", Map.of("number", AGAIN));
        return Verdict.of(
                answer.status() == 200 && answer.json().number("hello") == AGAIN,
                "ready in %.1f s; the next request: %s".formatted(took.toMillis() / 1000.0, answer),
                FIX);
    }

    private Verdict swept() throws IOException, InterruptedException {
        ProcessTree.awaitGone(instances, PATIENCE);
        return swept(
                instances.stream().filter(ProcessTree::alive).count(),
                instances.size(),
                groups.left().size(),
                groups.size());
    }

    static Verdict swept(long processes, int allProcesses, int kept, int allKept) {
        var seen = "%d of %d processes left, %d of %d control groups".formatted(processes, allProcesses, kept, allKept);
        return allProcesses == 0
                ? new Verdict.Unproven("control failed, nothing ran when the server was killed", FIX)
                : Verdict.of(processes == 0 && kept == 0, seen, FIX);
    }

    private Verdict usage() {
        return usage(invocations, billed());
    }

    static Verdict usage(long before, long now) {
        return before == 0
                ? new Verdict.Unproven("control failed, the bill was empty before", FIX)
                : Verdict.of(now >= before, "%d calls before, %d now".formatted(before, now), FIX);
    }

    private long billed() {
        return ground.server().api().get("/usage?project=prove").object("total").number("invocations");
    }
}
