package dev.mayfly.provider.instance;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.function.LongSupplier;

/** One connection to an instance, read by one virtual thread. Whoever floods it waits: a second's worth is read per second. */
final class ControlChannel implements AutoCloseable {
    private static final int FRAMES_PER_SECOND = 50_000;
    private static final long BYTES_PER_SECOND = 16L * 1024 * 1024;
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final SocketChannel socket;
    private final DataInputStream in;
    private final LongSupplier nanos;
    private long windowStart;
    private long frames;
    private long bytes;

    ControlChannel(SocketChannel socket, LongSupplier nanos) {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(socket), 4096));
        this.nanos = nanos;
        this.windowStart = nanos.getAsLong();
    }

    Frame read() throws IOException, ProtocolViolation, InterruptedException {
        var frame = Frame.read(in);
        bytes += frame.size();
        if (++frames > FRAMES_PER_SECOND || bytes > BYTES_PER_SECOND) {
            long left = windowStart + SECOND_NANOS - nanos.getAsLong();
            if (left > 0) {
                Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
            }
            windowStart = nanos.getAsLong();
            frames = 0;
            bytes = 0;
        }
        return frame;
    }

    /** Blocks while the other side does not read; closing this ends that. */
    synchronized void send(ByteBuffer frame) throws IOException {
        while (frame.hasRemaining()) {
            socket.write(frame);
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
