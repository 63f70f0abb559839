package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.Admission;
import dev.mayfly.gateway.observe.Ending;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine.Stream;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Error pages of a server for development: a function's traceback, which its log brings before the answer, with it, later or never. */
@Timeout(60)
class TracebackTest {
    private static final InvocationId FIRST = new InvocationId(0x5001);
    private static final String FAILED =
            "HTTP/1.1 500 Internal Server Error\r\nx-mayfly-error: function_failed\r\nContent-Length: 0\r\n\r\n";
    private static final String TRACEBACK = "Traceback (most recent call last):\nValueError: <b>no</b>";

    @TempDir
    Path folder;

    private final RecentTracebacks tracebacks = new RecentTracebacks(Duration.ofMinutes(10));
    private final SpokenLogs logs = new SpokenLogs(tracebacks);

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/json", "text/plain"})
    void thePageOfAFunctionThatFailedHasItEvenIfTheAnswerCameFirst(String accept) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), tracebacks)) {
            Thread.ofVirtual().start(() -> {
                await().until(() -> !edge.engine.ended.isEmpty());
                logs.says(FIRST, Stream.LOGGING, 40, TRACEBACK);
                edge.engine.saidAll = true;
            });

            var answer = edge.get("/api/hello", "Accept: " + accept);

            assertThat(answer).startsWith("HTTP/1.1 500 ").contains("function_failed", "Traceback (most recent call");
            assertThat(answer.contains("<b>")).isEqualTo(!accept.equals("text/html"));
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.FAILED, 500, 0, 0));
        }
    }

    @Test
    void aFunctionThatNeverSaysItsLastIsNotWaitedForForEver() throws Exception {
        var hasty = new RecentTracebacks(Duration.ofMillis(30));
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), hasty)) {
            new SpokenLogs(hasty).says(FIRST, Stream.STDERR, 0, "what there is");

            assertThat(edge.get("/api/hello")).contains("what there is", "function_failed (request 0000000000005001)");
        }
    }

    @Test
    void otherRequestsOfTheSameLoopAreAnsweredWhileOneWaits() throws Exception {
        var options = TestEdge.options();
        var oneLoop =
                new GatewayOptions(options.hosts(), options.maxHeadBytes(), options.maxLineBytes(), 15_000, 75_000, 1);
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), oneLoop, tracebacks);
                var failing = failing(edge)) {
            await().until(() -> !edge.engine.ended.isEmpty());

            assertThat(edge.get("/page.html")).startsWith("HTTP/1.1 200 ");

            logs.says(FIRST, Stream.STDERR, 0, "after that");
            edge.engine.saidAll = true;
            assertThat(new String(failing.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("after that");
        }
    }

    @Test
    void aClientThatLeavesMeanwhileIsSeenToHaveLeft() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), tracebacks)) {
            try (var failing = failing(edge)) {
                await().until(() -> !edge.engine.ended.isEmpty());
                failing.setSoLinger(true, 0);
            }

            await().until(() -> !edge.seen.isEmpty());
            edge.engine.saidAll = true;

            assertThat(edge.seen.getFirst().ending()).isEqualTo(Ending.CLIENT_GONE);
            assertThat(edge.get("/page.html")).startsWith("HTTP/1.1 200 ");
        }
    }

    private static Socket failing(TestEdge edge) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port);
        socket.getOutputStream()
                .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            names = {"FUNCTION_FAILED", "FUNCTION_TIMEOUT", "FUNCTION_BAD_RESPONSE"})
    void whatTheEngineEndsShowsItsLastErrorOutput(ErrorCode code) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readAll, tracebacks)) {
            Thread.ofVirtual().start(() -> {
                await().until(() -> !edge.engine.given.isEmpty()
                        && edge.engine.given.getFirst().listened());
                logs.says(FIRST, Stream.STDERR, 0, "Segmentation fault");
                edge.engine.given.getFirst().abort(new Problem(code, "it is over"));
            });

            assertThat(edge.get("/api/hello")).contains(code.code(), "Segmentation fault");
        }
    }

    @Test
    void garbageIsShownWithWhatTheFunctionSaid() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always("no HTTP\r\n\r\n"), tracebacks)) {
            logs.says(FIRST, Stream.STDERR, 0, "I am no server");

            assertThat(edge.get("/api/hello")).startsWith("HTTP/1.1 502 ").contains("I am no server");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            names = {"FUNCTION_START_FAILED", "FUNCTION_THROTTLED", "CALL_LOOP", "UNAVAILABLE"})
    void aRefusalShowsItOnlyWhereTheFunctionIsToBlame(ErrorCode code) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), tracebacks)) {
            logs.says(FIRST, Stream.LOGGING, 40, TRACEBACK);
            edge.engine.answer = self -> new Admission.Refused(FIRST, new Problem(code, "no slot"), 0);

            var answer = edge.get("/api/hello");

            assertThat(answer).contains(code.code());
            assertThat(answer.contains("Traceback")).isEqualTo(code == ErrorCode.FUNCTION_START_FAILED);
        }
    }

    @Test
    void anotherInvocationsIsNotShown() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), tracebacks)) {
            logs.says(new InvocationId(0x4444), Stream.LOGGING, 40, TRACEBACK);
            edge.engine.saidAll = true;

            assertThat(edge.get("/api/hello")).contains("function_failed").doesNotContain("Traceback", "rror output");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/json", "text/plain"})
    void aServerInProductionShowsNothingAndWaitsForNothing(String accept) throws Exception {
        var silent = new SpokenLogs(Tracebacks.NONE);
        try (var edge = new TestEdge(folder, ScriptedInstance.always(FAILED), Tracebacks.NONE)) {
            silent.says(FIRST, Stream.LOGGING, 40, TRACEBACK);

            var answer = edge.get("/api/hello", "Accept: " + accept);

            assertThat(answer)
                    .startsWith("HTTP/1.1 500 ")
                    .contains("function_failed")
                    .doesNotContain("Traceback", "ValueError", "traceback", "rror output");
            assertThat(silent.texts()).containsExactly(TRACEBACK);
        }
    }
}
