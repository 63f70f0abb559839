package dev.mayfly.gateway.encoding;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.mayfly.model.ContentCoding;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Compresses one answer piece by piece, in a bounded part of memory outside the heap that must be released. For one thread. */
final class Encoder implements AutoCloseable {
    /** What it costs and what it gains, against others: docs/decisions/0013. */
    private static final int GZIP_LEVEL = 4;

    private static final int ZSTD_LEVEL = 1;
    /** 128 KiB. */
    private static final int ZSTD_WINDOW = 17;

    private final Sink sink = new Sink();
    private final OutputStream stream;
    private boolean closed;

    /** @throws LinkageError where the native library of zstd does not run on this machine; the first one loads it */
    Encoder(ContentCoding coding) {
        try {
            stream = switch (coding) {
                case GZIP -> new Gzip(sink);
                case ZSTD ->
                    new ZstdOutputStreamNoFinalizer(sink, RecyclingBufferPool.INSTANCE, ZSTD_LEVEL)
                            .setWindowLog(ZSTD_WINDOW);
                case BR -> throw new IllegalArgumentException("coding: br (expected: gzip or zstd)");
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What can be sent of all that came so far; often nothing. */
    Buffer encode(Buffer plain) {
        return sink.after(() -> stream.write(plain.getBytes()));
    }

    /** All of what came so far that was not sent yet, so that it can be read without what comes later. */
    Buffer flush() {
        return sink.after(stream::flush);
    }

    /** The rest and the end. */
    Buffer finish() {
        closed = true;
        return sink.after(stream::close);
    }

    /** Gives the memory back, whatever was to be sent. */
    @Override
    public void close() {
        if (!closed) {
            finish();
        }
    }

    private static final class Gzip extends GZIPOutputStream {
        private Gzip(OutputStream out) throws IOException {
            super(out, 8 * 1024, true);
            def.setLevel(GZIP_LEVEL);
        }
    }

    /** Where the compressed bytes gather until they are taken. */
    private static final class Sink extends OutputStream {
        private Buffer gathered = Buffer.buffer();

        private interface Step {
            void run() throws IOException;
        }

        private Buffer after(Step step) {
            try {
                step.run();
            } catch (IOException e) {
                throw new UncheckedIOException("memory does not fail", e);
            }
            if (gathered.length() == 0) {
                return gathered;
            }
            var taken = gathered;
            gathered = Buffer.buffer();
            return taken;
        }

        @Override
        public void write(int one) {
            gathered.appendByte((byte) one);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            gathered.appendBytes(bytes, offset, length);
        }
    }
}
