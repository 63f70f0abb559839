package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Instances and servers that have to leave while requests run. */
class DrainTest {
    private static final String WSGI = """
            import os, signal, time
            ME = os.urandom(8).hex()
            def app(environ, start_response):
                if environ["PATH_INFO"] == "/leave":
                    os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.01)
                start_response("200 OK", [])
                return [ME.encode()]
            """;
    private static final String ASGI = """
            import asyncio, os, signal
            ME = os.urandom(8).hex()
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                if scope["path"] == "/leave":
                    os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(0.01)
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": ME.encode()})
            """;
    private static final String WAITS = """
            import os, time
            def app(environ, start_response):
                place = environ["PATH_INFO"]
                print("waits", place)
                until = time.monotonic() + (3 if place == "/short" else 120)
                while time.monotonic() < until:
                    time.sleep(0.05)
                start_response("200 OK", [])
                return [b"done"]
            """;

    @Test
    void instances_that_get_sigterm_under_load_lose_no_request() throws Exception {
        try (var home = Home.started()) {
            for (var source : List.of(WSGI, ASGI)) {
                var name = source.equals(WSGI) ? "threads" : "loop";
                var url = home.deploy(home.project(name, "app.py", source));

                var answers = load(url, 12, 60);

                assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200);
                assertThat(new HashSet<>(
                                answers.stream().map(HttpResponse::body).toList()))
                        .as("instances, of which some left")
                        .hasSizeGreaterThan(2);
            }
        }
    }

    @Test
    void a_server_that_stops_lets_requests_finish_and_tells_those_that_do_not() throws IOException {
        var home = Home.started();
        try (home) {
            var url = home.deploy(home.project("waits", "app.py", WAITS));
            var quick = Http.getLater(Http.join(url, "/short"));
            var slow = Http.getLater(Http.join(url, "/long"));
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                var log = home.mayflyRun("logs", "waits").ok().out();
                return log.contains("waits /short") && log.contains("waits /long");
            });

            home.mayflyRun("down").ok();

            assertThat(quick.join().body()).isEqualTo("done");
            assertThat(slow.join().statusCode()).isEqualTo(503);
            assertThat(slow.join().body())
                    .contains(
                            "The server is closing. This request of app did not finish within the 10 s that it had left.");
            assertThat(Files.exists(home.home().resolve("server.json"))).isFalse();
        }
    }

    /** Clients that ask one after the other; the first of them has an instance leave now and then. */
    private static List<HttpResponse<String>> load(String url, int clients, int requests) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var asking = new ArrayList<Future<List<HttpResponse<String>>>>();
            for (int client = 0; client < clients; client++) {
                boolean first = client == 0;
                Callable<List<HttpResponse<String>>> asks = () -> {
                    var answers = new ArrayList<HttpResponse<String>>();
                    for (int i = 1; i <= requests; i++) {
                        answers.add(Http.get(Http.join(url, first && i % 10 == 0 ? "/leave" : "/")));
                    }
                    return answers;
                };
                asking.add(threads.submit(asks));
            }
            var all = new ArrayList<HttpResponse<String>>();
            for (var each : asking) {
                all.addAll(each.get());
            }
            return all;
        }
    }
}
