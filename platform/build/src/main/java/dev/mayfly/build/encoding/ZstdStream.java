package dev.mayfly.build.encoding;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;

/**
 * Zstandard through memory outside the heap. The library's own streams hold arrays of the heap, and while they do, nobody's garbage can be collected: at the
 * highest level a third of a second for one block.
 */
final class ZstdStream extends OutputStream {
    private static final int BUFFER = 64 * 1024;

    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private final ByteBuffer plain = ByteBuffer.allocateDirect(BUFFER);
    private final ByteBuffer packed = ByteBuffer.allocateDirect(BUFFER);
    private final WritableByteChannel out;
    private boolean closed;
    /** Set while something may fail, so that it stays when something did. */
    private boolean broken;

    /** @param size of the whole, in bytes: what the window and the tables are made for */
    ZstdStream(OutputStream out, int level, long size) {
        this.out = Channels.newChannel(out);
        context.setLevel(level).setChecksum(true);
        context.setPledgedSrcSize(size);
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int from = offset, left = length; left > 0; ) {
            int part = Math.min(left, plain.remaining());
            plain.put(bytes, from, part);
            from += part;
            left -= part;
            if (!plain.hasRemaining()) {
                pass(EndDirective.CONTINUE);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (context;
                out) {
            if (!broken) {
                pass(EndDirective.END);
            }
        }
    }

    private void pass(EndDirective directive) throws IOException {
        broken = true;
        plain.flip();
        boolean over;
        do {
            boolean flushed = context.compressDirectByteBufferStream(packed, plain, directive);
            over = directive == EndDirective.END ? flushed : !plain.hasRemaining();
            packed.flip();
            while (packed.hasRemaining()) {
                out.write(packed);
            }
            packed.clear();
        } while (!over);
        plain.clear();
        broken = false;
    }
}
