package dev.mayfly.provider.instance;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One message of the control channel, as docs/worker-protocol.md lays it down. */
record Frame(int type, ByteBuffer payload) {
    static final int SPECIALISE = 0x01;
    static final int DRAIN = 0x02;
    static final int START = 0x03;
    static final int HELLO = 0x10;
    static final int READY = 0x11;
    static final int FAILED = 0x12;
    static final int STARTED = 0x13;
    static final int ENDED = 0x14;
    static final int LOG = 0x15;
    static final int EXIT = 0x16;

    static final int LONGEST_SENT = 1024 * 1024;
    static final int LONGEST_RECEIVED = 128 * 1024;

    /**
     * Reads one frame; memory is taken only for a length that is allowed.
     *
     * @throws EOFException when the other side is gone
     * @throws ProtocolViolation when the length is not allowed
     */
    static Frame read(DataInputStream in) throws IOException, ProtocolViolation {
        int length = in.readInt();
        if (length < 1 || length > LONGEST_RECEIVED) {
            throw new ProtocolViolation(
                    "frame length: " + Integer.toUnsignedString(length) + " (expected: 1 to " + LONGEST_RECEIVED + ")");
        }
        int type = in.readUnsignedByte();
        var payload = new byte[length - 1];
        in.readFully(payload);
        return new Frame(type, ByteBuffer.wrap(payload));
    }

    static ByteBuffer encode(int type, byte[] payload) {
        if (payload.length + 1 > LONGEST_SENT) {
            throw new IllegalArgumentException(
                    "frame length: " + (payload.length + 1) + " (expected: <= " + LONGEST_SENT + ")");
        }
        return ByteBuffer.allocate(5 + payload.length)
                .putInt(payload.length + 1)
                .put((byte) type)
                .put(payload)
                .flip();
    }

    /** @throws ProtocolViolation when it is another frame */
    Peer.Hello hello() throws ProtocolViolation {
        if (type != HELLO) {
            throw new ProtocolViolation("first frame: 0x" + Integer.toHexString(type) + " (expected: hello)");
        }
        expectBytes(5);
        int role = payload.get();
        return new Peer.Hello(role, Integer.toUnsignedLong(payload.getInt()));
    }

    int size() {
        return 5 + payload.capacity();
    }

    /** @throws ProtocolViolation when the payload does not have exactly this many bytes */
    void expectBytes(int count) throws ProtocolViolation {
        if (payload.remaining() != count) {
            throw new ProtocolViolation("payload of frame 0x" + Integer.toHexString(type) + ": " + payload.remaining()
                    + " bytes (expected: " + count + ")");
        }
    }

    /** The rest of the payload as text; what is not UTF-8 is replaced. */
    String text() {
        return StandardCharsets.UTF_8.decode(payload).toString();
    }
}
