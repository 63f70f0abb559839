package dev.mayfly.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls of a gRPC that is not ours to a server of the same, through the edge. */
class GrpcTest {
    @TempDir
    Path folder;

    private GrpcEcho server;
    private GrpcCase grpc;

    @BeforeEach
    void open() throws Exception {
        server = new GrpcEcho(folder.resolve("echo.sock"));
        grpc = new GrpcCase(folder, server.path);
    }

    @AfterEach
    void close() throws Exception {
        grpc.close();
        server.close();
    }

    @Test
    void aCallIsAnswered() {
        assertThat(grpc.say("hello")).isEqualTo("hello");

        assertThat(server.authorities).containsExactly("hello.localhost:" + grpc.edge.port);
        assertThat(server.heads.getFirst().keys())
                .contains("x-forwarded-for", "x-forwarded-host", "x-request-id", "traceparent")
                .doesNotContain("x-mayfly-invocation", "host", "connection");
        assertThat(grpc.edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 10, 10));
    }

    @Test
    void messagesOfFourMebibytesPassBothWays() {
        var message = new byte[4 << 20];
        Arrays.fill(message, (byte) 7);

        assertThat(grpc.say(message)).isEqualTo(message);
    }

    @Test
    void aStatusOfTheFunctionIsTheClientsAsItIs() {
        assertThatThrownBy(() -> grpc.say("fail:5:no such cätchup"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
                    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                    assertThat(failed.getStatus().getDescription()).isEqualTo("no such cätchup");
                });
        assertThat(grpc.edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 28, 0));
    }

    @Test
    void aStreamOfTheClientIsCounted() throws Exception {
        var answer = new Heard();
        var out =
                ClientCalls.asyncClientStreamingCall(grpc.channel.newCall(GrpcEcho.COUNT, CallOptions.DEFAULT), answer);

        for (int i = 0; i < 1000; i++) {
            out.onNext(new byte[100]);
        }
        out.onCompleted();

        assertThat(answer.next()).isEqualTo("1000");
        assertThat(answer.end()).isEqualTo(Status.Code.OK);
    }

    @Test
    void aStreamOfTheServerComesWhole() {
        var messages = new ArrayList<byte[]>();
        ClientCalls.blockingServerStreamingCall(
                        grpc.channel, GrpcEcho.FLOOD, CallOptions.DEFAULT, "300:10000".getBytes(UTF_8))
                .forEachRemaining(messages::add);

        assertThat(messages).hasSize(300).allMatch(message -> message.length == 10_000);
    }

    @Test
    void eachSideWaitsForWhatTheOtherSays() throws Exception {
        var answer = new Heard();
        var out = chat(answer);

        for (int i = 0; i < 200; i++) {
            out.onNext(("message " + i).getBytes(UTF_8));
            assertThat(answer.next()).isEqualTo("message " + i);
        }
        out.onCompleted();

        assertThat(answer.end()).isEqualTo(Status.Code.OK);
    }

    @Test
    void aServerMaySpeakFirstAndEndWhileItsClientStillSpeaks() throws Exception {
        var answer = new Heard();
        var out = ClientCalls.asyncBidiStreamingCall(grpc.channel.newCall(GrpcEcho.HASTY, CallOptions.DEFAULT), answer);

        assertThat(answer.next()).isEqualTo("welcome");
        out.onNext(new byte[1]);

        assertThat(answer.end()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(grpc.say("still there")).isEqualTo("still there");
    }

    @Test
    void aMethodThatIsNotThereIsTheServersToRefuse() {
        var nowhere =
                GrpcEcho.SAY.toBuilder().setFullMethodName("test.Echo/Nothing").build();

        assertThat(codeOf(() -> call(nowhere, CallOptions.DEFAULT))).isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void whoCancelsCancelsTheFunctionsCallAlone() throws Exception {
        var other = new Heard();
        var others = chat(other);
        others.onNext(new byte[1]);
        other.next();
        var call = grpc.channel.newCall(GrpcEcho.CHAT, CallOptions.DEFAULT);
        var answer = new Heard();
        ClientCalls.asyncBidiStreamingCall(call, answer).onNext(new byte[1]);
        answer.next();

        call.cancel("changed my mind", null);

        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
        await().untilAsserted(() -> assertThat(grpc.edge.engine.ended)
                .extracting(RecordingEngine.Ended::outcome)
                .containsExactly(Outcome.DISCONNECTED));
        others.onNext("on".getBytes(UTF_8));
        assertThat(other.next()).isEqualTo("on");
        others.onCompleted();
        assertThat(other.end()).isEqualTo(Status.Code.OK);
    }

    @Test
    void aConnectionThatIsClosedCancelsItsCalls() throws Exception {
        var answer = new Heard();
        chat(answer).onNext(new byte[1]);
        answer.next();

        grpc.channel.shutdownNow();

        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }

    @Test
    void aDeadlineReachesTheFunctionAndEndsItsCall() {
        var options = CallOptions.DEFAULT.withDeadlineAfter(1500, TimeUnit.MILLISECONDS);
        var call = grpc.channel.newCall(GrpcEcho.SINK, options);
        var answer = new Heard();
        ClientCalls.asyncBidiStreamingCall(call, answer);

        assertThat(answer.end()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(server.deadlines)
                .singleElement()
                .satisfies(left -> assertThat(left).isBetween(1L, 1500L));
        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }

    @Test
    void aTimeoutOfThePlatformIsADeadlineThatWasExceeded() throws Exception {
        var answer = new Heard();
        var out = chat(answer);
        out.onNext(new byte[1]);
        answer.next();

        grpc.edge
                .engine
                .given
                .getFirst()
                .abort(new Problem(ErrorCode.FUNCTION_TIMEOUT, "took over 300 s", "set timeout"));

        assertThat(answer.end()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(answer.description()).startsWith("took over 300 s; set timeout (function_timeout, request ");
        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
        assertThat(grpc.edge.seen.getFirst().error()).isEqualTo(ErrorCode.FUNCTION_TIMEOUT);
    }

    @Test
    void anInstanceThatDiesInTheMiddleOfACallIsUnavailable() throws Exception {
        var answer = new Heard();
        chat(answer).onNext(new byte[1]);
        answer.next();

        grpc.edge
                .engine
                .given
                .getFirst()
                .abort(new Problem(ErrorCode.FUNCTION_FAILED, "it was killed by signal 9", "mayfly logs hello"));

        assertThat(answer.end()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(answer.description()).startsWith("it was killed by signal 9; mayfly logs hello (function_failed, ");
        assertThat(grpc.edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.FAILED, 200, 6, 6));
    }

    @Test
    void aTimeoutBeforeThereIsAnAnswerIsTheSame() {
        var answer = new Heard();
        ClientCalls.asyncBidiStreamingCall(grpc.channel.newCall(GrpcEcho.SINK, CallOptions.DEFAULT), answer);
        await().until(() -> server.heads.size() == 1);

        grpc.edge
                .engine
                .given
                .getFirst()
                .abort(new Problem(ErrorCode.FUNCTION_TIMEOUT, "took over 300 s", "set timeout"));

        assertThat(answer.end()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
        assertThat(grpc.edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.TIMEOUT, 504, 0, 0));
    }

    @Test
    void aSlowReaderHoldsTheServerBackInsteadOfFillingMemory() {
        var call = grpc.channel.newCall(GrpcEcho.FLOOD, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage("10000:10000".getBytes(UTF_8));
        call.halfClose();
        call.request(1);

        settles(server.sent);

        assertThat(server.sent.get()).isBetween(1, 300);
        assertThat(grpc.say("beside it")).isEqualTo("beside it");
        call.cancel("enough", null);
        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }

    @Test
    void aServerThatDoesNotReadHoldsItsClientBackInsteadOfFillingMemory() {
        var call = grpc.channel.newCall(GrpcEcho.SINK, CallOptions.DEFAULT);
        var sent = new AtomicInteger();
        var message = new byte[10_000];
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onReady() {
                        while (call.isReady()) {
                            call.sendMessage(message);
                            sent.incrementAndGet();
                        }
                    }
                },
                new Metadata());
        call.request(1);

        settles(sent);

        assertThat(sent.get()).isBetween(1, 300);
        call.cancel("enough", null);
        await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }

    /** Nothing more comes once what is between the two is full. */
    private static void settles(AtomicInteger count) {
        var last = new AtomicInteger(-1);
        await().pollInterval(Duration.ofMillis(300))
                .until(() -> count.get() > 0 && last.getAndSet(count.get()) == count.get());
    }

    @Test
    void manyCallsShareAConnectionToTheInstance() throws Exception {
        var answers = new ArrayList<Heard>();
        for (int i = 0; i < 80; i++) {
            var answer = new Heard();
            answers.add(answer);
            chat(answer).onNext(("call " + i).getBytes(UTF_8));
        }

        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).next()).isEqualTo("call " + i);
        }
    }

    private StreamObserver<byte[]> chat(Heard answer) {
        return ClientCalls.asyncBidiStreamingCall(grpc.channel.newCall(GrpcEcho.CHAT, CallOptions.DEFAULT), answer);
    }

    private void call(MethodDescriptor<byte[], byte[]> method, CallOptions options) {
        ClientCalls.blockingUnaryCall(grpc.channel, method, options, new byte[0]);
    }

    static Status.Code codeOf(Runnable call) {
        try {
            call.run();
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    /** What a client hears, each message once. */
    static final class Heard implements StreamObserver<byte[]> {
        private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> status = new CompletableFuture<>();

        @Override
        public void onNext(byte[] message) {
            messages.add(new String(message, UTF_8));
        }

        @Override
        public void onError(Throwable failure) {
            status.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            status.complete(Status.OK);
        }

        @Nullable String next() throws InterruptedException {
            return messages.poll(20, TimeUnit.SECONDS);
        }

        Status.Code end() {
            return status.orTimeout(20, TimeUnit.SECONDS).join().getCode();
        }

        String description() {
            return String.valueOf(status.join().getDescription());
        }
    }
}
