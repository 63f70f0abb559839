package dev.mayfly.provider.instance;

import dev.mayfly.provider.host.Platform;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** What a zygote says of itself on its control channel: hello, and that it is ready to be copied, or why it cannot be. */
public final class ZygoteSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ZygoteSession.class);
    private static final int ROLE = 3;
    private static final String SILENT = "it did not say that it is ready";

    private final String id;
    private final ControlListener listener;
    private final CompletableFuture<String> ready = new CompletableFuture<>();

    private ZygoteSession(String id, ControlListener listener) {
        this.id = id;
        this.listener = listener;
    }

    /** Starts listening to it; returns at once. */
    public static ZygoteSession attend(Platform platform, String id, ControlListener listener) {
        var session = new ZygoteSession(id, listener);
        Thread.ofVirtual().name("zygote-" + id).start(() -> session.read(platform));
        return session;
    }

    private void read(Platform platform) {
        try (var channel = new ControlChannel(listener.accept(), platform.nanos())) {
            var hello = channel.read().hello();
            if (hello.role() != ROLE) {
                throw hello.notExpected();
            }
            while (true) {
                var frame = channel.read();
                switch (frame.type()) {
                    case Frame.READY -> ready.complete("");
                    case Frame.FAILED -> ready.complete(why(platform, frame));
                    default ->
                        throw new ProtocolViolation("frame type: 0x" + Integer.toHexString(frame.type())
                                + " (expected: that it is ready, or failed)");
                }
            }
        } catch (ProtocolViolation e) {
            LOG.error("{}: {}", id, e.how());
        } catch (IOException e) {
            LOG.debug("{}: its channel ended", id, e);
        } catch (InterruptedException e) {
            LOG.debug("{}: its channel is read no more", id, e);
        } finally {
            ready.complete(SILENT);
        }
    }

    private static String why(Platform platform, Frame frame) throws ProtocolViolation {
        try {
            var message = platform.json().readTree(frame.text()).path("message").asString("");
            return message.isBlank() ? SILENT : message;
        } catch (JacksonException e) {
            throw new ProtocolViolation("frame 0x" + Integer.toHexString(frame.type()) + " is not JSON");
        }
    }

    /** Empty once it is ready to be copied; else why it is not, within that time. */
    public String awaitReady(Duration patience) throws InterruptedException {
        try {
            return ready.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return SILENT;
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }

    @Override
    public void close() {
        listener.close();
    }
}
