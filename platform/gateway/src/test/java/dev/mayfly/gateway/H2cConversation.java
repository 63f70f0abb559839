package dev.mayfly.gateway;

import io.vertx.core.buffer.Buffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What an instance says in HTTP/2 over one connection, frame for frame, sensible or not (RFC 9113, section 4.1). */
final class H2cConversation {
    private static final int ACK = 1;
    static final int PUSH_PROMISE = 5;
    static final int WINDOW_UPDATE = 8;

    private final ScriptedInstance.Conversation bytes;

    /** Reads what a client begins with, and says what a server does: SETTINGS with {@code settings}. */
    H2cConversation(ScriptedInstance.Conversation bytes, byte... settings) throws IOException {
        this.bytes = bytes;
        bytes.readHead();
        bytes.readBody(6);
        send(Http2Frames.SETTINGS, 0, 0, settings);
    }

    /** One that answers every request with {@code ok}. */
    static void obliging(ScriptedInstance.Conversation bytes) throws IOException {
        var conversation = new H2cConversation(bytes);
        while (true) {
            conversation.answer(conversation.awaitRequest(), "ok");
        }
    }

    /** One setting (RFC 9113, section 6.5.1). */
    static byte[] setting(int name, int value) {
        return Buffer.buffer().appendShort((short) name).appendInt(value).getBytes();
    }

    void send(int type, int flags, int stream, byte... payload) throws IOException {
        var frame = Buffer.buffer()
                .appendByte((byte) (payload.length >> 16))
                .appendShort((short) payload.length)
                .appendByte((byte) type)
                .appendByte((byte) flags)
                .appendInt(stream)
                .appendBytes(payload);
        bytes.write(frame.toString(StandardCharsets.ISO_8859_1));
    }

    void headers(int stream, int flags, String... pairs) throws IOException {
        send(Http2Frames.HEADERS, flags, stream, Http2Frames.block(pairs));
    }

    /** A whole answer. */
    void answer(int stream, String body) throws IOException {
        headers(stream, Http2Frames.END_HEADERS, ":status", "200");
        send(Http2Frames.DATA, Http2Frames.END_STREAM, stream, body.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Reads until a request comes, and says which stream it has. */
    int awaitRequest() throws IOException {
        return await(Http2Frames.HEADERS).stream();
    }

    Http2Frames.Frame await(int type) throws IOException {
        while (true) {
            var frame = read();
            if (frame.type() == Http2Frames.SETTINGS && (frame.flags() & ACK) == 0) {
                send(Http2Frames.SETTINGS, ACK, 0);
            }
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    /** The next frame of a stream; reset, it has none any more. */
    Http2Frames.Frame awaitOf(int stream) throws IOException {
        while (true) {
            var frame = read();
            if (frame.type() == Http2Frames.RST_STREAM) {
                throw new EOFException("reset");
            }
            if (frame.stream() == stream && frame.type() != WINDOW_UPDATE) {
                return frame;
            }
        }
    }

    /** Makes room again for as many bytes, of the stream and of the connection. */
    void read(int stream, int bytes) throws IOException {
        for (int of : new int[] {stream, 0}) {
            send(WINDOW_UPDATE, 0, of, Buffer.buffer().appendInt(bytes).getBytes());
        }
    }

    private Http2Frames.Frame read() throws IOException {
        int length = (next() << 16) | (next() << 8) | next();
        int type = next();
        int flags = next();
        int stream = (next() << 24) | (next() << 16) | (next() << 8) | next();
        var payload = Buffer.buffer(length);
        for (int i = 0; i < length; i++) {
            payload.appendByte((byte) next());
        }
        return new Http2Frames.Frame(type, flags, stream, payload);
    }

    private int next() throws IOException {
        int next = bytes.read();
        if (next < 0) {
            throw new EOFException();
        }
        return next;
    }
}
