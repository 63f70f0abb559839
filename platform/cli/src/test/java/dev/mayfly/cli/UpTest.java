package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpTest {
    @TempDir
    private Path root = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Typist typist;

    @BeforeEach
    void launcher() throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var launcher =
                Files.writeString(root.resolve("launcher"), """
                #!/bin/sh
                exec %s -cp '%s' dev.mayfly.cli.FakeServerMain "$@"
                """.formatted(java, System.getProperty("java.class.path")));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        typist = new Typist(root).with("MAYFLY_LAUNCHER", launcher.toString()).file("app.py", "");
    }

    @AfterEach
    void endServer() {
        typist.type("down");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private long pid() throws IOException {
        return Json.object(Files.readString(typist.home().resolve("server.json")))
                .number("pid");
    }

    @Test
    void a_detached_server_stays_until_down() throws IOException {
        int port = freePort();
        var up = typist.type("up", "--detach", "--port", String.valueOf(port));
        assertThat(up.out()).isEqualTo("http://127.0.0.1:" + port + "/hello\n");
        assertThat(up.code()).isZero();
        var server = ProcessHandle.of(pid());
        assertThat(server).get().matches(ProcessHandle::isAlive);
        var down = typist.type("down");
        assertThat(down).isEqualTo(new Typist.Outcome(0, "", "stopped the server of ~/.mayfly\n"));
        await("whoever started the server to take note of its end")
                .until(() -> !server.get().isAlive());
    }

    @Test
    void a_weak_isolation_is_said_before_anything_is_deployed() throws IOException {
        var up = typist.type("up", "--detach", "--port", String.valueOf(freePort()));
        assertThat(up.err().lines().skip(1)).first().isEqualTo("isolation none: functions are plain processes");
    }

    @Test
    void a_second_up_uses_the_server_that_runs() throws IOException {
        typist.type("up", "--detach", "--port", String.valueOf(freePort()));
        long first = pid();
        var second = typist.type("up", "--detach");
        assertThat(second.code()).isZero();
        assertThat(second.err()).contains("already running");
        assertThat(pid()).isEqualTo(first);
    }

    @Test
    void a_given_port_that_is_taken_is_an_error() throws IOException {
        try (var taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = taken.getLocalPort();
            var up = typist.with("MAYFLY_PORT", String.valueOf(port)).type("up", "--detach");
            assertThat(up.code()).isEqualTo(1);
            assertThat(up.err()).startsWith("error: port " + port + " is in use\n  fix: mayfly up --port ");
            assertThat(typist.home().resolve("server.json")).doesNotExist();
        }
    }

    @Test
    void whether_a_port_is_free_is_the_servers_to_say_where_it_may_take_another() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var surroundings = typist.surroundings();
            var server = new LocalServer(new Mayfly(surroundings, new Screen(surroundings), "", false));
            var started = server.start(taken.getLocalPort(), List.of("--port-search"), Map.of());
            assertThat(started.url()).isNotEqualTo("http://127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void a_server_that_cannot_start_says_why() throws IOException {
        Files.createDirectories(typist.home());
        Files.writeString(typist.home().resolve("broken"), "");
        var up = typist.type("up", "--detach", "--port", String.valueOf(freePort()));
        assertThat(up).isEqualTo(new Typist.Outcome(1, "", """
                error: database: damaged (expected: SQLite)
                  fix: restore it from a copy
                """));
    }

    @Test
    void down_leaves_a_process_alone_that_only_has_the_number_of_the_server() throws IOException {
        var other = new ProcessBuilder("sleep", "600").start();
        try {
            Files.createDirectories(typist.home());
            Files.writeString(
                    typist.home().resolve("server.json"),
                    "{\"url\":\"http://127.0.0.1:1/\",\"pid\":" + other.pid() + "}");
            var down = typist.type("down");
            assertThat(down).isEqualTo(new Typist.Outcome(0, "", "no server is running for ~/.mayfly\n"));
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void others_may_only_pass_through_the_home() throws IOException {
        typist.type("up", "--detach", "--port", String.valueOf(freePort()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(typist.home())))
                .isEqualTo("rwx--x--x");
    }
}
