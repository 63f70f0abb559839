package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Whose dependencies a zygote holds, and for how long. */
class DependenciesTest {
    private static final String VALUE = "import slow\n" + Home.handler("self.say(f'{slow.VALUE} {slow.BORN}')");

    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @Test
    void when_they_change_the_old_ones_are_never_used_again() throws IOException {
        var project = project("changes", "as of 1.0");
        var url = home.deploy(project);
        Http.get(Http.join(url, "/api/a"));
        Rungs.awaitSeats(home, "changes");
        assertThat(answered(url, "b", "dependencies")).startsWith("as of 1.0");
        var old = zygotes("changes");

        project("changes", "as of 2.0");
        home.deploy(project);

        var first = Http.get(Http.join(url, "/api/a"));
        assertThat(first.body()).startsWith("as of 2.0");
        assertThat(Rungs.record(home, first).get("rung").asString()).isNotEqualTo("dependencies");
        // the old ones go once nobody has used them for long: another deployment may have them still
        await().atMost(Duration.ofSeconds(40)).until(() -> {
            var fresh = zygotes("changes");
            fresh.removeAll(old);
            return fresh.size() >= Rungs.held(home);
        });
        // b was called just before: an instance of it may have been started to take over
        assertThat(answered(url, "c", "dependencies")).startsWith("as of 2.0");
        assertThat(answered(url, "d", "dependencies")).startsWith("as of 2.0");
    }

    @Test
    void equal_ones_of_two_projects_are_held_apart() throws IOException {
        var one = home.deploy(project("one", "equal"));
        var two = home.deploy(project("two", "equal"));
        Http.get(Http.join(one, "/api/a"));
        Rungs.awaitSeats(home, "one");
        assertThat(Rungs.count(home, "dependency-zygote", "two")).isZero();
        assertThat(Rungs.record(home, Http.get(Http.join(two, "/api/a")))
                        .get("rung")
                        .asString())
                .isNotEqualTo("dependencies");
        Rungs.awaitSeats(home, "two");

        assertThat(zygotes("one")).doesNotContainAnyElementsOf(zygotes("two"));
        // what was drawn when it was imported is the same for one project and not for both
        var ofOne = answered(one, "b", "dependencies");
        assertThat(answered(one, "c", "dependencies")).isEqualTo(ofOne);
        assertThat(answered(two, "b", "dependencies")).isNotEqualTo(ofOne);
    }

    @Test
    void what_does_not_survive_being_copied_is_loaded_anew_and_inspect_says_why() throws IOException {
        var project = project("breaks", "fine");
        Wheel.into(
                project,
                "slow",
                "1.0",
                source("fine") + "os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), 11))\n");
        var url = home.deploy(project);
        assertThat(Http.get(Http.join(url, "/api/a")).body()).startsWith("fine");

        var why = new HashSet<String>();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            home.deploy(project); // an instance of its own for the same dependencies
            var answer = Http.get(Http.join(url, "/api/b"));
            assertThat(answer.body()).startsWith("fine");
            var record = home.json(
                    "inspect",
                    answer.headers().firstValue("x-mayfly-request-id").orElseThrow());
            assertThat(record.get("rung").asString()).isNotEqualTo("dependencies");
            why.add(record.path("why").asString(""));
            return why.stream().anyMatch(each -> each.contains("a copy dies of SIGSEGV"));
        });

        assertThat(home.mayflyRun("coldstarts", "breaks").ok().out()).contains("a copy dies of SIGSEGV");
        assertThat(zygotes("breaks")).isEmpty();
    }

    private static Path project(String name, String value) throws IOException {
        var project = home.project(name, "api/a.py", VALUE, "api/b.py", VALUE, "api/c.py", VALUE, "api/d.py", VALUE);
        Wheel.into(project, "slow", "1.0", source(value));
        return project;
    }

    private static String source(String value) {
        return "import os, time\ntime.sleep(0.06)\nVALUE = '" + value + "'\nBORN = os.urandom(8).hex()\n";
    }

    private static String answered(String url, String function, String rung) {
        var answer = Http.get(Http.join(url, "/api/" + function));
        JsonNode record = Rungs.record(home, answer);
        assertThat(record.get("rung").asString()).as("%s", record).isEqualTo(rung);
        return answer.body();
    }

    private static Set<Long> zygotes(String project) {
        return new HashSet<>(Rungs.pids(home, "dependency-zygote", project));
    }
}
