package dev.mayfly.provider.instance;

import dev.mayfly.provider.host.Platform;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the init of a tool's sandbox tells: the tool's output and how it ended. Whatever breaks the protocol is the end of listening. */
public final class ToolOutput implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ToolOutput.class);
    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(5);
    private static final int LOG_HEAD = 18;
    private static final long LONGEST_OUTPUT = 8L << 20;

    private final Platform platform;
    private final Consumer<String> lines;
    private @Nullable ControlChannel channel;
    private @Nullable Thread reader;
    private @Nullable Integer status;
    private boolean closed;
    private long said;

    public ToolOutput(Platform platform, Consumer<String> lines) {
        this.platform = platform;
        this.lines = lines;
    }

    /** Starts listening; returns at once. */
    public synchronized void attend(ControlListener listener) {
        reader = Thread.ofVirtual().name("tool-output").start(() -> listen(listener));
    }

    private void listen(ControlListener listener) {
        try {
            var accepted = new ControlChannel(listener.accept(), platform.nanos());
            synchronized (this) {
                if (closed) {
                    accepted.close();
                    return;
                }
                channel = accepted;
            }
            accepted.read().hello();
            while (true) {
                handle(accepted.read());
            }
        } catch (ProtocolViolation e) {
            LOG.warn("a tool's init: {}", e.how());
        } catch (IOException e) {
            LOG.debug("a tool's output ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(Frame frame) throws ProtocolViolation {
        switch (frame.type()) {
            case Frame.LOG -> {
                if (frame.payload().remaining() < LOG_HEAD) {
                    throw new ProtocolViolation("a log frame that is too short");
                }
                frame.payload().position(LOG_HEAD);
                say(frame.text().stripTrailing());
            }
            case Frame.EXIT -> {
                frame.expectBytes(12);
                synchronized (this) {
                    status = frame.payload().getInt() & 0xFF;
                }
            }
            default -> throw new ProtocolViolation("frame type: 0x" + Integer.toHexString(frame.type()));
        }
    }

    /** A line among its output, of which the rest is left out beyond some length. */
    public synchronized void say(String line) {
        if (closed || said > LONGEST_OUTPUT) {
            return;
        }
        said += line.length() + 1L;
        lines.accept(said > LONGEST_OUTPUT ? "… what follows is left out: more than 8 MiB were printed" : line);
    }

    /** Waits for its last words, when its processes are gone. */
    public void hearOut() throws InterruptedException {
        Thread reading;
        synchronized (this) {
            reading = reader;
        }
        if (reading != null) {
            reading.join(LAST_WORDS_TIMEOUT);
        }
    }

    /** How the tool ended, as its init says. */
    public synchronized Optional<Integer> status() {
        return Optional.ofNullable(status);
    }

    /** No line is handed on afterwards. */
    @Override
    public synchronized void close() {
        closed = true;
        if (channel != null) {
            channel.close();
        }
    }
}
