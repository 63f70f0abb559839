package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an order to a deployment that is served, or to nothing. */
class DeployTest {
    @TempDir
    Path folder;

    @Test
    void aDeploymentIsServedBeforeItIsSaidToBeReady() throws Exception {
        try (var control = new TestControl(folder)) {
            control.builder = (source, log) -> {
                TestControl.say(
                        log,
                        new BuildEvent.Step("Installing"),
                        new BuildEvent.Output("Collecting"),
                        new BuildEvent.Warning("old"));
                return TestControl.hello(source.id(), source);
            };
            var lines = control.deploy("hello", "one", false);

            assertThat(lines.stream().map(line -> line.get("type").asString()))
                    .containsExactly("step", "output", "warning", "ready");
            var ready = lines.getLast();
            assertThat(ready.at("/deployment/production").asBoolean()).isTrue();
            var page = control.http.send(
                    HttpRequest.newBuilder(URI.create(ready.at("/project/url").asString() + "page.txt"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(page.body()).isEqualTo("one");
            var own = control.http.send(
                    HttpRequest.newBuilder(
                                    URI.create(ready.at("/deployment/portUrl").asString() + "page.txt"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(own.body()).isEqualTo("one");
        }
    }

    @Test
    void onlyTheFirstDeploymentAndThoseThatSaySoBecomeProduction() throws Exception {
        try (var control = new TestControl(folder)) {
            var first = control.deploy("hello", "one", false).getLast();
            var second = control.deploy("hello", "two", false).getLast();
            assertThat(second.at("/deployment/production").asBoolean()).isFalse();
            assertThat(second.at("/project/production")).isEqualTo(first.at("/deployment/id"));

            var third = control.deploy("hello", "three", true).getLast();
            assertThat(third.at("/project/production")).isEqualTo(third.at("/deployment/id"));
            assertThat(third.at("/project/portUrl")).isEqualTo(first.at("/project/portUrl"));
        }
    }

    @Test
    void aMistakeOfTheAuthorIsTheLastLine() throws Exception {
        try (var control = new TestControl(folder)) {
            control.builder = (source, log) -> {
                throw new Problem(ErrorCode.BUILD_FAILED, "a.py, line 3: invalid syntax", "look at line 3")
                        .asException();
            };
            var lines = control.deploy("hello", "one", true);

            assertThat(lines).hasSize(1);
            assertThat(lines.getFirst().at("/error/code").asString()).isEqualTo("build_failed");
            assertThat(lines.getFirst().at("/error/fix").asString()).isEqualTo("look at line 3");
            assertThat(control.get("/projects").body()).isEqualTo("{\"projects\":[]}");
        }
    }

    @Test
    void aMistakeOfOursIsTheLastLineToo() throws Exception {
        try (var control = new TestControl(folder)) {
            control.builder = (source, log) -> {
                throw new IllegalStateException("secret detail");
            };
            var lines = control.deploy("hello", "one", true);

            assertThat(lines.getLast().at("/error/code").asString()).isEqualTo("internal");
            assertThat(lines.getLast().toString()).doesNotContain("secret detail");
        }
    }

    @Test
    void aClientThatLeavesCancelsTheBuild() throws Exception {
        try (var control = new TestControl(folder)) {
            var building = new CountDownLatch(1);
            var interrupted = new AtomicBoolean();
            control.builder = (source, log) -> {
                building.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.set(true);
                    throw e;
                }
                throw new IllegalStateException("never");
            };
            control.upload("one");
            var body = TestControl.order("one", true);
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), control.port)) {
                socket.getOutputStream()
                        .write(("POST /mayfly/v1/projects/hello/deployments HTTP/1.1\r\nHost: localhost:" + control.port
                                        + "\r\nAuthorization: Bearer " + TestControl.TOKEN + "\r\nContent-Length: "
                                        + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.UTF_8));
                building.await();
            }

            await().until(interrupted::get);
            assertThat(control.get("/projects").body()).isEqualTo("{\"projects\":[]}");
        }
    }

    @Test
    void deploysOfOneProjectAtOnceAllSucceed() throws Exception {
        try (var control = new TestControl(folder);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> control.deploy("hello", "content " + i, true)))
                    .toList();

            for (var answer : answers) {
                assertThat(answer.get().getLast().at("/type").asString()).isEqualTo("ready");
            }
            var ports = TestControl.JSON
                    .readTree(control.get("/projects/hello/deployments").body())
                    .at("/deployments")
                    .valueStream()
                    .map(deployment -> deployment.get("portUrl").asString())
                    .toList();
            assertThat(ports).hasSize(8).doesNotHaveDuplicates();
        }
    }

    @Test
    void filesThatWereNotUploadedOrLieAboutTheirSizeAreRefused() throws Exception {
        try (var control = new TestControl(folder)) {
            var missing = control.json("POST", "/projects/hello/deployments", TestControl.order("nowhere", true));
            assertThat(missing.body()).contains("\"blobs_missing\"", "1 files were not uploaded");

            control.upload("one");
            var lie = control.json(
                    "POST",
                    "/projects/hello/deployments",
                    TestControl.order("one", true).replace("\"size\":3", "\"size\":2"));
            assertThat(lie.body()).contains("size of page.txt: 2 (expected: 3)");

            var neither = control.json("POST", "/projects/hello/deployments", "{\"files\":[{\"path\":\"a\"}]}");
            assertThat(neither.statusCode()).isEqualTo(400);
            assertThat(neither.body()).contains("files[0]: neither sha256 nor link");
            var unknown =
                    control.json("POST", "/projects/hello/deployments", "{\"files\":[{\"path\":\"a\",\"mode\":1}]}");
            assertThat(unknown.body()).contains("files[0].mode");
            assertThat(control.json("POST", "/projects/No/deployments", "{\"files\":[]}")
                            .statusCode())
                    .isEqualTo(400);
        }
    }
}
