package dev.mayfly.build.encoding;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder.Parameters;
import com.github.luben.zstd.NoPool;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.mayfly.model.ContentCoding;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/** Compresses in one coding. */
final class Encoder {
    private static final int BUFFER = 64 * 1024;
    /** 16 MiB for Brotli; 8 MiB for Zstandard is the most that browsers take (RFC 9659). */
    private static final int LARGEST_BROTLI_WINDOW = 24;

    private static final int LARGEST_ZSTD_WINDOW = 23;

    private Encoder() {}

    /**
     * What is written to the result is written to {@code out} compressed, to its end once the result is closed.
     *
     * @param size of the whole, in bytes: a window beyond it would only take memory and time
     * @throws LinkageError where the coding's native library does not run on this machine
     */
    static OutputStream open(ContentCoding coding, Effort effort, long size, OutputStream out) throws IOException {
        int window = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, size - 1));
        return switch (coding) {
            case BR -> {
                Brotli4jLoader.ensureAvailability();
                yield new BrotliOutputStream(
                        out,
                        Parameters.create(effort.brotli(), Math.clamp(window, 10, LARGEST_BROTLI_WINDOW)),
                        BUFFER);
            }
            case ZSTD ->
                new ZstdOutputStreamNoFinalizer(out, NoPool.INSTANCE, effort.zstd())
                        .setWindowLog(Math.clamp(window, 10, LARGEST_ZSTD_WINDOW))
                        .setChecksum(true);
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
