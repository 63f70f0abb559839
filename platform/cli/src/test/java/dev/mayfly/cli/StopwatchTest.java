package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The process that takes the times of {@code mayfly prove}, against a server and engines that are made up. */
class StopwatchTest {
    private final ConcurrentLinkedQueue<Integer> ports = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path folder = Path.of("");

    private HttpServer server;
    private Stopwatch stopwatch;

    @BeforeEach
    void start() throws IOException {
        Files.createDirectory(folder.resolve("outside"));
        Files.writeString(
                folder.resolve("outside/stopwatch.py"),
                BundledProject.own().files().apply("outside/stopwatch.py"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            ports.add(exchange.getRemoteAddress().getPort());
            var body = exchange.getRequestURI().getPath().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("X-Mayfly-Request-Id", "00000000000000ff");
            exchange.sendResponseHeaders(body.length > 8 ? 500 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        var path = System.getenv("PATH");
        var python = Stream.of(path.split(File.pathSeparator, -1))
                .map(each -> Path.of(each, "python3"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
        stopwatch = Stopwatch.start(new Outside(python, folder, Map.of("PATH", folder + File.pathSeparator + path)));
    }

    @AfterEach
    void stop() {
        stopwatch.close();
        server.stop(0);
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    @Test
    void a_call_is_timed_and_its_answer_held_against_what_was_expected() throws IOException {
        var right = stopwatch.call(url("/a"), "/a");
        var wrong = stopwatch.call(url("/a"), "/b");
        var failed = stopwatch.call(url("/too-long"), "/too-long");

        assertThat(right.text("problem")).isEmpty();
        assertThat(right.text("request")).isEqualTo("00000000000000ff");
        assertThat(right.number("micros")).isPositive();
        assertThat(wrong.text("problem")).isEqualTo("HTTP/1.1 200 OK /a");
        assertThat(failed.text("problem")).isEqualTo("HTTP/1.1 500 Internal Server Error /too-long");
    }

    @Test
    void each_call_has_a_connection_of_its_own_and_warm_ones_share_one() throws IOException {
        stopwatch.call(url("/a"), "/a");
        stopwatch.call(url("/a"), "/a");
        var warm = stopwatch.warm(url("/a"), 3);

        assertThat(warm.number("done")).isEqualTo(3);
        assertThat(ports).hasSize(5);
        assertThat(ports.stream().distinct()).hasSize(3);
    }

    @Test
    void a_server_that_is_not_there_is_told() throws IOException {
        server.stop(0);

        assertThat(stopwatch.call(url("/a"), "/a").text("problem")).startsWith("ConnectionRefusedError");
        assertThat(stopwatch.warm(url("/a"), 3).text("problem")).startsWith("ConnectionRefusedError");
    }

    @Test
    void warm_requests_that_are_not_answered_well_are_no_warm_requests() throws IOException {
        assertThat(stopwatch.warm(url("/too-long"), 3).text("problem"))
                .isEqualTo("ConnectionError: HTTP/1.1 500 Internal Server Error");
    }

    @Test
    void the_least_that_a_process_costs_is_started_again_and_again() throws IOException {
        for (int i = 0; i < 3; i++) {
            var took = stopwatch.bare(folder);

            assertThat(took.text("what")).startsWith("fork and exec of ");
            assertThat(took.text("exit")).isEqualTo("0");
        }
    }

    @Test
    void where_no_program_may_lie_in_the_folder_the_usual_one_is_started() throws IOException {
        var took = stopwatch.bare(folder.resolve("missing"));

        assertThat(took.text("what")).isEqualTo("fork and exec of true");
        assertThat(took.text("exit")).isEqualTo("0");
    }

    @Test
    void a_program_that_fails_or_is_not_there_is_told() throws IOException {
        assertThat(stopwatch.run(List.of("/bin/sh", "-c", "exit 3")).number("exit"))
                .isEqualTo(3);
        assertThat(stopwatch.run(List.of("/no/such/program")).text("problem")).startsWith("FileNotFoundError");
    }

    @Test
    void a_container_is_of_a_small_image_that_is_there_and_runs() throws IOException {
        engine("""
                case "$1" in
                  image) printf '%s\\n' own/large:1 '<none>:<none>' debian:12 alpine:3 ;;
                  run) echo "$@" >>"$0.log"; case "$*" in *alpine*) exit 125 ;; esac ;;
                  *) exit 9 ;;
                esac
                """);

        var found = stopwatch.engine("boxes");

        assertThat(found.text("what")).isEqualTo("boxes run debian:12 /bin/true");
        assertThat(found.texts("command").subList(1, 8))
                .containsExactly("run", "--rm", "--pull", "never", "--entrypoint", "/bin/true", "debian:12");
        assertThat(stopwatch.run(found.texts("command")).text("exit")).isEqualTo("0");
        assertThat(Files.readAllLines(folder.resolve("boxes.log")))
                .hasSize(3)
                .allMatch(line -> line.startsWith("run --rm --pull never "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo 'first' >&2; echo 'the daemon is off' >&2; exit 1 | installed, but the daemon is off",
                "exit 1                                                 | installed, but it does not work",
                "true                                                   | no local image",
                "[ $1 = run ] && exit 125; echo debian:12               | no local image that runs /bin/true",
            })
    void an_engine_that_cannot_be_used_says_why(String script, String missing) throws IOException {
        engine(script + "\n");

        assertThat(stopwatch.engine("boxes").text("missing")).isEqualTo(missing);
    }

    @Test
    void an_engine_that_is_not_there_is_not_installed() throws IOException {
        assertThat(stopwatch.engine("boxes").text("missing")).isEqualTo("not installed");
    }

    @Test
    void where_it_has_ended_there_is_no_time() {
        stopwatch.close();

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        stopwatch.bare(folder); // until the pipe is seen to be closed
                    }
                })
                .isInstanceOf(IOException.class);
    }

    private void engine(String script) throws IOException {
        var program = folder.resolve("boxes");
        Files.writeString(program, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
}
