package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may speak besides HTTP/1.1, and what reaches functions of it. */
class ProtocolsTest {
    /** Says what it hears, in upper case, to whoever comes by WebSocket; in less than a library would take. */
    private static final String SHOUTER = """
            import base64, hashlib, socketserver

            def take(connection, count):
                data = b""
                while len(data) < count:
                    piece = connection.recv(count - len(data))
                    if not piece:
                        raise EOFError
                    data += piece
                return data

            def converse(connection):
                head = b""
                while b"\\r\\n\\r\\n" not in head:
                    head += connection.recv(4096)
                headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\\r\\n")[1:] if b": " in line)
                if headers.get(b"upgrade") != b"websocket":
                    connection.sendall(b"HTTP/1.1 426 Upgrade Required\\r\\nContent-Length: 0\\r\\n\\r\\n")
                    return connection.close()
                key = next(line for line in head.split(b"\\r\\n") if line.lower().startswith(b"sec-websocket-key"))[19:]
                accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n"
                                   b"Connection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
                while True:
                    kind, length = take(connection, 2)
                    mask, data = take(connection, 4), take(connection, length & 127)
                    text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
                    if kind == 0x88:
                        print("good bye", flush=True)
                        connection.sendall(bytes((0x88, len(text))) + text)
                        return connection.close()
                    connection.sendall(bytes((0x81, len(text))) + text.upper())

            class Handler(socketserver.BaseRequestHandler):
                def handle(self):
                    converse(self.request)

            socketserver.ThreadingTCPServer(("127.0.0.1", 8080), Handler).serve_forever()
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

    private static Path shouter(String kind) throws IOException {
        return kind.equals("script")
                ? home.project("shouting-script", "server.py", SHOUTER)
                : home.project("shouting-program", "chat.py", SHOUTER, "mayfly.yaml", """
                        functions:
                          app:
                            command: [python3, chat.py]
                        """);
    }

    /** What is heard, as text. */
    private record Heard(LinkedBlockingQueue<String> texts) implements WebSocket.Listener {
        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            texts.add(data.toString());
            return WebSocket.Listener.super.onText(socket, data, last);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            texts.add("closed " + code);
            return WebSocket.Listener.super.onClose(socket, code, reason);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"script", "program"})
    void a_websocket_reaches_a_function_that_serves_it(String kind) throws Exception {
        var url = home.deploy(shouter(kind));
        var heard = new Heard(new LinkedBlockingQueue<>());
        try (var client = HttpClient.newHttpClient()) {
            var socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create(url.replaceFirst("^http", "ws")), heard)
                    .get(30, TimeUnit.SECONDS);

            socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
            assertThat(heard.texts.poll(30, TimeUnit.SECONDS)).isEqualTo("HELLO");
            socket.sendText("again", true).get(10, TimeUnit.SECONDS);
            assertThat(heard.texts.poll(30, TimeUnit.SECONDS)).isEqualTo("AGAIN");
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
            assertThat(heard.texts.poll(30, TimeUnit.SECONDS)).isEqualTo("closed 1000");
        }
        await().untilAsserted(() -> assertThat(
                        home.mayflyRun("logs", "shouting-" + kind).out())
                .contains("good bye")
                .containsPattern("GET / 101 "));
    }

    @Test
    void who_serves_none_answers_as_it_answers_anybody() throws Exception {
        var url = home.deploy(home.project("plain", "api/plain.py", Home.handler("self.say('plain')")));
        var answer = Http.send(Http.request(Http.join(url, "/api/plain")).GET().build());

        assertThat(answer.body()).isEqualTo("plain");
        var heard = new Heard(new LinkedBlockingQueue<>());
        try (var client = HttpClient.newHttpClient()) {
            var refused = client.newWebSocketBuilder()
                    .buildAsync(URI.create(Http.join(url, "/api/plain").replaceFirst("^http", "ws")), heard)
                    .handle((socket, failure) -> String.valueOf(failure))
                    .get(30, TimeUnit.SECONDS);
            assertThat(refused).contains("WebSocketHandshakeException");
        }
    }

    @Test
    void http2_in_clear_text_is_spoken_with_whoever_offers_it() throws Exception {
        var url = home.deploy(home.project(
                "two",
                "index.html",
                "<h1>two</h1>",
                "api/body.py",
                Home.handler("self.say(str(len(self.rfile.read(int(self.headers['Content-Length'])))))")
                        .replace("do_GET", "do_POST")));
        try (var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            var page = client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
            var count = client.send(
                    HttpRequest.newBuilder(URI.create(Http.join(url, "/api/body")))
                            .POST(HttpRequest.BodyPublishers.ofString("x".repeat(3_000_000)))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(page.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(page.body()).isEqualTo("<h1>two</h1>");
            assertThat(count.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(count.body()).isEqualTo("3000000");
        }
    }
}
