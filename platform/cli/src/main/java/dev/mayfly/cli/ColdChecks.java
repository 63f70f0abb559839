package dev.mayfly.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * First calls of functions that nobody has called, one at a time with a pause before each, in turn with what starting a process or a container
 * costs on this machine at that time.
 */
final class ColdChecks {
    /** So many of the calls find a server that has not done much yet; the others one that has served {@link #WARM} requests. */
    private static final int EARLY = 6;

    private static final int WARM = 2000;

    private static final long GAP_MILLIS = 300;
    private static final int JITTER_MILLIS = 80;
    /** A container is run before every fourth call: it takes long, and its bustle is given time to settle. */
    private static final int CALLS_PER_CONTAINER = 4;

    private static final List<String> ENGINES = List.of("docker", "podman");
    private static final List<String> TRUE = List.of("/bin/true");
    private static final String FIX = "mayfly coldstarts and mayfly doctor; report this with their output";

    private final Checks checks;
    private final Ground ground;
    private final Stopwatch stopwatch;
    private @Nullable FirstCalls measured;

    ColdChecks(Checks checks, Ground ground, Stopwatch stopwatch) {
        this.checks = checks;
        this.ground = ground;
        this.stopwatch = stopwatch;
    }

    void run() throws InterruptedException {
        checks.check(
                Check.Group.COLD,
                "cold",
                "call %d functions for the first time".formatted(BundledProject.COLD_FUNCTIONS),
                this::cold);
    }

    /** Empty where it could not be tried. */
    Optional<FirstCalls> measured() {
        return Optional.ofNullable(measured);
    }

    private Verdict cold() throws IOException, InterruptedException {
        var server = ground.server();
        var url = server.deploy(server.folder().resolve("cold")).replaceAll("/$", "");
        var peers = new Peers();
        var answers = new ArrayList<JsonObject>();
        long served = 0;
        for (int i = 1; i <= BundledProject.COLD_FUNCTIONS; i++) {
            if (i % CALLS_PER_CONTAINER == 0) {
                peers.containers();
            }
            pause();
            peers.processes();
            pause();
            var function = url + "/" + BundledProject.coldFunction(i);
            var answer = stopwatch.call(function, String.valueOf(i));
            answers.add(answer);
            if (i == EARLY && answer.text("problem").isEmpty()) {
                served = warm(function);
            }
        }
        measured = new FirstCalls(samples(answers, served), peers.all());
        server.api().delete("/projects/cold");
        return measured.verdict(FIX);
    }

    private long warm(String function) throws IOException {
        var warmed = stopwatch.warm(function, WARM);
        if (!warmed.text("problem").isEmpty()) {
            throw new IOException("warm requests: " + warmed.text("problem"));
        }
        return warmed.number("done");
    }

    /** Half of what lies between two calls. */
    private static void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep((GAP_MILLIS + ThreadLocalRandom.current().nextInt(JITTER_MILLIS)) / 2);
    }

    private List<FirstCalls.Sample> samples(List<JsonObject> answers, long served) {
        var samples = new ArrayList<FirstCalls.Sample>();
        for (var answer : answers) {
            var record = Receipt.of(ground.server().api(), "cold", answer.text("request"))
                    .map(Receipt::record);
            if (record.isEmpty() && answer.text("problem").isEmpty()) {
                throw new Failure("there is no record of request " + answer.text("request"), FIX);
            }
            samples.add(new FirstCalls.Sample(
                    BundledProject.coldFunction(samples.size() + 1),
                    samples.size() < EARLY ? 0 : served,
                    answer.number("micros"),
                    answer.text("problem"),
                    record));
        }
        return samples;
    }

    /** What else is started in between. */
    private final class Peers {
        private final Times bare;
        private final Times withLibrary = new Times("fork and exec of /bin/true, with the C library");
        private final Map<Times, JsonObject> engines = new LinkedHashMap<>();

        Peers() throws IOException {
            bare = new Times(stopwatch.bare(ground.server().folder()).text("what"));
            for (var name : ENGINES) {
                var engine = stopwatch.engine(name);
                engines.put(new Times(engine.has("command") ? engine.text("what") : name + " run"), engine);
            }
        }

        void processes() throws IOException {
            bare.add(stopwatch.bare(ground.server().folder()));
            withLibrary.add(stopwatch.run(TRUE));
        }

        void containers() throws IOException {
            for (var engine : engines.entrySet()) {
                if (engine.getValue().has("command")) {
                    engine.getKey().add(stopwatch.run(engine.getValue().texts("command")));
                }
            }
        }

        List<FirstCalls.Peer> all() {
            var all = new ArrayList<>(List.of(bare.peer(), withLibrary.peer()));
            engines.forEach((times, engine) -> all.add(
                    engine.has("command")
                            ? times.peer()
                            : new FirstCalls.Peer(
                                    times.what, engine.text("missing") + engine.text("problem"), List.of())));
            return all;
        }
    }

    /** Of one thing that is started again and again; an attempt that fails is no time. */
    private static final class Times {
        private final String what;
        private final List<Long> micros = new ArrayList<>();
        private String failed = "it was not tried";

        Times(String what) {
            this.what = what;
        }

        void add(JsonObject took) {
            var problem = took.text("problem");
            if (problem.isEmpty() && took.number("exit") == 0) {
                micros.add(took.number("micros"));
            } else {
                failed = problem.isEmpty() ? "it ended with " + took.number("exit") : problem;
            }
        }

        FirstCalls.Peer peer() {
            return new FirstCalls.Peer(what, micros.isEmpty() ? failed : "", micros);
        }
    }
}
