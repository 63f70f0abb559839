package dev.mayfly.provider.instance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

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

    /** Bytes of the length, which does not count itself. */
    private static final int HEAD = 4;

    static final int LONGEST_SENT = 1024 * 1024;
    static final int LONGEST_RECEIVED = 128 * 1024;

    /**
     * Takes one frame off what was received; null where it is not whole yet.
     *
     * @throws ProtocolViolation when the length is not allowed
     */
    static @Nullable Frame of(ByteBuffer received) throws ProtocolViolation {
        if (received.remaining() < HEAD) {
            return null;
        }
        int length = received.getInt(received.position());
        if (length < 1 || length > LONGEST_RECEIVED) {
            throw new ProtocolViolation(
                    "frame length: " + Integer.toUnsignedString(length) + " (expected: 1 to " + LONGEST_RECEIVED + ")");
        }
        if (received.remaining() < HEAD + length) {
            return null;
        }
        received.getInt();
        int type = received.get() & 0xFF;
        var payload = new byte[length - 1];
        received.get(payload);
        return new Frame(type, ByteBuffer.wrap(payload));
    }

    /**
     * What was received, with room behind it for the rest of its first frame, whose length is allowed. Memory is taken for one that is longer than usual
     * only, and given back after it.
     */
    static ByteBuffer room(ByteBuffer received, int usual) {
        int wanted = received.remaining() < HEAD ? usual : Math.max(usual, HEAD + received.getInt(received.position()));
        if (received.capacity() == wanted) {
            return received.position() == 0
                    ? received.position(received.limit()).limit(wanted)
                    : received.compact();
        }
        return ByteBuffer.allocate(wanted).put(received);
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
