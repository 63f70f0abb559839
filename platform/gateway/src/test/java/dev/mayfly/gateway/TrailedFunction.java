package dev.mayfly.gateway;

import dev.mayfly.model.Protocol;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A function that writes down what it was sent, the trailers too, and answers {@code ok}; in one protocol or the other. */
final class TrailedFunction {
    final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final Protocol protocol;

    /** What it does before it answers. */
    interface Before {
        /** @return whether it answers at all; if not, its connection is closed, or the stream reset with {@code REFUSED_STREAM} */
        boolean answers(Seen request);
    }

    volatile Before before = request -> true;

    /**
     * One request.
     *
     * @param head its lines; in HTTP/2 each {@code name: value}
     * @param trailers each {@code name: value}, the name in lower case
     */
    record Seen(List<String> head, String body, List<String> trailers) {}

    TrailedFunction(Protocol protocol) {
        this.protocol = protocol;
    }

    void run(ScriptedInstance.Conversation bytes) throws IOException {
        if (protocol == Protocol.H2C) {
            runH2c(bytes);
        } else {
            runHttp1(bytes);
        }
    }

    private void runHttp1(ScriptedInstance.Conversation bytes) throws IOException {
        for (var head = bytes.head(); head.isPresent(); head = bytes.head()) {
            var lines = head.get().lines().toList();
            var body = new StringBuilder();
            var trailers = new ArrayList<String>();
            if (lines.stream().anyMatch("transfer-encoding: chunked"::equalsIgnoreCase)) {
                for (int size = size(bytes); size > 0; size = size(bytes)) {
                    body.append(bytes.readBody(size));
                    bytes.readBody(2);
                }
                for (var line = line(bytes); !line.isEmpty(); line = line(bytes)) {
                    int colon = line.indexOf(':');
                    trailers.add(line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon));
                }
            }
            for (var line : lines) {
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    body.append(
                            bytes.readBody(Integer.parseInt(line.substring(15).strip())));
                }
            }
            if (!saw(new Seen(lines, body.toString(), trailers))) {
                return;
            }
            bytes.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }

    private static int size(ScriptedInstance.Conversation bytes) throws IOException {
        return Integer.parseInt(line(bytes), 16);
    }

    private static String line(ScriptedInstance.Conversation bytes) throws IOException {
        var line = new StringBuilder();
        while (!line.toString().endsWith("\r\n")) {
            int next = bytes.read();
            if (next < 0) {
                throw new EOFException();
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 2);
    }

    private void runH2c(ScriptedInstance.Conversation bytes) throws IOException {
        var conversation = new H2cConversation(bytes);
        var decoder = decoder();
        while (true) {
            var frame = conversation.await(Http2Frames.HEADERS);
            int stream = frame.stream();
            var head = fields(decoder, frame);
            var body = new StringBuilder();
            List<String> trailers = List.of();
            while ((frame.flags() & Http2Frames.END_STREAM) == 0) {
                frame = conversation.awaitOf(stream);
                switch (frame.type()) {
                    case Http2Frames.DATA -> {
                        body.append(frame.payload().toString(StandardCharsets.ISO_8859_1));
                        if (frame.payload().length() > 0) {
                            conversation.read(stream, frame.payload().length());
                        }
                    }
                    case Http2Frames.HEADERS -> trailers = fields(decoder, frame);
                    default -> throw new IOException("a frame of kind " + frame.type());
                }
            }
            if (saw(new Seen(head, body.toString(), trailers))) {
                conversation.answer(stream, "ok");
            } else {
                conversation.send(Http2Frames.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 7});
            }
        }
    }

    private boolean saw(Seen request) {
        seen.add(request);
        return before.answers(request);
    }

    /** Of the heads and trailers of one connection. */
    static DefaultHttp2HeadersDecoder decoder() {
        return new DefaultHttp2HeadersDecoder(false, 64 * 1024);
    }

    static List<String> fields(DefaultHttp2HeadersDecoder decoder, Http2Frames.Frame frame) throws IOException {
        var lines = new ArrayList<String>();
        try {
            int skipped = (frame.flags() & Http2Frames.PRIORITY) == 0 ? 0 : 5;
            Http2Headers fields = decoder.decodeHeaders(
                    frame.stream(),
                    Unpooled.wrappedBuffer(
                            frame.payload().getBytes(skipped, frame.payload().length())));
            fields.forEach(field -> lines.add(field.getKey() + ": " + field.getValue()));
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        return lines;
    }
}
