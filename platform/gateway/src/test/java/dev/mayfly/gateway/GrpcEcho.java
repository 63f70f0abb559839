package dev.mayfly.gateway;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A server of gRPC that is not ours, on a Unix socket as an instance has one, with a service of every shape of call. */
final class GrpcEcho implements AutoCloseable {
    static final String SERVICE = "test.Echo";
    static final Metadata.Key<String> SAID = Metadata.Key.of("x-said", Metadata.ASCII_STRING_MARSHALLER);

    /** Answers what it was sent, or fails as {@code fail:CODE:words} says. */
    static final MethodDescriptor<byte[], byte[]> SAY = method(MethodDescriptor.MethodType.UNARY, "Say");
    /** Counts messages. */
    static final MethodDescriptor<byte[], byte[]> COUNT = method(MethodDescriptor.MethodType.CLIENT_STREAMING, "Count");
    /** Answers {@code COUNT:BYTES} with so many messages of so many bytes. */
    static final MethodDescriptor<byte[], byte[]> FLOOD = method(MethodDescriptor.MethodType.SERVER_STREAMING, "Flood");
    /** Answers each message when it comes. */
    static final MethodDescriptor<byte[], byte[]> CHAT = method(MethodDescriptor.MethodType.BIDI_STREAMING, "Chat");
    /** Takes messages one at a time, when told to, and answers nothing. */
    static final MethodDescriptor<byte[], byte[]> SINK = method(MethodDescriptor.MethodType.BIDI_STREAMING, "Sink");
    /** Says one message before it was told any, and refuses what comes then. */
    static final MethodDescriptor<byte[], byte[]> HASTY = method(MethodDescriptor.MethodType.BIDI_STREAMING, "Hasty");

    final Path path;
    final List<String> authorities = new CopyOnWriteArrayList<>();
    final List<Metadata> heads = new CopyOnWriteArrayList<>();
    final List<Long> deadlines = new CopyOnWriteArrayList<>();
    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger sent = new AtomicInteger();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Server server;

    GrpcEcho(Path path) throws IOException {
        this(path, builder -> builder);
    }

    GrpcEcho(Path path, UnaryOperator<NettyServerBuilder> settings) throws IOException {
        this.path = path;
        var builder = NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .channelType(EpollServerDomainSocketChannel.class)
                .maxInboundMessageSize(8 << 20)
                .addService(ServerInterceptors.intercept(service(), new Heads()));
        server = settings.apply(builder).build().start();
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(SAY, ServerCalls.asyncUnaryCall(GrpcEcho::say))
                .addMethod(COUNT, ServerCalls.asyncClientStreamingCall(GrpcEcho::count))
                .addMethod(FLOOD, ServerCalls.asyncServerStreamingCall(this::flood))
                .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(this::chat))
                .addMethod(SINK, ServerCalls.asyncBidiStreamingCall(this::sink))
                .addMethod(HASTY, ServerCalls.asyncBidiStreamingCall(GrpcEcho::hasty))
                .build();
    }

    private static void say(byte[] words, StreamObserver<byte[]> answer) {
        var text = words.length > 100 ? "" : new String(words, StandardCharsets.UTF_8);
        if (text.startsWith("fail:")) {
            var parts = text.split(":", 3);
            answer.onError(Status.fromCodeValue(Integer.parseInt(parts[1]))
                    .withDescription(parts[2])
                    .asRuntimeException());
            return;
        }
        answer.onNext(words);
        answer.onCompleted();
    }

    private static StreamObserver<byte[]> count(StreamObserver<byte[]> answer) {
        return new Listening() {
            private int count;

            @Override
            public void onNext(byte[] message) {
                count++;
            }

            @Override
            public void onCompleted() {
                answer.onNext(Integer.toString(count).getBytes(StandardCharsets.UTF_8));
                answer.onCompleted();
            }
        };
    }

    private void flood(byte[] wanted, StreamObserver<byte[]> to) {
        var answer = (ServerCallStreamObserver<byte[]>) to;
        var parts = new String(wanted, StandardCharsets.UTF_8).split(":", 2);
        int count = Integer.parseInt(parts[0]);
        var message = new byte[Integer.parseInt(parts[1])];
        answer.setOnCancelHandler(cancelled::incrementAndGet);
        answer.setOnReadyHandler(() -> {
            while (answer.isReady() && sent.get() < count) {
                answer.onNext(message);
                if (sent.incrementAndGet() == count) {
                    answer.onCompleted();
                }
            }
        });
    }

    private StreamObserver<byte[]> chat(StreamObserver<byte[]> to) {
        ((ServerCallStreamObserver<byte[]>) to).setOnCancelHandler(cancelled::incrementAndGet);
        return new Listening() {
            @Override
            public void onNext(byte[] message) {
                to.onNext(message);
            }

            @Override
            public void onCompleted() {
                to.onCompleted();
            }
        };
    }

    private StreamObserver<byte[]> sink(StreamObserver<byte[]> to) {
        var call = (ServerCallStreamObserver<byte[]>) to;
        call.disableAutoRequest();
        call.setOnCancelHandler(cancelled::incrementAndGet);
        return new Listening() {
            @Override
            public void onNext(byte[] message) {}

            @Override
            public void onCompleted() {}
        };
    }

    private static StreamObserver<byte[]> hasty(StreamObserver<byte[]> to) {
        to.onNext("welcome".getBytes(StandardCharsets.UTF_8));
        return new Listening() {
            @Override
            public void onNext(byte[] message) {
                to.onError(Status.FAILED_PRECONDITION.withDescription("enough").asRuntimeException());
            }

            @Override
            public void onCompleted() {}
        };
    }

    /** To whom a call that is over is over. */
    private abstract static class Listening implements StreamObserver<byte[]> {
        @Override
        public final void onError(Throwable gone) {}
    }

    /** Writes down what calls begin with, and says it back. */
    private final class Heads implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata head, ServerCallHandler<Q, R> next) {
            heads.add(head);
            authorities.add(String.valueOf(call.getAuthority()));
            var deadline = Context.current().getDeadline();
            if (deadline != null) {
                deadlines.add(deadline.timeRemaining(TimeUnit.MILLISECONDS));
            }
            return next.startCall(call, head);
        }
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodDescriptor.MethodType type, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
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

    @Override
    public void close() {
        server.shutdownNow();
        var _ = loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
