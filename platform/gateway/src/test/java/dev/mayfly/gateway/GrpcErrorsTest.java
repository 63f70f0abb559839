package dev.mayfly.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.engine.Admission;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Protocol;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the edge itself says to clients of gRPC, and what it passes on for those of gRPC-Web. */
class GrpcErrorsTest {
    /** A message, and the trailers as the message that they are there. */
    private static final String WEB_ANSWER = "\0\0\0\0\2ok" + "\200\0\0\0\20grpc-status: 0\r\n";

    private static final String WEB = "Content-Type: application/grpc-web+proto";

    @TempDir
    Path folder;

    private GrpcCase refusing(ErrorCode code) throws Exception {
        var grpc = new GrpcCase(folder, folder.resolve("nobody.sock"));
        grpc.edge.engine.answer =
                self -> new Admission.Refused(new InvocationId(0x77), new Problem(code, "50% are büsy", "wait"), 3);
        return grpc;
    }

    @ParameterizedTest
    @CsvSource({
        "FUNCTION_THROTTLED, UNAVAILABLE",
        "UNAVAILABLE, UNAVAILABLE",
        "FUNCTION_TIMEOUT, DEADLINE_EXCEEDED",
        "TOO_MANY_REQUESTS, RESOURCE_EXHAUSTED",
        "NOT_FOUND, UNIMPLEMENTED",
        "FORBIDDEN, PERMISSION_DENIED",
        "FUNCTION_START_FAILED, UNAVAILABLE",
        "FUNCTION_FAILED, UNAVAILABLE",
        "BUILD_FAILED, UNKNOWN",
        "INTERNAL, INTERNAL",
    })
    void aRefusalHasAStatusOfGrpcAndSaysWhy(ErrorCode code, Status.Code expected) throws Exception {
        try (var grpc = refusing(code)) {
            assertThatThrownBy(() -> grpc.say("hello")).isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
                assertThat(failed.getStatus().getCode()).isEqualTo(expected);
                assertThat(failed.getStatus().getDescription())
                        .isEqualTo("50% are büsy; wait (" + code.code() + ", request 0000000000000077)");
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyErrorHasAStatusThatIsNotOk(ErrorCode code) {
        assertThat(Grpc.status(code)).isBetween(1, 16);
    }

    @Test
    void itIsAHeadAndNothingElse() throws Exception {
        try (var grpc = refusing(ErrorCode.UNAVAILABLE);
                var client = new Http2Frames(grpc.edge.port)) {
            // Not ended: its client has more to say, and waits for an answer first.
            client.headers(
                    1,
                    Http2Frames.END_HEADERS,
                    ":method",
                    "POST",
                    ":scheme",
                    "http",
                    ":authority",
                    "hello.localhost",
                    ":path",
                    "/test.Echo/Say",
                    "content-type",
                    "application/grpc+proto",
                    "te",
                    "trailers");

            var head = client.await(Http2Frames.HEADERS);

            assertThat(head.flags() & Http2Frames.END_STREAM).isNotZero();
        }
    }

    @Test
    void aRequestIdComesBackWithIt() throws Exception {
        try (var grpc = refusing(ErrorCode.UNAVAILABLE)) {
            var said = new Metadata();
            said.put(Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER), "mine");
            var channel = ClientInterceptors.intercept(grpc.channel, MetadataUtils.newAttachHeadersInterceptor(said));

            assertThatThrownBy(() ->
                            ClientCalls.blockingUnaryCall(channel, GrpcEcho.SAY, CallOptions.DEFAULT, new byte[1]))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            failed -> assertThat(failed.getTrailers())
                                    .isNotNull()
                                    .extracting(Metadata::toString)
                                    .asString()
                                    .contains("x-request-id=mine", "x-mayfly-request-id=0000000000000077"));
        }
    }

    @Test
    void anInstanceThatCannotBeReachedIsUnavailable() throws Exception {
        try (var grpc = new GrpcCase(folder, folder.resolve("nobody.sock"))) {
            assertThat(GrpcTest.codeOf(() -> grpc.say("hello"))).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void aProgramThatSpeaksHttp2AndIsNotSaidToIsUnavailableAndNamesTheSetting() throws Exception {
        try (var server = new GrpcEcho(folder.resolve("echo.sock"));
                var grpc = new GrpcCase(folder, server.path, Protocol.HTTP1)) {
            assertThatThrownBy(() -> grpc.say("hello"))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageStartingWith("UNAVAILABLE: ")
                    .hasMessageContaining("set protocol: h2c in mayfly.yaml");
        }
    }

    @Test
    void aHostOfNobodyImplementsNothing() throws Exception {
        try (var grpc = new GrpcCase(folder, folder.resolve("nobody.sock"))) {
            var nobody = NettyChannelBuilder.forAddress("127.0.0.1", grpc.edge.port)
                    .overrideAuthority("nobody.localhost")
                    .usePlaintext()
                    .build();
            try {
                assertThat(GrpcTest.codeOf(() ->
                                ClientCalls.blockingUnaryCall(nobody, GrpcEcho.SAY, CallOptions.DEFAULT, new byte[1])))
                        .isEqualTo(Status.Code.UNIMPLEMENTED);
            } finally {
                nobody.shutdownNow();
            }
        }
    }

    @Test
    void moreThanARequestMayHoldExhaustsIt() throws Exception {
        try (var server = new GrpcEcho(folder.resolve("echo.sock"));
                var grpc = new GrpcCase(folder, server.path)) {
            var heard = new GrpcTest.Heard();
            var out = ClientCalls.asyncClientStreamingCall(
                    grpc.channel.newCall(GrpcEcho.COUNT, CallOptions.DEFAULT), heard);
            for (int i = 0; i < 30; i++) {
                out.onNext(new byte[4 << 20]);
            }

            assertThat(heard.end()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(heard.description()).contains("set requestBody for it in mayfly.yaml");
        }
    }

    @Test
    void grpcComesByTlsToo() throws Exception {
        try (var server = new GrpcEcho(folder.resolve("echo.sock"));
                var grpc = new GrpcCase(folder, server.path)) {
            int port = grpc.edge.ports.reserve(grpc.edge.snapshot);
            var certificate = TestCertificates.pair(TestCertificates.bundle("*.localhost"));
            grpc.edge.gateway.listenTls("127.0.0.1", port, new Certificates(List.of(certificate)));
            var channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .overrideAuthority("hello.localhost")
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .build())
                    .build();
            try {
                var answer = ClientCalls.blockingUnaryCall(
                        channel, GrpcEcho.SAY, CallOptions.DEFAULT, "by TLS".getBytes(UTF_8));

                assertThat(answer).asString(UTF_8).isEqualTo("by TLS");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void anErrorForABrowserHasBothStatuses() throws Exception {
        try (var grpc = refusing(ErrorCode.FUNCTION_THROTTLED)) {
            assertThat(grpc.edge.send("POST", "/test.Echo/Say", "", WEB, "Content-Length: 0"))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("\r\ngrpc-status: 14\r\n", "\r\ngrpc-message: 50%25 are b%C3%BCsy; wait (");
        }
    }

    @Test
    void callsOfBrowsersReachAServerOfHttp2AsTheyAre() throws Exception {
        var bodies = new CopyOnWriteArrayList<String>();
        ScriptedInstance.Script serving = bytes -> {
            var conversation = new H2cConversation(bytes);
            int stream = conversation.awaitRequest();
            bodies.add(conversation.await(Http2Frames.DATA).payload().toString(ISO_8859_1));
            conversation.headers(
                    stream, Http2Frames.END_HEADERS, ":status", "200", "content-type", "application/grpc-web+proto");
            conversation.send(Http2Frames.DATA, Http2Frames.END_STREAM, stream, WEB_ANSWER.getBytes(ISO_8859_1));
            bytes.readAll();
        };
        try (var edge = new TestEdge(folder, serving, TestEdge.options(), GrpcCase.program(Protocol.H2C))) {
            var got = edge.send("POST", "/test.Echo/Say", "\0\0\0\0\2hi", WEB, "Content-Length: 7");

            assertThat(got).contains("application/grpc-web+proto\r\n").endsWith("\r\n" + WEB_ANSWER + "\r\n0\r\n\r\n");
            assertThat(bodies).containsExactly("\0\0\0\0\2hi");
        }
    }

    @Test
    void callsOfBrowsersPassAsTheyAre() throws Exception {
        var answer = WEB_ANSWER;
        ScriptedInstance.Script serving = conversation -> {
            while (conversation.readHead()) {
                conversation.readBody(7);
                conversation.write("HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: "
                        + answer.length() + "\r\n\r\n" + answer);
            }
        };
        try (var edge = new TestEdge(folder, serving, TestEdge.options(), GrpcCase.program(Protocol.HTTP1))) {
            var got = edge.send("POST", "/test.Echo/Say", "\0\0\0\0\2hi", WEB, "Content-Length: 7", "X-Grpc-Web: 1");

            assertThat(got).contains("application/grpc-web+proto\r\n").endsWith("\r\n\r\n" + answer);
            assertThat(edge.instance.requests().getFirst())
                    .contains("POST /test.Echo/Say HTTP/1.1")
                    .containsIgnoringCase("content-type: application/grpc-web+proto\r\n")
                    .containsIgnoringCase("x-grpc-web: 1\r\n");
        }
    }
}
