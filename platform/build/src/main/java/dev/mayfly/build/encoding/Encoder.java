package dev.mayfly.build.encoding;

import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder.Parameters;
import dev.mayfly.model.ContentCoding;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/** Compresses in one coding. */
final class Encoder {
    private static final int BUFFER = 16 * 1024;

    /** 4 MiB, as Brotli's own tool has it: more takes memory here and at the client, and saves little. */
    private static final int LARGEST_BROTLI_WINDOW = 22;

    private Encoder() {}

    /**
     * What is written to the result is written to {@code out} compressed, to its end once the result is closed.
     *
     * @param size of the whole, in bytes: a window beyond it would only take memory and time. One of Zstandard is never more than the 8 MiB that browsers
     *     take (RFC 9659)
     * @throws LinkageError where the coding's native library does not run on this machine
     */
    static OutputStream open(ContentCoding coding, Effort effort, long size, OutputStream out) throws IOException {
        return switch (coding) {
            case BR -> {
                BrotliLibrary.load();
                int window = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, size - 1));
                yield new BrotliOutputStream(
                        out, Parameters.create(effort.brotli(), Math.clamp(window, 10, LARGEST_BROTLI_WINDOW)), BUFFER);
            }
            case ZSTD -> new ZstdStream(out, effort.zstd(), size);
            case GZIP -> new Gzip(out, effort.gzip());
        };
    }

    private static final class Gzip extends GZIPOutputStream {
        private Gzip(OutputStream out, int level) throws IOException {
            super(out, BUFFER);
            def.setLevel(level);
        }
    }
}
