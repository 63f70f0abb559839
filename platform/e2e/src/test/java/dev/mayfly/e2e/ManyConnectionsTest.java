package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Very many connections that are open and say nothing, kept ones and WebSockets, while others are served. */
class ManyConnectionsTest {
    private static final int OPENERS = 64;

    @Test
    void idle_connections_and_websockets_are_held_while_others_are_served() throws Exception {
        hold(2_000, 200);
    }

    @Test
    @Tag("soak")
    void ten_thousand_of_the_one_and_a_thousand_of_the_other() throws Exception {
        hold(10_000, 1_000);
    }

    private static void hold(int idle, int webSockets) throws Exception {
        try (var home = Home.withOptions("--max-connections " + (idle + webSockets + 1_000))
                .startServer()) {
            var site = home.deploy(home.project(
                    "site", "index.html", "<h1>held</h1>", "api/hello.py", Home.handler("self.say('hello')")));
            int echo = URI.create(home.deploy(home.project("echo", "echo.py", EchoSocket.PROGRAM, "mayfly.yaml", """
                    functions:
                      app:
                        command: [python3, echo.py]
                        concurrency: 250
                    """)))
                    .getPort();
            int port = URI.create(site).getPort();
            assertThat(Http.get(Http.join(site, "/api/hello")).body()).isEqualTo("hello");
            try (var first = new EchoSocket(echo)) {
                assertThat(first.say("first")).isEqualTo("first");
            }
            long pid = home.serverPid();
            var before = Footprint.of(pid);

            var kept = atOnce(idle, i -> Kept.open(port));
            var sockets = atOnce(webSockets, i -> new EchoSocket(echo));

            var during = Footprint.of(pid);
            assertThat(during.descriptors() - before.descriptors())
                    .as("connections that are open")
                    .isGreaterThanOrEqualTo(idle + 2 * webSockets);
            for (int i = 0; i < 200; i++) {
                assertThat(Http.get(Http.join(site, "/api/hello")).body()).isEqualTo("hello");
            }
            assertThat(atOnce(webSockets, i -> sockets.get(i).say("still " + i)))
                    .hasSameElementsAs(numbered(webSockets));
            assertThat(atOnce(idle, i -> kept.get(i).get())).containsOnly("<h1>held</h1>");

            for (var each : kept) {
                each.close();
            }
            for (var each : sockets) {
                each.close();
            }
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(Footprint.of(pid).descriptors())
                            .as("descriptors that are left")
                            .isLessThanOrEqualTo(before.descriptors() + 20));
            assertThat(during.resident() - before.resident())
                    .as("memory of them all, far below what threads of their own would take")
                    .isLessThan(64L * 1024 * 1024 + 24L * 1024 * (idle + webSockets));
            System.out.printf(
                    "%d idle and %d WebSockets: %d MiB more than the %d before%n",
                    idle, webSockets, (during.resident() - before.resident()) >> 20, before.resident() >> 20);
        }
    }

    private static List<String> numbered(int count) {
        var all = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            all.add("still " + i);
        }
        return all;
    }

    /** One of many tasks. */
    private interface Numbered<T> {
        T run(int number) throws IOException;
    }

    private static <T> List<T> atOnce(int count, Numbered<T> task) throws Exception {
        var results = new CopyOnWriteArrayList<List<T>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Callable<Boolean>>();
            for (int opener = 0; opener < OPENERS; opener++) {
                int from = opener;
                all.add(() -> {
                    var some = new ArrayList<T>();
                    for (int i = from; i < count; i += OPENERS) {
                        some.add(task.run(i));
                    }
                    return results.add(some);
                });
            }
            for (var each : threads.invokeAll(all)) {
                assertThat(each.get()).isTrue();
            }
        }
        return results.stream().flatMap(List::stream).toList();
    }

    /** A kept connection. */
    private record Kept(Socket socket, String host) implements AutoCloseable {
        static Kept open(int port) throws IOException {
            var kept = new Kept(new Socket(InetAddress.getLoopbackAddress(), port), "127.0.0.1:" + port);
            kept.socket.setSoTimeout(60_000);
            kept.get();
            return kept;
        }

        /** Asks for the page. */
        String get() throws IOException {
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            var in = socket.getInputStream();
            var answer = new StringBuilder();
            while (answer.indexOf("</h1>") < 0) {
                var piece = new byte[4096];
                int got = in.read(piece);
                if (got < 0) {
                    throw new IOException("closed after " + answer);
                }
                answer.append(new String(piece, 0, got, StandardCharsets.US_ASCII));
            }
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
