package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading logs, and following them. */
class LogsTest {
    @TempDir
    Path folder;

    @Test
    void linesComeInOrderFilteredAndCounted() throws Exception {
        try (var control = new TestControl(folder)) {
            var id = deployed(control);
            for (int i = 1; i <= 5; i++) {
                append(control, id, i, "line " + i);
            }

            assertThat(control.get("/projects/hello/logs").body().lines()).hasSize(5);
            assertThat(control.get("/projects/hello/logs?limit=2").body())
                    .contains("line 1", "line 2")
                    .doesNotContain("line 3");
            assertThat(control.get("/projects/hello/logs?limit=2&tail=1").body())
                    .contains("line 4", "line 5")
                    .doesNotContain("line 3");
            assertThat(control.get("/projects/hello/logs?request=" + new InvocationId(3))
                            .body())
                    .contains("line 3")
                    .doesNotContain("line 2");
            var second = control.get("/projects/hello/logs?limit=2")
                    .body()
                    .lines()
                    .skip(1)
                    .findFirst()
                    .orElseThrow();
            var cursor = TestControl.JSON.readTree(second).get("cursor").asLong();
            assertThat(control.get("/projects/hello/logs?limit=1&cursor=" + cursor)
                            .body())
                    .contains("line 3");
        }
    }

    @Test
    void aFollowerSeesWhatIsWrittenLater() throws Exception {
        try (var control = new TestControl(folder)) {
            var id = deployed(control);
            append(control, id, 1, "before");
            var answer = control.http.send(
                    control.request("/projects/hello/logs?follow=1").build(), HttpResponse.BodyHandlers.ofLines());
            try (var lines = answer.body()) {
                var each = lines.iterator();
                assertThat(each.next()).contains("before");

                append(control, id, 2, "after");

                assertThat(each.next()).contains("after");
            }
        }
    }

    private static String deployed(TestControl control) throws Exception {
        return control.deploy("hello", "one", true)
                .getLast()
                .at("/deployment/id")
                .asString();
    }

    private static void append(TestControl control, String deployment, long invocation, String text) {
        control.store
                .logs()
                .append(new LogLine(
                        invocation,
                        new ProjectName("hello"),
                        new DeploymentId(deployment),
                        new FunctionName("api/hello"),
                        new InstanceId("i"),
                        new InvocationId(invocation),
                        LogLine.Stream.STDOUT,
                        0,
                        text));
    }
}
