package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is removed is gone when the answer comes. */
class RemovalTest {
    @TempDir
    Path folder;

    @Test
    void aProjectGoesWithItsLogsAndItsPorts() throws Exception {
        try (var control = new TestControl(folder)) {
            var ready = control.deploy("hello", "one", true).getLast();
            control.store.logs().append(line(ready.at("/deployment/id").asString()));
            assertThat(control.get("/projects/hello/logs").body()).contains("a line");

            assertThat(control.delete("/projects/hello").statusCode()).isEqualTo(204);

            assertThat(control.get("/projects").body()).isEqualTo("{\"projects\":[]}");
            assertThat(control.get("/projects/hello/logs").statusCode()).isEqualTo(404);
            var port = URI.create(ready.at("/project/portUrl").asString()).getPort();
            await().until(() -> isFree(port));
            control.deploy("hello", "two", true);
            assertThat(control.get("/projects/hello/logs").body()).isEmpty();
        }
    }

    @Test
    void whatBuildsKeepForAProjectGoesWithItAndABuildIsToldWhichProjectOfANameItIs() throws Exception {
        try (var control = new TestControl(folder)) {
            var made = new ArrayList<Long>();
            var builder = control.builder;
            control.builder = (source, log) -> {
                made.add(source.projectCreatedAt());
                return builder.build(source, log);
            };
            control.deploy("hello", "one", true);
            var createdAt = control.store
                    .catalog()
                    .snapshot()
                    .project(new ProjectName("hello"))
                    .orElseThrow()
                    .createdAt();
            control.deploy("hello", "two", true);
            control.deploy("other", "one", true);

            control.delete("/projects/hello");

            assertThat(made).containsExactly(0L, createdAt, 0L);
            assertThat(control.kept.getLast())
                    .extracting(project -> project.name().value())
                    .containsExactly("other");
        }
    }

    @Test
    void compressedFormsOfFilesStayAsLongAsADeploymentHasThem() throws Exception {
        try (var control = new TestControl(folder)) {
            var form =
                    control.store.artifacts().putBlob(out -> out.write('x'), 1).orElseThrow();
            var forms = List.of(new StaticFile.Encoded(ContentCoding.BR, form.digest(), form.size()));
            var given = new ArrayList<Map<Digest, List<StaticFile.Encoded>>>();
            var plain = control.builder;
            control.builder = (source, log) -> {
                given.add(source.compressed());
                return compressed(plain.build(source, log), forms);
            };
            control.deploy("hello", "one", true);
            control.deploy("hello", "one", true);
            control.builder = plain;
            control.deploy("other", "one", true);

            control.delete("/projects/other");
            assertThat(control.store.artifacts().blob(form.digest())).isPresent();
            control.delete("/projects/hello");
            assertThat(control.store.artifacts().blob(form.digest())).isEmpty();

            assertThat(given.getFirst()).isEmpty();
            assertThat(given.getLast().values()).isNotEmpty().allMatch(forms::equals);
        }
    }

    private static Deployment compressed(Deployment of, List<StaticFile.Encoded> forms) {
        return new Deployment(
                of.version(),
                of.id(),
                of.project(),
                of.createdAt(),
                of.mode(),
                of.reason(),
                of.functions(),
                of.routes(),
                of.staticFiles().stream().map(file -> file.with(forms)).toList(),
                of.environment(),
                of.secrets(),
                of.warnings(),
                of.files(),
                of.bytes(),
                true);
    }

    @Test
    void aRemovalWaitsForTheInstancesToBeGone() throws Exception {
        try (var control = new TestControl(folder);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var id = control.deploy("hello", "one", true)
                    .getLast()
                    .at("/deployment/id")
                    .asString();
            control.engine.live.add(new InstanceView(
                    new InstanceId("i"),
                    new ProjectName("hello"),
                    new DeploymentId(id),
                    new FunctionName("api/hello"),
                    "busy",
                    1,
                    0,
                    "it was called"));
            var removing = threads.submit(() -> control.delete("/projects/hello"));
            await().until(() -> control.get("/projects").body().equals("{\"projects\":[]}"));
            assertThat(removing.isDone()).isFalse();

            control.engine.live.clear();

            assertThat(removing.get().statusCode()).isEqualTo(204);
        }
    }

    @Test
    void aDeploymentThatIsProductionStays() throws Exception {
        try (var control = new TestControl(folder)) {
            var first = control.deploy("hello", "one", true)
                    .getLast()
                    .at("/deployment/id")
                    .asString();
            var second = control.deploy("hello", "two", true)
                    .getLast()
                    .at("/deployment/id")
                    .asString();

            var refused = control.delete("/projects/hello/deployments/" + second);
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(control.delete("/projects/hello/deployments/" + first).statusCode())
                    .isEqualTo(204);
            assertThat(control.delete("/projects/hello/deployments/" + first).statusCode())
                    .isEqualTo(404);
            assertThat(control.get("/projects/hello/deployments").body())
                    .contains(second)
                    .doesNotContain(first);
        }
    }

    private static LogLine line(String deployment) {
        return new LogLine(
                1,
                new ProjectName("hello"),
                new DeploymentId(deployment),
                new FunctionName("api/hello"),
                new InstanceId("i"),
                null,
                LogLine.Stream.STDOUT,
                0,
                "a line");
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
