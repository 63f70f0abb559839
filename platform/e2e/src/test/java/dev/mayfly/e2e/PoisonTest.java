package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/** A function that changes all it can get hold of, so that others start with it: they start with what was there before. */
class PoisonTest {
    @SuppressWarnings("unused") // by name
    private static final List<String> RUNGS = Rungs.ALL;

    private static final Path SOURCES = Shell.ROOT.resolve("platform/e2e/src/test/resources/poison/api");
    private static final Set<String> PLATFORMS = Set.of("pool", "zygote", "dependency-zygote");

    /** What a function can change for itself; that it is seen where it was done shows that it would be seen elsewhere. */
    private static final List<String> CHANGED = List.of(
            "changed",
            "environment",
            "files",
            "files at most",
            "folder",
            "hooks",
            "marked",
            "mask",
            "memory",
            "nice",
            "path",
            "processes",
            "signals",
            "tcp",
            "threads",
            "timeout",
            "timer",
            "unix");

    private static Rungs rungs;

    @BeforeAll
    static void start() throws IOException {
        rungs = new Rungs(Home::withOptions);
    }

    @AfterAll
    static void stop() throws IOException {
        rungs.close();
    }

    @ParameterizedTest
    @FieldSource("RUNGS")
    void what_a_function_changes_is_seen_by_no_instance_after_it(String rung) throws IOException {
        var look = Files.readString(SOURCES.resolve("look.py"));
        var villain = rungs.deploy(
                rung,
                "villain-" + rung,
                "api/poison.py",
                Files.readString(SOURCES.resolve("poison.py")),
                "api/before.py",
                look,
                "api/after.py",
                look,
                "api/late.py",
                look);
        var other =
                rungs.deploy(rung, "other-" + rung, "api/before.py", look, "api/after.py", look, "api/late.py", look);
        var ofVillain = seen(rung, villain, "before");
        var ofOther = seen(rung, other, "before");
        rungs.ready(rung);
        var pids = Rungs.processes(rungs.home(rung))
                .filter(process -> PLATFORMS.contains(process.get("role").asString()))
                .map(process -> process.get("pid").asString())
                .collect(Collectors.joining(","));

        var poison = Http.get(Http.join(villain, "/api/poison?pids=" + pids));

        assertThat(poison.statusCode()).as(poison.body()).isEqualTo(200);
        rungs.cameFrom(rung, poison);
        var report = Home.JSON.readTree(poison.body());
        assertThat(report.get("through")).as("%s", report).isEmpty();
        assertThat(report.get("failed")).as("%s", report).isEmpty();
        assertThat(report.get("tried").asInt()).isGreaterThan(10);
        var control = differences(ofVillain, report.get("control"));
        assertThat(control.stream().map(each -> each.replaceAll(":.*", ""))).containsAll(CHANGED);
        // beside the poisoned one
        assertThat(differences(ofVillain, seen(rung, villain, "after"))).isEmpty();
        assertThat(differences(ofOther, seen(rung, other, "after"))).isEmpty();
        rungs.end(rung, "villain-" + rung, "api/poison");
        assertThat(differences(ofVillain, seen(rung, villain, "late"))).isEmpty();
        assertThat(differences(ofOther, seen(rung, other, "late"))).isEmpty();
    }

    /** What the first instance of a function finds. */
    private static JsonNode seen(String rung, String url, String function) {
        rungs.ready(rung);
        var answer = Http.get(Http.join(url, "/api/" + function));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        rungs.cameFrom(rung, answer);
        return Home.JSON.readTree(answer.body());
    }

    /** What is in one and not in the other. */
    private static List<String> differences(JsonNode before, JsonNode after) {
        var found = new ArrayList<String>();
        before.properties().forEach(each -> {
            var now = after.get(each.getKey());
            if (!each.getValue().equals(now)) {
                found.add(each.getKey() + ": " + without(each.getValue(), now) + " became "
                        + without(now, each.getValue()));
            }
        });
        return found;
    }

    private static String without(JsonNode list, JsonNode other) {
        return list.isArray()
                ? list.valueStream()
                        .filter(each -> other.valueStream().noneMatch(each::equals))
                        .toList()
                        .toString()
                : list.toString();
    }
}
