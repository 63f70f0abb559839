package dev.mayfly.provider.linux;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One frame between server and launcher, as docs/launcher-protocol.md lays it down.
 *
 * @param fields in order; a key may come several times
 */
record Message(String verb, List<Field> fields) {
    static final int LONGEST = 256 * 1024;

    /** {@code key=value}. */
    record Field(String key, String value) {}

    Message {
        fields = List.copyOf(fields);
    }

    static Message of(String verb) {
        return new Message(verb, List.of());
    }

    /** The first value of a key; empty for a key that is not there. */
    Optional<String> value(String key) {
        return fields.stream()
                .filter(field -> field.key().equals(key))
                .map(Field::value)
                .findFirst();
    }

    /** A number of a key; {@code otherwise} for a key that is not there or holds none. */
    long number(String key, long otherwise) {
        return value(key)
                .filter(text -> text.matches("-?\\d{1,18}"))
                .map(Long::parseLong)
                .orElse(otherwise);
    }

    /** @throws IOException when it is too long, or a value holds what ends one; the words name which */
    ByteBuffer encode() throws IOException {
        var bytes = body();
        return ByteBuffer.allocate(4 + bytes.length)
                .putInt(bytes.length)
                .put(bytes)
                .flip();
    }

    /** The same without its length. */
    byte[] body() throws IOException {
        var bytes = new ByteArrayOutputStream();
        put(bytes, verb, verb);
        for (var field : fields) {
            put(bytes, field.key(), field.key() + "=" + field.value());
        }
        if (bytes.size() >= LONGEST) {
            throw new IOException("what its sandbox is to be: " + bytes.size() + " bytes (expected: < " + LONGEST
                    + "); make its environment smaller");
        }
        return bytes.toByteArray();
    }

    private static void put(ByteArrayOutputStream bytes, String key, String text) throws IOException {
        if (text.indexOf('\0') >= 0) {
            throw new IOException("its " + key + " holds a NUL character (expected: none)");
        }
        bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        bytes.write(0);
    }

    /**
     * Reads one frame; memory is taken only for a length that is allowed.
     *
     * @throws IOException also for what is no frame
     */
    static Message read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 1 || length > LONGEST) {
            throw new IOException("frame of the launcher: " + Integer.toUnsignedString(length)
                    + " bytes (expected: 1 to " + LONGEST + ")");
        }
        var bytes = new byte[length];
        in.readFully(bytes);
        if (bytes[length - 1] != 0) {
            throw new IOException("frame of the launcher: does not end with NUL");
        }
        var parts = new String(bytes, 0, length - 1, StandardCharsets.UTF_8).split("\0", -1);
        var fields = new ArrayList<Field>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals < 1) {
                throw new IOException("frame of the launcher: a field without a key");
            }
            fields.add(new Field(parts[i].substring(0, equals), parts[i].substring(equals + 1)));
        }
        return new Message(parts[0], fields);
    }
}
