package dev.mayfly.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** Writes regular files with short names as a ustar archive (POSIX.1-2024, pax, "ustar Interchange Format"), holding one buffer. */
final class TarWriter {
    private static final int BLOCK = 512;
    private static final long LARGEST = (1L << 33) - 1;

    private final OutputStream out;
    private final byte[] buffer = new byte[64 * 1024];

    TarWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * @param name at most 100 ASCII characters
     * @param size exactly as many bytes as {@code content} must have
     * @param progress told the bytes of each piece
     */
    void file(String name, long size, InputStream content, LongConsumer progress) throws IOException {
        if (name.length() > 100 || size > LARGEST) {
            throw new IllegalArgumentException("tar entry: " + name + ", " + size + " bytes (expected: at most 8 GiB)");
        }
        out.write(header(name, size));
        for (long left = size; left > 0; ) {
            int read = content.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw new EOFException(name + ": " + left + " bytes are missing");
            }
            out.write(buffer, 0, read);
            left -= read;
            progress.accept(read);
        }
        out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
    }

    /** The two empty blocks at the end. */
    void finish() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }

    private static byte[] header(String name, long size) {
        var header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000644\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, octal(size, 11) + "\0");
        put(header, 136, "00000000000\0");
        put(header, 156, "0");
        put(header, 257, "ustar\00000");
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        put(header, 148, octal(sum, 6) + "\0 ");
        return header;
    }

    private static String octal(long value, int digits) {
        var text = Long.toOctalString(value);
        return "0".repeat(digits - text.length()) + text;
    }

    private static void put(byte[] header, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
