package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The first command of a new user. */
class UpTest {
    @Test
    void detached_it_prints_the_url_alone_and_down_stops_what_it_started() throws IOException {
        try (var home = new Home()) {
            var up = home.mayflyIn(Shell.ROOT, "up", "examples/python-hello", "--detach")
                    .ok();

            assertThat(up.out()).matches("http://[a-z0-9.:-]+/\n");
            assertThat(Http.get(Http.join(up.line(), "/api/hello")).body()).isEqualTo("Hello, world!\n");
            assertThat(Files.getPosixFilePermissions(home.home().resolve("token")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            long pid = home.serverPid();
            home.mayflyRun("down").ok();
            await().atMost(Duration.ofSeconds(10))
                    .until(() ->
                            ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
        }
    }

    @Test
    void in_examples_it_prints_the_receipt_follows_the_logs_and_says_when_zero_is_reached() throws Exception {
        try (var home = new Home()) {
            copyOfHello(home);

            var up = home.mayflyStart(home.projects, "up", "examples/python-hello");

            var err = Shell.read(up.getErrorStream());
            var out = Shell.read(up.getInputStream());
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> Files.exists(home.home().resolve("server.json")));
            await().atMost(Duration.ofSeconds(90))
                    .until(() ->
                            !home.json("usage", "python-hello").path("sums").isEmpty());
            home.awaitZero();
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            home.sh("kill -INT " + up.pid()).ok();
            assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
            var text = out.join() + err.join();
            assertThat(text)
                    .containsPattern(
                            "cold [0-9.]+ (ms|s) from [a-z]+ \\([a-z0-9., ]+\\) · ran [0-9.]+ ms · CPU [0-9.]+ ms · \\$0\\.[0-9]+ · back to 0 processes in 1 s");
            assertThat(text).contains("0 processes");
            assertThat(Files.exists(home.home().resolve("server.json"))).isFalse();
        }
    }

    @Test
    void ctrl_c_leaves_a_server_that_ran_before() throws Exception {
        try (var home = Home.started()) {
            var up = home.mayflyStart(Shell.ROOT, "up", "examples/python-script");
            var out = Shell.read(up.getInputStream());
            var err = Shell.read(up.getErrorStream());
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> home.json("ls").toString().contains("python-script"));

            home.sh("kill -INT " + up.pid()).ok();

            assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(out.join() + err.join()).contains("http://");
            assertThat(home.json("ls").toString()).contains("python-script");
        }
    }

    @Test
    void down_ends_where_nobody_reaps_the_server() throws IOException {
        try (var home = new Home()) {
            // A parent that starts the server and never asks how it ended; it leaves when its input ends.
            var parent =
                    "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); sys.stdin.read()";
            var process = home.start(List.of(
                    "python3", "-c", parent, Shell.ROOT.resolve("mayfly").toString(), "server"));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(home.home().resolve("server.json")));

            home.mayflyRun("down").ok();

            process.getOutputStream().close();
            process.onExit().join();
        }
    }

    @Test
    void two_homes_run_side_by_side() throws IOException {
        try (var one = new Home();
                var two = Home.withOptions("--admin-host mayfly.invalid")) { // which this machine need not know
            var first = one.mayflyIn(Shell.ROOT, "up", "examples/python-hello", "--detach")
                    .ok()
                    .line();
            var second = two.mayflyIn(Shell.ROOT, "up", "examples/python-script", "--detach")
                    .ok()
                    .line();

            assertThat(Http.get(Http.join(first, "/api/hello")).body()).isEqualTo("Hello, world!\n");
            assertThat(Http.get(Http.join(second, "/x")).body()).startsWith("path: /x");
            assertThat(one.json("ls").toString()).doesNotContain("python-script");
            one.mayflyRun("down").ok();
            assertThat(Http.get(Http.join(second, "/x")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a_taken_port_is_named_with_its_owner_and_where_the_default_is_taken_up_takes_the_next() throws Exception {
        try (var home = new Home(Map.of("MAYFLY_PORT", ""));
                var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var occupied = occupyDefaultPort()) {
            assertThat(occupied).isNotNull();
            var port = Integer.toString(taken.getLocalPort());
            var refused = home.mayflyRun("server", "--port", port).failed();
            assertThat(refused.err())
                    .contains("error: port " + port + " is in use by pid "
                            + ProcessHandle.current().pid());
            assertThat(refused.err()).contains("fix: mayfly server --port ");
            assertThat(home.mayflyIn(Shell.ROOT, "up", "examples/python-hello", "--port", port)
                            .failed()
                            .err())
                    .startsWith("error: port " + port + " is in use");

            var up = home.mayflyIn(Shell.ROOT, "up", "examples/python-hello", "--detach")
                    .ok();

            assertThat(Http.get(Http.join(up.line(), "/api/hello")).statusCode())
                    .isEqualTo(200);
            assertThat(Files.readString(home.home().resolve("server.json"))).doesNotContain(":7070\"");
        }
    }

    /** Makes sure that somebody listens on the default port, which may be somebody else already. */
    private static AutoCloseable occupyDefaultPort() {
        try {
            return new ServerSocket(7070, 1, InetAddress.getLoopbackAddress());
        } catch (IOException taken) {
            return () -> {};
        }
    }

    /** The example with a short idle timeout, below a folder named examples. */
    private static void copyOfHello(Home home) throws IOException {
        var source = Shell.ROOT.resolve("examples/python-hello/api/hello.py");
        home.project(
                "examples/python-hello",
                "api/hello.py",
                Files.readString(source, StandardCharsets.UTF_8),
                "mayfly.yaml",
                ServerlessTest.settings("idleTimeout: 1s"));
    }
}
