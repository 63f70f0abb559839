package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Outcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of HTTP/2 in clear text, by prior knowledge and by upgrade, answered by instances that speak HTTP/1.1. */
class Http2Test {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    private @Nullable TestEdge edge;
    private @Nullable HttpClient client;

    private TestEdge edge(ScriptedInstance.Script script) throws Exception {
        edge = new TestEdge(folder, script);
        return edge;
    }

    @AfterEach
    void close() throws Exception {
        if (client != null) {
            client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
        if (edge != null) {
            edge.close();
        }
    }

    private HttpClientRequest request(TestEdge edge, boolean upgrade, HttpMethod method, String path) throws Exception {
        if (client == null) {
            client = edge.vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(upgrade));
        }
        var options = new RequestOptions()
                .setServer(SocketAddress.inetSocketAddress(edge.port, "127.0.0.1"))
                .setHost("hello.localhost")
                .setPort(edge.port)
                .setMethod(method)
                .setURI(path);
        return of(client.request(options));
    }

    private static <T> T of(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private record Answer(HttpClientResponse head, String body) {}

    private static Answer answer(HttpClientRequest request, String body) throws Exception {
        var whole = (body.isEmpty() ? request.send() : request.send(Buffer.buffer(body)))
                .compose(head -> head.body().map(bytes -> new Answer(head, bytes.toString())));
        return of(whole);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRequestIsAnsweredAndComesAsOneOfHttp11(boolean upgrade) throws Exception {
        var edge = edge(ScriptedInstance.always(OK));

        var answer = answer(request(edge, upgrade, HttpMethod.GET, "/api/hello?x=%20y"), "");

        assertThat(answer.head().version()).isEqualTo(HttpVersion.HTTP_2);
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.head().getHeader("x-mayfly-request-id")).isEqualTo("0000000000005001");
        assertThat(edge.instance.requests().getFirst())
                .startsWith("GET /api/hello?x=%20y HTTP/1.1\r\n")
                .containsIgnoringCase("host: hello.localhost:" + edge.port + "\r\n")
                .doesNotContainIgnoringCase("transfer-encoding")
                .doesNotContainIgnoringCase("http2-settings")
                .doesNotContain(":path");
        assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, 2));
    }

    @Test
    void aTunnelToElsewhereIsRefusedAndItsConnectionServesOn() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));

        var refused = of(request(edge, false, HttpMethod.CONNECT, "").connect());

        assertThat(refused.statusCode()).isEqualTo(501);
        assertThat(answer(request(edge, false, HttpMethod.GET, "/api/hello"), "")
                        .body())
                .isEqualTo("ok");
        assertThat(edge.instance.requests()).hasSize(1);
    }

    @Test
    void aTunnelHasNoPathAndIsSeenAllTheSame() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        try (var client = new Http2Frames(edge.port)) {
            client.headers(
                    1,
                    Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
                    ":method",
                    "CONNECT",
                    ":authority",
                    "hello.localhost:80");
            client.await(Http2Frames.HEADERS);
        }

        await().untilAsserted(() -> assertThat(edge.seen).singleElement().satisfies(served -> {
            assertThat(served.method()).isEqualTo("CONNECT");
            assertThat(served.status()).isEqualTo(501);
            assertThat(served.path()).isNull();
        }));
    }

    @Test
    void manyAtOnceShareOneConnection() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        var answers = new ArrayList<Future<HttpClientResponse>>();
        for (int i = 0; i < 50; i++) {
            answers.add(request(edge, false, HttpMethod.GET, "/api/hello").send());
        }

        for (var answer : answers) {
            assertThat(of(answer).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aBodyOfUnknownLengthIsPassedOnInChunks() throws Exception {
        var bodies = new ArrayList<String>();
        var edge = edge(conversation -> {
            while (conversation.readHead()) {
                bodies.add(conversation.readBody("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n".length()));
                conversation.write(OK);
            }
        });
        var request = request(edge, false, HttpMethod.POST, "/api/hello");

        request.write("abc");
        await().until(() -> edge.instance.requests().size() == 1);
        request.write("def");
        var head = of(request.end().compose(sent -> request.response()));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(bodies).containsExactly("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
        assertThat(edge.instance.requests().getFirst()).containsIgnoringCase("transfer-encoding: chunked");
    }

    @Test
    void aBodyOfKnownLengthKeepsIt() throws Exception {
        var edge = edge(conversation -> {
            while (conversation.readHead()) {
                conversation.readBody(6);
                conversation.write(OK);
            }
        });

        var answer = answer(request(edge, false, HttpMethod.POST, "/api/hello"), "abcdef");

        assertThat(answer.body()).isEqualTo("ok");
        assertThat(edge.instance.requests().getFirst())
                .containsIgnoringCase("content-length: 6\r\n")
                .doesNotContainIgnoringCase("transfer-encoding");
        assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 6, 2));
    }

    @Test
    void trailersArePassedOn() throws Exception {
        var edge = edge(
                ScriptedInstance.always(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\nConnection: x\r\n\r\n"));

        var answer = answer(request(edge, false, HttpMethod.GET, "/api/hello"), "");

        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.head().trailers().get("grpc-status")).isEqualTo("0");
        assertThat(answer.head().trailers().contains("connection")).isFalse();
    }

    @Test
    void cookiesAreJoined() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        var request = request(edge, false, HttpMethod.GET, "/api/hello");
        request.headers().add("cookie", "a=1").add("cookie", "b=2");

        answer(request, "");

        assertThat(edge.instance.requests().getFirst()).containsIgnoringCase("cookie: a=1; b=2\r\n");
    }

    @Test
    void aFileIsServedWholeAndInPart() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        var part = request(edge, false, HttpMethod.GET, "/page.html").putHeader("range", "bytes=2-4");

        assertThat(answer(request(edge, false, HttpMethod.GET, "/page.html"), "")
                        .body())
                .isEqualTo(TestEdge.FILE);
        assertThat(answer(part, "").body()).isEqualTo("234");
    }

    @Test
    void whoLeavesEndsOnlyTheRequestThatIsLeft() throws Exception {
        var edge = edge(conversation -> {
            while (conversation.readHead()) {
                if (edge().instance.requests().getLast().contains("/wait")) {
                    conversation.readAll();
                }
                conversation.write(OK);
            }
        });
        var left = request(edge, false, HttpMethod.GET, "/api/hello?/wait");
        left.send();
        await().until(() -> edge.instance.requests().size() == 1);
        left.reset(8).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThat(answer(request(edge, false, HttpMethod.GET, "/api/hello"), "")
                        .body())
                .isEqualTo("ok");
        await().untilAsserted(() -> assertThat(edge.engine.ended)
                .extracting(RecordingEngine.Ended::outcome)
                .contains(Outcome.DISCONNECTED, Outcome.OK));
    }

    private TestEdge edge() {
        return Objects.requireNonNull(edge);
    }

    @Test
    void anAnswerThatBreaksOffResetsItsStreamAlone() throws Exception {
        var edge = edge(conversation -> {
            while (conversation.readHead()) {
                if (edge().instance.requests().getLast().contains("/cut")) {
                    conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
                    return;
                }
                conversation.write(OK);
            }
        });
        var cut = request(edge, false, HttpMethod.GET, "/api/hello?/cut");

        assertThatThrownBy(() -> answer(cut, "")).hasStackTraceContaining("reset");
        assertThat(answer(request(edge, false, HttpMethod.GET, "/api/hello"), "")
                        .body())
                .isEqualTo("ok");
    }

    @Test
    void aHostBesideTheAuthorityMustBeTheSame() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        var request = request(edge, false, HttpMethod.GET, "/api/hello").putHeader("host", "other.localhost");

        assertThatThrownBy(() -> answer(request, "")).hasStackTraceContaining("reset");
        assertThat(edge.instance.requests()).isEmpty();
    }

    @Test
    void headersThatBelongToAnotherProtocolAreNoneOfTheFunctions() throws Exception {
        var edge = edge(ScriptedInstance.always(OK));
        var request = request(edge, false, HttpMethod.GET, "/api/hello");
        request.headers().addAll(Map.of("te", "trailers", "x-mayfly-invocation", "1", "x-forwarded-for", "6.6.6.6"));

        answer(request, "");

        assertThat(edge.instance.requests().getFirst())
                .doesNotContainIgnoringCase("te: ")
                .doesNotContain("6.6.6.6")
                .containsOnlyOnce("x-mayfly-invocation");
    }
}
