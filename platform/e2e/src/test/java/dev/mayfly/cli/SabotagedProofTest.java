package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Proofs whose functions and probes were tampered with, so that each check must fail: one that cannot, proves nothing. */
class SabotagedProofTest {
    private static final String LYING = """
            from api._answer import answering

            def answer(asked):
                if asked["try"] == "descriptors":
                    return {"inherited": [0, 1, 2, 3, 4, 5], "now": [0, 1, 2, 3, 4, 5, 6]}
                return {"reached": asked["details"].get("folders") != [], "saw": "all of it"}

            class handler(answering(answer)):
                pass
            """;

    /** A witness that leaves a process behind, until its own folder is gone for ten seconds. */
    private static final String LINGERING = """
            import os, subprocess, sys
            subprocess.Popen(["sleep", "25"], env={"LEFT": os.path.dirname(__file__)}, start_new_session=True)
            """;

    @Test
    void a_function_that_gets_everywhere_breaks_every_barrier_and_a_process_left_behind_is_found() {
        var checks = prove(
                EnumSet.of(Check.Group.ISOLATION),
                Map.of(
                        "api/attempt.py", text -> LYING,
                        "outside/witness.py", text -> LINGERING + text));

        assertThat(checks).hasSizeGreaterThanOrEqualTo(24);
        assertThat(checks).allSatisfy(check -> {
            if (!check.name().equals("signal")) { // there the process that was signalled is believed, not the function
                assertThat(check.verdict()).as(check.name()).isInstanceOf(Verdict.Broken.class);
            }
        });
    }

    @Test
    void a_signal_that_arrives_is_seen_by_who_gets_it() {
        var checks = prove(
                EnumSet.of(Check.Group.ISOLATION),
                Map.of(
                        "outside/witness.py",
                        text -> text.replace("say(signal=number)", "(say(signal=10), say(signal=12))")));

        assertThat(named(checks, "signal")).isInstanceOf(Verdict.Broken.class);
    }

    @Test
    void a_probe_that_does_not_work_outside_either_proves_no_barrier() {
        var checks = prove(
                EnumSet.of(Check.Group.ISOLATION),
                Map.of(
                        "api/_attempts.py",
                        text -> text.replace(
                                "        return ATTEMPTS[what](**details)", "        return missed('nothing')"),
                        "api/attempt.py",
                        text -> text.replace("\"now\": descriptors()", "\"now\": INHERITED"),
                        "neighbour/api/secret.py",
                        text -> text.replace("if answers(each)", "if False")));

        assertThat(checks.stream().filter(check -> check.group() == Check.Group.ISOLATION))
                .allSatisfy(
                        check -> assertThat(check.verdict()).as(check.name()).isInstanceOf(Verdict.Unproven.class));
    }

    @Test
    void limits_that_are_not_set_are_not_kept_and_lies_about_usage_do_not_agree_with_the_bill() {
        var checks = prove(
                EnumSet.of(Check.Group.LIMITS, Check.Group.METER),
                Map.of(
                        "mayfly.yaml",
                        text -> "functions:\n  \"api/*\":\n    idleTimeout: 1s\n    cpu: 2\n    logRate: 64MiB\n",
                        "api/hurried.py",
                        text -> text.replace("answering(sleep)", "answering(lambda asked: {})"),
                        "api/sleep.py",
                        text -> text.replace(
                                "    time.sleep(asked[\"millis\"] / 1000)\n",
                                "    end = time.monotonic() + asked[\"millis\"] / 1000\n    while time.monotonic() < end: pass\n"),
                        "api/burn.py",
                        text -> """
                                import json, os, urllib.request
                                from api._answer import answering
                                from api._burn import burn

                                def lie(asked):
                                    if "again" not in asked:
                                        body = json.dumps({"millis": 50, "again": 1}).encode()
                                        urllib.request.urlopen(os.environ["MAYFLY_URL"] + "api/burn", body).read()
                                    told = burn(asked)
                                    told["cpuMicros"] *= 2
                                    return told

                                class handler(answering(lie)):
                                    pass
                                """));

        assertThat(checks.stream().filter(check -> check.group() != Check.Group.LEFTOVERS))
                .hasSize(11)
                .allSatisfy(
                        check -> assertThat(check.verdict()).as(check.name()).isInstanceOf(Verdict.Broken.class));
    }

    @Test
    void an_instance_that_does_not_end_is_no_zero() {
        var checks = prove(
                EnumSet.of(Check.Group.ZERO),
                Map.of("mayfly.yaml", text -> text.replace("idleTimeout: 1s", "idleTimeout: 60s")));

        assertThat(named(checks, "after")).isInstanceOf(Verdict.Broken.class);
    }

    @Test
    void a_function_that_fails_after_a_kill_has_not_healed() {
        var checks = prove(
                EnumSet.of(Check.Group.KILLS),
                Map.of(
                        "api/hello.py",
                        text -> text.replace("{\"hello\": asked", "1 / 0 if \"after\" in asked else {\"hello\": asked"),
                        "api/sleep.py",
                        text -> text.replace("    time.sleep(", "    assert asked[\"millis\"] != 1\n    time.sleep(")));

        assertThat(checks.stream()
                        .filter(check -> check.verdict() instanceof Verdict.Broken)
                        .map(Check::name))
                .containsExactly("worker", "launcher", "restart");
    }

    private static Verdict named(List<Check> checks, String name) {
        return checks.stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow()
                .verdict();
    }

    /** @param changes of bundled files, by their names */
    private static List<Check> prove(EnumSet<Check.Group> groups, Map<String, UnaryOperator<String>> changes) {
        var own = BundledProject.own().files();
        var project = new BundledProject(
                name -> changes.getOrDefault(name, UnaryOperator.identity()).apply(own.apply(name)));
        var environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("MAYFLY_"));
        environment.put("MAYFLY_LAUNCHER", root().resolve("mayfly").toString());
        var surroundings = new Surroundings(
                environment,
                Path.of("").toAbsolutePath(),
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                false,
                false,
                InstantSource.system());
        var mayfly = new Mayfly(surroundings, new Screen(surroundings), "", true);
        return new Proof(mayfly, project, "linux", groups, new ProofPage(new Paint(false))).run();
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = Objects.requireNonNull(folder.getParent(), "these tests run in a checkout");
        }
        return folder;
    }
}
