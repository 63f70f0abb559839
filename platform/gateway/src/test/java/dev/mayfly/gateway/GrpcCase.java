package dev.mayfly.gateway;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.Route;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An edge whose one function is a program that gets every path, and a client of gRPC that calls it. */
final class GrpcCase implements AutoCloseable {
    final TestEdge edge;
    final ManagedChannel channel;

    GrpcCase(Path folder, Path instance) throws IOException {
        this(folder, instance, Protocol.H2C);
    }

    GrpcCase(Path folder, Path instance, Protocol protocol) throws IOException {
        edge = new TestEdge(folder, ScriptedInstance.Conversation::readAll, TestEdge.options(), program(protocol));
        edge.engine.keepAlive = false;
        edge.engine.answer = self -> self.grant(instance.toString());
        channel = NettyChannelBuilder.forAddress("127.0.0.1", edge.port)
                .overrideAuthority("hello.localhost:" + edge.port)
                .usePlaintext()
                .maxInboundMessageSize(8 << 20)
                .disableRetry()
                .build();
    }

    static Deployment program(Protocol protocol) {
        var app = new FunctionName("app");
        var function = new Function(
                app,
                Function.PROVIDED,
                Entrypoint.command("", List.of("./server")),
                Limits.DEFAULTS,
                Digest.of("app"),
                null,
                protocol);
        return new Deployment(
                Deployment.VERSION,
                TestEdge.FIRST,
                TestEdge.HELLO,
                0,
                "server",
                "the settings name ./server",
                List.of(function),
                List.of(new Route(Route.EVERYTHING, app)),
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                1,
                100,
                true);
    }

    byte[] say(byte[] words) {
        return ClientCalls.blockingUnaryCall(channel, GrpcEcho.SAY, CallOptions.DEFAULT, words);
    }

    String say(String words) {
        return new String(say(words.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        channel.shutdownNow();
        edge.close();
        try {
            channel.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
