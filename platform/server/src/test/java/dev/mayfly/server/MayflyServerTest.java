package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ProblemException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole server, started and ended in this process. */
class MayflyServerTest {
    @TempDir
    Path folder;

    @Test
    void aServerThatIsReadyAnswersWithItsTokenAndLeavesNoFileThatSaysSoWhenItEnds() throws Exception {
        int port = freePort();
        try (var server = start("--port", String.valueOf(port));
                var http = HttpClient.newHttpClient()) {
            assertThat(server.readyLine())
                    .startsWith("{\"url\":\"http://127.0.0.1:" + port + "\",\"pid\":"
                            + ProcessHandle.current().pid());
            assertThat(Files.readString(folder.resolve("server.json"))).isEqualTo(server.readyLine() + "\n");
            var token = Files.readString(folder.resolve("token")).strip();
            assertThat(token).matches("mf_[A-Za-z0-9_-]{43}");
            assertThat(Files.getPosixFilePermissions(folder.resolve("token")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));

            var answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/mayfly/v1/server"))
                            .header("authorization", "Bearer " + token)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
        }

        assertThat(folder.resolve("server.json")).doesNotExist();
        try (var again = start("--port", String.valueOf(port))) {
            assertThat(again.readyLine()).contains(":" + port);
        }
    }

    @Test
    void aTakenPortIsAnErrorThatNamesAFreeOneUnlessTheNextWillDo() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var taken = String.valueOf(other.getLocalPort());

            assertThatThrownBy(() -> start("--port", taken))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            e -> assertThat(e.problem().message())
                                    .startsWith("port " + taken + " is in use")
                                    .contains("pid " + ProcessHandle.current().pid()));
            assertThat(folder.resolve("server.json")).doesNotExist();
            try (var next = start("--port", taken, "--port-search")) {
                assertThat(next.readyLine()).doesNotContain(":" + taken + "\"");
            }
        }
    }

    @Test
    void aSecondServerOfOneHomeIsRefused() throws Exception {
        try (var first = start("--port", String.valueOf(freePort()))) {
            assertThat(first.readyLine()).isNotEmpty();
            int other = freePort();

            assertThatThrownBy(() -> start("--port", String.valueOf(other)))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("is in use by another server");
            assertThat(folder.resolve("server.json")).exists();
        }
    }

    @Test
    void listeningBeyondLoopbackNeedsAWordWhereFunctionsAreProcesses() {
        assertThatThrownBy(() -> start("--listen", "0.0.0.0:" + freePort(), "--isolation", "process"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("functions are not isolated here");
    }

    @Test
    void requestsAreWrittenDownAndCountedWhereThatIsAskedFor() throws Exception {
        int port = freePort();
        var file = folder.resolve("access.log");
        try (var server = start("--port", String.valueOf(port), "--access-log", file.toString());
                var http = HttpClient.newHttpClient()) {
            assertThat(server.readyLine()).isNotEmpty();
            var metrics = URI.create("http://127.0.0.1:" + port + "/metrics?query=secret");
            var token = Files.readString(folder.resolve("token")).strip();

            var refused = http.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString());
            var answer = http.send(
                    HttpRequest.newBuilder(metrics)
                            .header("authorization", "Bearer " + token)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("kind=\"management\"", "status=\"4xx\"", "jvm_memory_used_bytes");
        }
        assertThat(Files.readAllLines(file))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .contains("\"kind\":\"management\"", "\"path\":\"/metrics\"")
                        .doesNotContain("secret"));
    }

    @Test
    void anAccessLogThatCannotBeWrittenIsToldAtOnce() {
        assertThatThrownBy(
                        () -> start("--port", String.valueOf(freePort()), "--access-log", folder + "/none/access.log"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("--access-log: ");
    }

    private MayflyServer start(String... options) throws Exception {
        var all = new ArrayList<>(List.of(
                "--home",
                folder.toString(),
                "--artifacts",
                folder.resolve("artifacts").toString()));
        all.addAll(List.of(options));
        return new MayflyServer(
                ServerOptions.parse(all, Map.of()), Map.of("PATH", "/usr/bin"), Clock.systemUTC(), () -> {});
    }

    private static int freePort() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
