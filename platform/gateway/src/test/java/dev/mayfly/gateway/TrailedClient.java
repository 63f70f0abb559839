package dev.mayfly.gateway;

import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A client that sends trailers, over one connection of one protocol. */
final class TrailedClient implements AutoCloseable {
    /** More lines of the head. */
    List<String> head = List.of();

    private final Socket socket;
    private final @Nullable Http2Frames frames;
    private final DefaultHttp2HeadersDecoder decoder = TrailedFunction.decoder();
    private int stream = -1;

    enum Kind {
        HTTP1,
        HTTP2,
        TLS1,
        TLS2;

        boolean http2() {
            return this == HTTP2 || this == TLS2;
        }
    }

    private TrailedClient(Kind kind, int port) throws Exception {
        if (kind == Kind.TLS1 || kind == Kind.TLS2) {
            socket = TlsClient.connect(port, "hello.localhost");
            var parameters = ((SSLSocket) socket).getSSLParameters();
            parameters.setApplicationProtocols(new String[] {kind.http2() ? "h2" : "http/1.1"});
            ((SSLSocket) socket).setSSLParameters(parameters);
        } else {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
        }
        socket.setSoTimeout(20_000);
        frames = kind.http2() ? new Http2Frames(socket) : null;
    }

    static TrailedClient of(Kind kind, TestEdge edge) throws Exception {
        if (kind == Kind.HTTP1 || kind == Kind.HTTP2) {
            return new TrailedClient(kind, edge.port);
        }
        int port = edge.ports.reserve(edge.snapshot);
        edge.gateway.listenTls("127.0.0.1", port, TestCertificates.all("*.localhost"));
        return new TrailedClient(kind, port);
    }

    /** Status and body of the answer to a request with these trailers, each {@code name: value}. */
    String post(String body, String... trailers) throws IOException {
        return frames == null ? chunked(body, trailers) : streamed(frames, body, trailers);
    }

    private String chunked(String body, String... trailers) throws IOException {
        var lines = new StringBuilder("POST / HTTP/1.1\r\nHost: hello.localhost\r\nTransfer-Encoding: chunked\r\n");
        head.forEach(line -> lines.append(line).append("\r\n"));
        lines.append("\r\n");
        if (!body.isEmpty()) {
            lines.append(Integer.toHexString(body.length()))
                    .append("\r\n")
                    .append(body)
                    .append("\r\n");
        }
        lines.append("0\r\n");
        for (var trailer : trailers) {
            lines.append(trailer).append("\r\n");
        }
        socket.getOutputStream().write(lines.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        return answer();
    }

    private String answer() throws IOException {
        var answer = new ByteArrayOutputStream();
        while (true) {
            var text = answer.toString(StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            boolean chunked = end > 0 && text.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
            if (end > 0 && (chunked ? text.endsWith("\r\n0\r\n\r\n") : text.length() == end + 4 + length(text))) {
                return text.substring(9, 12) + " " + text.substring(end + 4);
            }
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("ended after " + text);
            }
            answer.write(next);
        }
    }

    private static int length(String answer) {
        return answer.lines()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    private String streamed(Http2Frames client, String body, String... trailers) throws IOException {
        stream += 2;
        head(client, stream, head);
        int room = 65_535;
        for (int sent = 0; sent < body.length(); ) {
            int size = Math.min(16_384, body.length() - sent);
            while (room < size) {
                var update = client.await(H2cConversation.WINDOW_UPDATE);
                room += update.stream() == stream ? update.payload().getInt(0) : 0;
            }
            client.send(
                    Http2Frames.DATA,
                    trailers.length == 0 && sent + size == body.length() ? Http2Frames.END_STREAM : 0,
                    stream,
                    body.substring(sent, sent + size).getBytes(StandardCharsets.ISO_8859_1));
            room -= size;
            sent += size;
        }
        if (trailers.length > 0) {
            client.headers(stream, Http2Frames.END_HEADERS | Http2Frames.END_STREAM, pairs(List.of(trailers)));
        }
        return answer(client, decoder, stream);
    }

    static void head(Http2Frames client, int stream, List<String> more) throws IOException {
        var lines =
                new ArrayList<>(List.of(":method: POST", ":scheme: http", ":path: /", ":authority: hello.localhost"));
        lines.addAll(more);
        client.headers(stream, Http2Frames.END_HEADERS, pairs(lines));
    }

    private static String[] pairs(List<String> lines) {
        var pairs = new ArrayList<String>();
        for (var line : lines) {
            int colon = line.indexOf(": ");
            pairs.add(line.substring(0, colon).toLowerCase(Locale.ROOT));
            pairs.add(line.substring(colon + 2));
        }
        return pairs.toArray(String[]::new);
    }

    /** Status and body, or how it was reset. */
    static String answer(Http2Frames client, DefaultHttp2HeadersDecoder decoder, int stream) throws IOException {
        var status = "";
        var body = new StringBuilder();
        while (true) {
            var frame = client.await(
                    Set.of(Http2Frames.HEADERS, Http2Frames.DATA, Http2Frames.RST_STREAM, Http2Frames.GOAWAY));
            if (frame.type() == Http2Frames.GOAWAY) {
                return "GOAWAY " + frame.payload().getInt(4);
            }
            if (frame.stream() != stream) {
                continue;
            }
            switch (frame.type()) {
                case Http2Frames.HEADERS ->
                    status = status.isEmpty()
                            ? TrailedFunction.fields(decoder, frame).getFirst().substring(9)
                            : status;
                case Http2Frames.DATA -> body.append(frame.payload().toString(StandardCharsets.UTF_8));
                default -> {
                    return "RST_STREAM " + frame.payload().getInt(0);
                }
            }
            if ((frame.flags() & Http2Frames.END_STREAM) != 0) {
                return status + " " + body;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
