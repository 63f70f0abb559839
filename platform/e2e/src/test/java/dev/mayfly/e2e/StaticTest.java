package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and answers as clients get them that can decompress. */
class StaticTest {
    private static final String PAGE = "<p>The same thing again and again.</p>\n".repeat(300);

    private static final String REPORT = """
            from http.server import BaseHTTPRequestHandler

            class handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(b'{"n": [%s]}' % b", ".join(b"%d" % n for n in range(20000)))
            """;

    /** Speaks to each client by name until it has heard of it that it listens. */
    private static final String EVENTS = """
            import asyncio

            heard = asyncio.Event()

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    return
                kind = b"text/event-stream" if scope["path"] == "/events" else b"text/plain"
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
                if scope["path"] == "/heard":
                    heard.set()
                    await send({"type": "http.response.body", "body": b"thanks"})
                    return
                size = 5000 if scope["path"] == "/long" else 10
                await send({"type": "http.response.body", "body": b"x" * size + b"\\n", "more_body": True})
                await heard.wait()
                heard.clear()
                await send({"type": "http.response.body", "body": b"the end"})
            """;

    private static Home home;
    private static HttpClient client;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() throws IOException {
        client.close();
        home.close();
    }

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("static.md", 12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip"})
    void a_file_comes_compressed_and_is_the_same_after_it(String coding) throws Exception {
        var url = home.deploy(home.project("site-" + coding, "public/docs/index.html", PAGE, "public/a.txt", "short"));

        var page = get(Http.join(url, "/docs/"), coding);

        assertThat(page.headers().firstValue("content-encoding")).contains(coding);
        assertThat(page.headers().firstValue("vary")).contains("accept-encoding");
        assertThat(page.body()).hasSizeLessThan(PAGE.length() / 10);
        assertThat(decoded(page.body(), coding)).isEqualTo(PAGE);
        assertThat(get(Http.join(url, "/a.txt"), coding).body()).isEqualTo("short".getBytes(StandardCharsets.UTF_8));
        assertThat(get(Http.join(url, "/docs"), coding).body()).isEqualTo(page.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "gzip"})
    void an_answer_comes_compressed_and_is_billed_as_it_was(String coding) throws Exception {
        var project = "report-" + coding;
        var url = home.deploy(home.project(project, "api/report.py", REPORT));
        var plain = Http.get(Http.join(url, "/api/report")).body();

        // The server loads the library of zstd when it is first asked for.
        var answer = await().until(
                        () -> get(Http.join(url, "/api/report"), coding),
                        got -> got.headers().firstValue("content-encoding").equals(Optional.of(coding)));

        assertThat(answer.body()).hasSizeLessThan(plain.length() / 2);
        assertThat(decoded(answer.body(), coding)).isEqualTo(plain);
        assertThat(home.json("usage", project).findValues("bytesOut"))
                .isNotEmpty()
                .allMatch(bytes -> bytes.asLong() % plain.length() == 0);
    }

    @Test
    void a_project_may_do_without() throws Exception {
        var url = home.deploy(home.project(
                "without", "api/report.py", REPORT, "public/page.html", PAGE, "mayfly.yaml", "compression: off\n"));

        for (var path : new String[] {"/api/report", "/page.html"}) {
            var answer = get(Http.join(url, path), "gzip, br, zstd");
            assertThat(answer.headers().map()).doesNotContainKeys("content-encoding", "vary");
        }
        var wrong = home.project("wrong", "index.html", PAGE, "mayfly.yaml", "compression: perhaps\n");
        assertThat(home.mayflyIn(wrong, "deploy").failed().err())
                .contains("mayfly.yaml:1: compression: perhaps (expected: on or off)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/events", "/short", "/long"})
    void a_stream_is_seen_as_it_is_sent(String path) throws Exception {
        var url = home.deploy(home.project("stream" + path.replace('/', '-'), "app.py", EVENTS));
        var request = Http.request(Http.join(url, path))
                .header("accept-encoding", "gzip")
                .build();

        var answer = client.send(request, BodyHandlers.ofInputStream());

        boolean compressed = answer.headers().firstValue("content-encoding").isPresent();
        assertThat(compressed).isEqualTo(path.equals("/long"));
        try (var body = compressed ? new GZIPInputStream(answer.body()) : answer.body()) {
            int first = (path.equals("/long") ? 5000 : 10) + 1;
            assertThat(body.readNBytes(first)).hasSize(first);
            assertThat(Http.get(Http.join(url, "/heard")).body()).isEqualTo("thanks");
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("the end");
        }
    }

    @Test
    void compressed_forms_go_with_their_deployments() throws Exception {
        var project = home.project("gone", "index.html", PAGE + "gone");
        home.deploy(project);
        long before = blobs();

        home.mayflyRun("rm", "gone", "--yes").ok();

        assertThat(blobs()).isEqualTo(before - 4);
    }

    private static long blobs() throws IOException {
        try (var all = Files.walk(home.home())) {
            return all.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .filter(file -> file.contains("/blobs/"))
                    .count();
        }
    }

    private static HttpResponse<byte[]> get(String url, String accepted) throws Exception {
        return client.send(Http.request(url).header("accept-encoding", accepted).build(), BodyHandlers.ofByteArray());
    }

    private static String decoded(byte[] body, String coding) throws IOException {
        try (var plain = decoding(new ByteArrayInputStream(body), coding)) {
            return new String(plain.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream decoding(InputStream body, String coding) throws IOException {
        return switch (coding) {
            case "br" -> {
                Brotli4jLoader.ensureAvailability();
                yield new BrotliInputStream(body);
            }
            case "zstd" -> new ZstdInputStream(body);
            default -> new GZIPInputStream(body);
        };
    }
}
