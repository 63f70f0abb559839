package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Functions that misbehave and uploads that are broken: one clear answer each, and the platform lives on. */
class HostileTest {
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
    void a_handler_that_prints_megabytes_answers_and_its_log_is_bounded() throws IOException {
        var url = deploy("loud", "for i in range(4000): print('x' * 1023)\nself.say('printed')");

        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("printed");

        await().atMost(Duration.ofSeconds(20))
                .until(() -> home.mayflyRun("logs", "loud", "--lines", "100000")
                        .ok()
                        .out()
                        .contains("dropped"));
    }

    @Test
    void a_handler_that_ignores_sigterm_is_gone_after_its_idle_timeout() throws IOException {
        var project = home.project(
                "stubborn",
                "api/f.py",
                "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                        + Home.handler("self.say('still here')"),
                "mayfly.yaml",
                ServerlessTest.settings("idleTimeout: 200ms"));
        var url = home.deploy(project);
        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("still here");

        await().atMost(Duration.ofSeconds(30))
                .until(() -> !home.json("ps").toString().contains("stubborn"));
    }

    @Test
    void garbage_and_half_an_answer_are_a_clear_error() throws IOException {
        var url = home.deploy(home.project(
                "garbage",
                "api/noise.py",
                Home.handler("self.wfile.write(b'\\x00\\x01 this is not HTTP\\r\\n\\r\\n')"),
                "api/half.py",
                Home.handler("self.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Le'); self.close_connection = True"),
                "api/fine.py",
                Home.handler("self.say('fine')")));

        for (var path : List.of("/api/noise", "/api/half")) {
            var answer = Http.get(Http.join(url, path));
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body()).contains("function_failed");
            var id = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> home.mayflyRun("logs", "garbage", "--request", id)
                            .ok()
                            .out()
                            .contains("answer"));
        }
        assertThat(Http.get(Http.join(url, "/api/fine")).body()).isEqualTo("fine");
    }

    @Test
    void a_body_over_the_limit_is_413() throws IOException {
        var url = home.deploy(home.project(
                "small",
                "api/f.py",
                Home.handler("self.say('get')") + "    do_POST = do_GET\n",
                "mayfly.yaml",
                ServerlessTest.settings("requestBody: 1KiB")));

        assertThat(Http.post(Http.join(url, "/api/f"), "text/plain", "x".repeat(2000))
                        .statusCode())
                .isEqualTo(413);
        var streamed = Http.request(Http.join(url, "/api/f"))
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(new byte[5000])))
                .build();
        assertThat(Http.send(streamed).statusCode()).isEqualTo(413);
        assertThat(Http.post(Http.join(url, "/api/f"), "text/plain", "x".repeat(200))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void names_with_spaces_and_unicode_work_and_links_out_of_the_tree_do_not() throws IOException {
        var project = home.project(
                "names",
                "api/f.py",
                Home.handler("self.say(open('data files/grüße 你好.txt').read())"),
                "data files/grüße 你好.txt",
                "found");
        var url = home.deploy(project);
        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("found");
        Files.createSymbolicLink(project.resolve("out.txt"), Path.of("/etc/passwd"));

        var run = home.mayflyIn(project, "deploy").failed();

        assertThat(run.err()).contains("out.txt").contains("/etc/passwd");
        assertThat(home.json("inspect", "names").get("deployments")).hasSize(1);
    }

    @Test
    void ten_thousand_files_deploy() throws IOException {
        var project = home.project("many", "api/f.py", Home.handler("self.say(str(len(os.listdir('data'))))"));
        Files.createDirectories(project.resolve("data"));
        for (int i = 0; i < 10_000; i++) {
            Files.writeString(project.resolve("data/" + i + ".txt"), Integer.toString(i % 100));
        }

        var url = home.deploy(project);

        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("10000");
        home.mayflyRun("rm", "many", "--yes").ok();
    }

    @Test
    void a_hundred_megabytes_upload_with_flat_server_memory() throws IOException {
        var project = home.project("large", "api/f.py", Home.handler("self.say(str(os.path.getsize('big.bin')))"));
        try (var file = new RandomAccessFile(project.resolve("big.bin").toFile(), "rw")) {
            var random = new java.util.Random(7);
            var block = new byte[1 << 20];
            for (int i = 0; i < 100; i++) {
                random.nextBytes(block);
                file.write(block);
            }
        }
        long before = residentKilobytes(home.serverPid());

        var url = home.deploy(project);

        assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo(Integer.toString(100 << 20));
        assertThat(residentKilobytes(home.serverPid()) - before).isLessThan(80_000);
        home.mayflyRun("rm", "large", "--yes").ok();
    }

    private static long residentKilobytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static String deploy(String name, String body) throws IOException {
        return home.deploy(home.project(name, "api/f.py", Home.handler(body)));
    }
}
