package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** A client of HTTP/2 that sends frames as a test says, sensible or not (RFC 9113, section 4.1). */
final class Http2Frames implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int CONTINUATION = 9;
    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;
    static final int PRIORITY = 0x20;

    private final Socket socket;
    private final DataInputStream in;

    record Frame(int type, int flags, int stream, Buffer payload) {}

    Http2Frames(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** Over a connection that is there. */
    Http2Frames(Socket connection) throws IOException {
        socket = connection;
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        send(SETTINGS, 0, 0, new byte[0]);
    }

    /** What a test sends. */
    interface Sending {
        void run() throws Exception;
    }

    /** Sends until the other side has closed the connection, which it may do in the middle. */
    void untilClosed(Sending sending) throws Exception {
        try {
            sending.run();
        } catch (SocketException closed) {
            assertThat(closed).hasMessageMatching("(?i).*(broken pipe|reset).*");
        }
    }

    void send(int type, int flags, int stream, byte[] payload) throws IOException {
        var frame = ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload);
        socket.getOutputStream().write(frame.array());
    }

    /** A frame HEADERS of pairs of name and value, each a literal that is put into no table. */
    void headers(int stream, int flags, String... pairs) throws IOException {
        send(HEADERS, flags, stream, block(pairs));
    }

    static byte[] block(String... pairs) throws IOException {
        var block = new ByteArrayOutputStream();
        for (int i = 0; i < pairs.length; i += 2) {
            block.write(0);
            text(block, pairs[i]);
            text(block, pairs[i + 1]);
        }
        return block.toByteArray();
    }

    /** RFC 7541, section 5.2, without Huffman's code. */
    private static void text(ByteArrayOutputStream block, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest >>>= 7) {
                block.write((rest & 127) | 128);
            }
            block.write(rest);
        }
        block.write(bytes);
    }

    Frame read() throws IOException {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        return new Frame(type, flags, stream, Buffer.buffer(in.readNBytes(length)));
    }

    Frame await(int type) throws IOException {
        return await(Set.of(type));
    }

    /** Reads until a frame of one of these kinds. */
    Frame await(Set<Integer> types) throws IOException {
        while (true) {
            var frame = read();
            if (types.contains(frame.type())) {
                return frame;
            }
        }
    }

    /** Reads to the end of the connection and says the last error that it was told with; -1: without. */
    int awaitEnd() throws IOException {
        int code = -1;
        try {
            while (true) {
                var frame = read();
                if (frame.type() == GOAWAY) {
                    code = frame.payload().getInt(4);
                }
            }
        } catch (EOFException | SocketException end) {
            return code;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
