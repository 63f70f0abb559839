package dev.mayfly.e2e;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests at a time inside one instance, and what they say. */
class ConcurrencyTest {
    private static final String ONE = """
            functions:
              app:
                maxInstances: 1
            """;
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
    void fifty_requests_meet_on_one_loop_and_each_keeps_its_lines() throws IOException {
        var url = home.deploy(home.project("loop", "mayfly.yaml", ONE, "app.py", """
                import asyncio, logging
                together = []
                async def app(scope, receive, send):
                    if scope["type"] != "http":
                        raise NotImplementedError
                    me = scope["path"]
                    if me != "/first":
                        met = asyncio.get_running_loop().create_future()
                        together.append(met)
                        if len(together) == 50:
                            for each in together:
                                each.set_result(None)
                        await met
                        for i in range(3):
                            print(me, end=" ")
                            await asyncio.sleep(0.001)
                            print("printed")
                        await asyncio.get_running_loop().run_in_executor(None, logging.warning, "%s logged", me)
                    await send({"type": "http.response.start", "status": 200})
                    await send({"type": "http.response.body", "body": me.encode()})
                    await asyncio.sleep(0.01)
                    print(me, "in the background")
                """));
        assertThat(Http.get(Http.join(url, "/first")).statusCode()).isEqualTo(200);

        var answers = atOnce(url, 50);

        var expected = new ArrayList<>(List.of("printed", "printed", "printed", "logged", "in the background"));
        assertThat(linesOf("loop", answers, expected.size()))
                .allSatisfy((me, lines) -> assertThat(lines)
                        .containsExactlyElementsOf(
                                expected.stream().map(each -> me + " " + each).toList()));
    }

    @Test
    void a_client_with_one_request_does_not_wait_for_all_of_another() throws IOException {
        var url = URI.create(
                home.deploy(home.project("turns", "mayfly.yaml", ONE + "    concurrency: 1\n", "app.py", """
                import time
                served = []
                def app(environ, start_response):
                    environ["wsgi.input"].read()
                    time.sleep(0.03)
                    served.append(environ["PATH_INFO"])
                    start_response("200 OK", [])
                    return [str(len(served)).encode()]
                """)));
        var sockets = new ArrayList<Socket>();
        try {
            var first = asks(1, url, "POST /first HTTP/1.1\r\nContent-Length: 1", sockets);
            for (int i = 0; i < 40; i++) {
                asks(1, url, "GET /many HTTP/1.1", sockets);
            }
            var other = asks(2, url, "GET /one HTTP/1.1", sockets);
            first.getOutputStream().write('x');

            var answer = new String(other.getInputStream().readAllBytes(), US_ASCII);
            assertThat(answer).startsWith("HTTP/1.1 200 ");
            var place = answer.substring(answer.lastIndexOf("\r\n\r\n") + 4);
            assertThat(place).matches("[1-9]|[12][0-9]");
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    /** A request that a client at 127.0.0.{@code from} begins. */
    private static Socket asks(int from, URI url, String head, List<Socket> sockets) throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) from}), 0));
        socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), url.getPort()));
        socket.setSoTimeout(60_000);
        socket.getOutputStream()
                .write((head + "\r\nHost: 127.0.0.1:" + url.getPort() + "\r\nConnection: close\r\n\r\n")
                        .getBytes(US_ASCII));
        return socket;
    }

    @Test
    void eight_requests_meet_on_threads_and_each_keeps_its_lines() throws IOException {
        var url = home.deploy(home.project("threads", "mayfly.yaml", ONE, "app.py", """
                import logging, threading
                from concurrent.futures import ThreadPoolExecutor
                together = threading.Barrier(8)
                pool = ThreadPoolExecutor(2)
                def app(environ, start_response):
                    me = environ["PATH_INFO"]
                    start_response("200 OK", [])
                    return lines(me)
                def lines(me):
                    together.wait(60)
                    print(me, "printed")
                    pool.submit(print, me, "pool").result()
                    thread = threading.Thread(target=logging.warning, args=("%s logged", me))
                    thread.start()
                    thread.join()
                    yield me.encode()
                    print(me, "streamed")
                """));

        var answers = atOnce(url, 8);

        var expected = List.of("printed", "pool", "logged", "streamed");
        assertThat(linesOf("threads", answers, expected.size()))
                .allSatisfy((me, lines) -> assertThat(lines)
                        .containsExactlyElementsOf(
                                expected.stream().map(each -> me + " " + each).toList()));
    }

    @Test
    void a_handler_class_never_sees_two_requests_at_a_time() throws IOException {
        var body = """
                global inside
                inside += 1
                most = inside
                time.sleep(0.02)
                most = max(most, inside)
                inside -= 1
                self.say(str(most))""";
        var url = home.deploy(home.project(
                "single",
                "mayfly.yaml",
                ServerlessTest.settings("maxInstances: 1"),
                "api/f.py",
                "inside = 0\n" + Home.handler(body)));

        var answers = atOnce(Http.join(url, "/api/f?"), 8);

        assertThat(answers).extracting(HttpResponse::body).containsOnly("1");
    }

    @Test
    void work_after_the_response_goes_on_at_once_and_counts() throws IOException {
        var url = home.deploy(home.project("after", "app.py", """
                import time
                class Answer:
                    def __iter__(self):
                        yield b"o"
                        yield b"k"
                    def close(self):
                        until = time.monotonic() + 0.7
                        while time.monotonic() < until:
                            pass
                        print("worked")
                def app(environ, start_response):
                    start_response("200 OK", [])
                    return Answer()
                """));
        Http.get(url);

        var answer = Http.get(url);

        assertThat(answer.body()).isEqualTo("ok");
        var id = id(answer);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> home.mayflyRun("inspect", id, "--json").exit() == 0
                        && home.json("inspect", id).path("runMicros").asLong() > 0);
        assertThat(home.json("inspect", id).get("runMicros").asLong()).isGreaterThan(700_000);
        assertThat(home.mayflyRun("logs", "after", "--request", id).ok().out()).contains("worked");
    }

    private static List<HttpResponse<String>> atOnce(String url, int count) {
        var calls = IntStream.range(0, count)
                .mapToObj(number -> Http.getLater(Http.join(url, "/" + number)))
                .toList();
        var answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200);
        return answers;
    }

    /** By what each request answered, its own lines. */
    private static Map<String, List<String>> linesOf(String project, List<HttpResponse<String>> answers, int count) {
        var lines = new HashMap<String, List<String>>();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            var byRequest = byRequest(project);
            lines.clear();
            answers.forEach(answer -> lines.put(answer.body(), byRequest.getOrDefault(id(answer), List.of())));
            return lines.values().stream().allMatch(each -> each.size() == count);
        });
        return lines;
    }

    private static Map<String, List<String>> byRequest(String project) {
        var lines = new HashMap<String, List<String>>();
        home.mayflyRun("logs", project, "-n", "2000", "--json")
                .ok()
                .out()
                .lines()
                .forEach(line -> {
                    var entry = Home.JSON.readTree(line);
                    if (!Objects.equals(entry.get("stream").asString(), "platform")) {
                        lines.computeIfAbsent(entry.path("request").asString(""), any -> new ArrayList<>())
                                .add(entry.get("text").asString());
                    }
                });
        return lines;
    }

    private static String id(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
    }
}
