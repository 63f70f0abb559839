package dev.mayfly.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server of gRPC in Python, with the library that everybody has there, deployed and called by a client in Java. */
class GrpcTest {
    private static final String SERVER = """
            import os, sys, threading
            from concurrent.futures import ThreadPoolExecutor

            sys.path.insert(0, "packages")
            import grpc

            def say(message, context):
                if message == b"nobody":
                    context.set_trailing_metadata((("asked-for", "nobody"),))
                    context.abort(grpc.StatusCode.NOT_FOUND, "there is nobody 100%")
                if message == b"die":
                    os._exit(3)
                return message

            def chat(messages, context):
                for message in messages:
                    yield message.upper()

            def count(messages, context):
                return str(sum(len(message) for message in messages)).encode()

            def forever(message, context):
                gone = threading.Event()
                context.add_callback(gone.set)
                yield b"begun"
                gone.wait()
                print("nobody listens to", message.decode(), flush=True)

            server = grpc.server(ThreadPoolExecutor(20))
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {
                "Say": grpc.unary_unary_rpc_method_handler(say),
                "Chat": grpc.stream_stream_rpc_method_handler(chat),
                "Count": grpc.stream_unary_rpc_method_handler(count),
                "Forever": grpc.unary_stream_rpc_method_handler(forever),
            }),))
            server.add_insecure_port("127.0.0.1:" + os.environ["PORT"])
            server.start()
            server.wait_for_termination()
            """;

    private static final String SETTINGS = """
            functions:
              app:
                command: [python3, server.py]
                protocol: h2c
                timeout: 3s
            """;

    private static Home home;
    private static ManagedChannel channel;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
        var project = home.project("echo", "server.py", SERVER, "mayfly.yaml", SETTINGS);
        home.sh("python3 -m pip install -q --target echo/packages grpcio==1.76.0")
                .ok();
        var url = URI.create(home.deploy(project));
        channel = NettyChannelBuilder.forAddress(url.getHost(), url.getPort())
                .usePlaintext()
                .disableRetry()
                .build();
    }

    @AfterAll
    static void stop() throws Exception {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        home.close();
    }

    private static String say(String words) {
        var method = method(MethodType.UNARY, "Say");
        return new String(
                ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, words.getBytes(UTF_8)), UTF_8);
    }

    @Test
    void a_call_is_answered_and_in_the_log() {
        assertThat(say("hello")).isEqualTo("hello");

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(home.mayflyRun("logs", "echo").ok().out())
                                .containsPattern("POST /test.Echo/Say 200 "));
    }

    @Test
    void a_status_and_its_trailers_are_the_servers() {
        assertThatThrownBy(() -> say("nobody")).isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
            assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(failed.getStatus().getDescription()).isEqualTo("there is nobody 100%");
            var asked = Metadata.Key.of("asked-for", Metadata.ASCII_STRING_MARSHALLER);
            assertThat(Objects.requireNonNull(failed.getTrailers()).get(asked)).isEqualTo("nobody");
        });
    }

    @Test
    void each_side_hears_what_the_other_says_when_it_is_said() throws Exception {
        var heard = new Heard();
        var out = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(method(MethodType.BIDI_STREAMING, "Chat"), CallOptions.DEFAULT), heard);

        for (int i = 0; i < 20; i++) {
            out.onNext(("message " + i).getBytes(UTF_8));
            assertThat(heard.next()).isEqualTo("MESSAGE " + i);
        }
        out.onCompleted();

        assertThat(heard.end().getCode()).isEqualTo(Status.Code.OK);
    }

    @Test
    void a_long_stream_of_the_client_arrives() throws Exception {
        var heard = new Heard();
        var out = ClientCalls.asyncClientStreamingCall(
                channel.newCall(method(MethodType.CLIENT_STREAMING, "Count"), CallOptions.DEFAULT), heard);

        for (int i = 0; i < 100; i++) {
            out.onNext(new byte[100_000]);
        }
        out.onCompleted();

        assertThat(heard.next()).isEqualTo("10000000");
        assertThat(heard.end().getCode()).isEqualTo(Status.Code.OK);
    }

    @Test
    void who_cancels_is_missed_by_the_server() throws Exception {
        var heard = new Heard();
        var call = channel.newCall(method(MethodType.SERVER_STREAMING, "Forever"), CallOptions.DEFAULT);
        ClientCalls.asyncServerStreamingCall(call, "one".getBytes(UTF_8), heard);
        assertThat(heard.next()).isEqualTo("begun");

        call.cancel("enough", null);

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() ->
                        assertThat(home.mayflyRun("logs", "echo").ok().out()).contains("nobody listens to one"));
    }

    @Test
    void what_takes_longer_than_it_may_has_exceeded_its_deadline() throws Exception {
        var heard = new Heard();
        ClientCalls.asyncServerStreamingCall(
                channel.newCall(method(MethodType.SERVER_STREAMING, "Forever"), CallOptions.DEFAULT),
                "two".getBytes(UTF_8),
                heard);

        assertThat(heard.next()).isEqualTo("begun");
        assertThat(heard.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(heard.end().getDescription()).contains("function_timeout", "request ");
    }

    @Test
    void a_server_that_dies_is_unavailable_and_the_next_call_has_another() {
        assertThatThrownBy(() -> say("die")).isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
            assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(failed.getStatus().getDescription()).contains("code 3", "function_failed");
        });

        assertThat(say("here")).isEqualTo("here");
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Echo", name))
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    /** Messages are whatever they are. */
    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What a client hears, each message once. */
    private static final class Heard implements StreamObserver<byte[]> {
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

        String next() throws InterruptedException {
            return Objects.requireNonNull(messages.poll(30, TimeUnit.SECONDS), "nothing is heard");
        }

        Status end() {
            return status.orTimeout(30, TimeUnit.SECONDS).join();
        }
    }
}
