package dev.mayfly.provider.instance;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an instance, read by one thread at a time: first by a virtual one that waits for each frame, and where there are many of them by a
 * {@link ControlLoop}. Whoever floods it waits: a second's worth is read per second.
 */
final class ControlChannel implements AutoCloseable {
    private static final int FRAMES_PER_SECOND = 50_000;
    private static final long BYTES_PER_SECOND = 16L * 1024 * 1024;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int USUAL_BYTES = 4096;
    private static final int FULL_MILLIS = 5;

    private final SocketChannel socket;
    private final LongSupplier nanos;
    private ByteBuffer read = ByteBuffer.allocate(USUAL_BYTES).flip();
    private long windowStart;
    private long frames;
    private long bytes;

    ControlChannel(SocketChannel socket, LongSupplier nanos) {
        this.socket = socket;
        this.nanos = nanos;
        this.windowStart = nanos.getAsLong();
    }

    /**
     * The next frame, waited for.
     *
     * @throws EOFException when the other side is gone
     */
    Frame read() throws IOException, ProtocolViolation, InterruptedException {
        var frame = next();
        while (frame == null) {
            receive();
            frame = next();
        }
        long pause = pauseNanos();
        if (pause > 0) {
            Thread.sleep(pause / 1_000_000, (int) (pause % 1_000_000));
        }
        return frame;
    }

    /** The next frame of what was received; null: it is not whole yet. */
    @Nullable Frame next() throws ProtocolViolation {
        var frame = Frame.of(read);
        if (frame != null) {
            frames++;
            bytes += frame.size();
        }
        return frame;
    }

    /**
     * Takes in what has come; where the socket blocks, waits for it.
     *
     * @throws EOFException when the other side is gone
     */
    void receive() throws IOException {
        read = Frame.room(read, USUAL_BYTES);
        int count = socket.read(read);
        read.flip();
        if (count < 0) {
            throw new EOFException();
        }
    }

    /** How long nothing more is to be read: what is allowed in a second has come in less. */
    long pauseNanos() {
        if (frames <= FRAMES_PER_SECOND && bytes <= BYTES_PER_SECOND) {
            return 0;
        }
        long now = nanos.getAsLong();
        long left = Math.max(0, windowStart + SECOND_NANOS - now);
        windowStart = now + left;
        frames = 0;
        bytes = 0;
        return left;
    }

    /** Nothing of it blocks from now on but {@link #send}. */
    void stopBlocking() throws IOException {
        socket.configureBlocking(false);
    }

    /** Has {@code selector} tell, with {@code attachment}, when there is something to {@linkplain #receive receive}. */
    SelectionKey register(Selector selector, Object attachment) throws IOException {
        return socket.register(selector, SelectionKey.OP_READ, attachment);
    }

    /** Blocks while the other side does not read; closing this ends that. */
    synchronized void send(ByteBuffer frame) throws IOException {
        while (frame.hasRemaining()) {
            if (socket.write(frame) == 0) {
                try {
                    Thread.sleep(FULL_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while a frame was sent", e);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing a socket that has nothing to flush", e);
        }
    }
}
