package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that break, lie or stay silent: one clear answer each, and one line in the books. */
class HostileInstanceTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "this is not HTTP at all\r\n\r\n",
                "\0\1\2\3\4\5\6\7\r\n\r\n",
                "HTTP/1.1 999999 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: a\0b\r\n\r\nok",
                "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            })
    void garbageIs502(String garbage) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(garbage))) {
            var answer = edge.get("/api/hello", "Accept: application/json");

            assertThat(answer)
                    .startsWith("HTTP/1.1 502 ")
                    .contains("\"code\":\"function_bad_response\"", "\"requestId\":\"0000000000005001\"");
            assertThat(edge.engine.ended).hasSize(1);
            assertThat(edge.engine.ended.getFirst().outcome()).isEqualTo(Outcome.FAILED);
            assertThat(edge.engine.ended.getFirst().status()).isEqualTo(502);
            await().until(() -> edge.instance.open() == 0);
        }
    }

    @Test
    void hugeHeadersAre502() throws Exception {
        var huge = "HTTP/1.1 200 OK\r\nX-Big: " + "x".repeat(100_000) + "\r\nContent-Length: 2\r\n\r\nok";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(huge))) {
            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void closingWithoutAnAnswerIs502() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead)) {
            assertThat(edge.get("/api/hello"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("it closed the connection without an answer");
            assertThat(edge.engine.ended).hasSize(1);
        }
    }

    @Test
    void halfAHeadIs502() throws Exception {
        ScriptedInstance.Script half = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\nContent-Le");
        };
        try (var edge = new TestEdge(folder, half)) {
            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 502 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 100\r\n\r\nhalf",
                "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"
            })
    void halfABodyBreaksTheConnectionOff(String half) throws Exception {
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\n" + half);
        };
        try (var edge = new TestEdge(folder, script)) {
            var answer = edge.get("/api/hello");

            assertThat(answer).startsWith("HTTP/1.1 200 ").contains("half").doesNotEndWith("0\r\n\r\n");
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.FAILED, 200, 0, 4));
        }
    }

    @Test
    void anInstanceThatNeverAnswersIsEndedByTheEngine() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readAll)) {
            var timeout =
                    new Problem(ErrorCode.FUNCTION_TIMEOUT, "api/hello did not answer within 300 s", "raise timeout");
            Thread.ofVirtual().start(() -> {
                await().until(() -> !edge.engine.given.isEmpty()
                        && edge.engine.given.getFirst().listened());
                edge.engine.given.getFirst().abort(timeout);
            });

            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 504 ").contains("did not answer within 300 s");
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.TIMEOUT, 504, 0, 0));
            await().until(() -> edge.instance.open() == 0);
        }
    }

    @Test
    void aCrashIsNamedByTheEngineEvenIfTheConnectionClosesFirst() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead)) {
            var crash = new Problem(ErrorCode.FUNCTION_FAILED, "api/hello exited with 3", "mayfly logs hello");
            Thread.ofVirtual().start(() -> {
                await().until(() -> edge.instance.connections() == 1 && edge.instance.open() == 0);
                edge.engine.given.getFirst().abort(crash);
            });

            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 500 ").contains("exited with 3");
            assertThat(edge.engine.ended).hasSize(1);
        }
    }

    @Test
    void aFailureInUserCodeIsThePlatformsPage() throws Exception {
        var failed =
                "HTTP/1.1 500 Internal Server Error\r\nx-mayfly-error: function_failed\r\nContent-Length: 9\r\n\r\ntraceback";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(failed))) {
            var answer = edge.get("/api/hello", "Accept: text/html");

            assertThat(answer)
                    .startsWith("HTTP/1.1 500 ")
                    .contains("text/html", "the function api/hello failed", "0000000000005001")
                    .doesNotContain("traceback", "x-mayfly-error");
            assertThat(edge.engine.ended.getFirst().outcome()).isEqualTo(Outcome.FAILED);
        }
    }

    @Test
    void aFailureIsNamedToCallersThroughTheApi() throws Exception {
        var failed =
                "HTTP/1.1 500 Internal Server Error\r\nx-mayfly-error: function_failed\r\nContent-Length: 9\r\n\r\ntraceback";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(failed))) {
            var answer = edge.raw("GET /call?path=/api/hello HTTP/1.1\r\nHost: localhost:" + edge.port
                    + "\r\nConnection: close\r\n\r\n");

            assertThat(answer)
                    .startsWith("HTTP/1.1 500 ")
                    .contains("x-mayfly-invocation: 0000000000005001\r\n", "the function api/hello failed");
        }
    }

    @Test
    void whatLeadsToNoInvocationIsRefusedInTheWordsOfTheApi() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            var answer = edge.raw("GET /call?path=/nowhere HTTP/1.1\r\nHost: localhost:" + edge.port
                    + "\r\nAccept: text/html\r\nConnection: close\r\n\r\n");

            assertThat(answer)
                    .startsWith("HTTP/1.1 404 ")
                    .contains("{\"error\":{\"code\":\"not_found\",", "\"paths\":[", "\"/api/hello\"")
                    .doesNotContain("x-mayfly-invocation");
        }
    }

    @Test
    void aRequestThatReachedNoUserCodeGoesToAnotherInstanceOnce() throws Exception {
        var calls = new AtomicInteger();
        ScriptedInstance.Script diesOnce = conversation -> {
            conversation.readHead();
            var body = conversation.readBody(4);
            if (calls.incrementAndGet() > 1) {
                conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body);
            }
        };
        try (var edge = new TestEdge(folder, diesOnce)) {
            edge.engine.repeatable = true;

            assertThat(edge.send("POST", "/api/hello", "body", "Content-Length: 4"))
                    .endsWith("\r\n\r\nbody");
            assertThat(edge.engine.asked).hasSize(2);
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 4, 4));
        }
    }

    @Test
    void anAddressThatTakesNoConnectionIsTriedNoMoreThanFiveTimes() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.engine.repeatable = true;
            edge.engine.answer = self -> self.grant(
                    self.given.isEmpty()
                            ? folder.resolve("nobody.sock").toString()
                            : edge.instance.path().toString());

            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 200 ");

            edge.engine.answer =
                    self -> self.grant(folder.resolve("nobody.sock").toString());
            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 502 ");
            assertThat(edge.engine.asked).hasSize(2 + 5);
        }
    }

    @Test
    void aLongBodyIsNotSentTwice() throws Exception {
        try (var edge = new TestEdge(folder, conversation -> {
            conversation.readHead();
            conversation.readBody(70_000);
        })) {
            edge.engine.repeatable = true;

            assertThat(edge.send("POST", "/api/hello", "x".repeat(70_000), "Content-Length: 70000"))
                    .startsWith("HTTP/1.1 502 ");
            assertThat(edge.engine.asked).hasSize(1);
        }
    }

    @Test
    void anAnswerBeforeTheBodyWasReadIsPassedOnAndTheRestThrownAway() throws Exception {
        ScriptedInstance.Script hasty = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
            conversation.readAll();
        };
        try (var edge = new TestEdge(folder, hasty)) {
            assertThat(edge.send("POST", "/api/hello", "x".repeat(150_000), "Content-Length: 150000"))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("no");
        }
    }

    @Test
    void aSlowReaderHoldsTheInstanceBackInsteadOfFillingMemory() throws Exception {
        var written = new AtomicInteger();
        ScriptedInstance.Script flood = conversation -> {
            conversation.readHead();
            conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
            var chunk = "x".repeat(100_000);
            while (true) {
                conversation.write(chunk);
                written.addAndGet(chunk.length());
            }
        };
        try (var edge = new TestEdge(folder, flood);
                var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.getOutputStream()
                    .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            var last = new AtomicInteger(-1);
            await().pollInterval(Duration.ofMillis(300))
                    .until(() -> written.get() > 0 && last.getAndSet(written.get()) == written.get());

            assertThat(written.get()).isLessThan(50_000_000);
        }
    }
}
