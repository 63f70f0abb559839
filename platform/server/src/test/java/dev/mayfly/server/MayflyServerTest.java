package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
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
    void whoeverStartedItIsNotSentToANameThatThisMachineMayNotKnow() throws Exception {
        var port = String.valueOf(freePort());
        try (var server = start("--port", port, "--admin-host", "mayfly.invalid")) {
            assertThat(server.readyLine()).startsWith("{\"url\":\"http://127.0.0.1:" + port + "\",");
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
    void aBalancerSaysWhoseAConnectionIsAndThatClientIsCounted() throws Exception {
        int port = freePort();
        var ask = "GET /mayfly/v1/server HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n\r\n";
        var header = "PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n";
        var options = List.of(
                "--port", "" + port, "--proxy-protocol", "--trusted-proxies", "127.0.0.2", "--client-requests", "1/s");
        try (var server = start(options.toArray(String[]::new))) {
            assertThat(server.readyLine()).contains(":" + port);
            assertThat(said("127.0.0.2", port, header + ask)).startsWith("HTTP/1.1 403 ");
            await().untilAsserted(() -> assertThat(said("127.0.0.2", port, header + ask))
                    .startsWith("HTTP/1.1 429 ")
                    .contains("\r\nretry-after: 1\r\n", "too_many_requests"));
            assertThat(said("127.0.0.2", port, ask)).isEmpty();
            assertThat(said("127.0.0.1", port, ask)).startsWith("HTTP/1.1 401 ");
        }
    }

    private static String said(String from, int port, String bytes) throws IOException {
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port, InetAddress.ofLiteral(from), 0)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException reset) {
            return ""; // closed while bytes were on their way
        }
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

    static int freePort() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
