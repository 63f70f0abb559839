package dev.mayfly.provider.linux;

import dev.mayfly.provider.ProvidedInstance.Step;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to the launcher, which is one sandbox's life. */
final class Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
    private static final Duration LONGEST_START = Duration.ofSeconds(30);
    private static final Duration LONGEST_END = Duration.ofSeconds(10);

    /** What became of asking for it. */
    sealed interface Start {
        /**
         * @param pid of its init as the host sees it
         * @param counter of CPU time; empty: none
         */
        record Made(long pid, Optional<Path> counter, List<Step> steps) implements Start {}

        record Failed(String why) implements Start {}
    }

    /**
     * How it ended.
     *
     * @param status of its init
     * @param cpuMicros final figure, -1 unknown
     * @param peakBytes most memory, -1 unknown
     * @param lost whether the launcher went away instead of saying so
     */
    record Ended(int status, boolean outOfMemory, long cpuMicros, long peakBytes, boolean lost) {
        static final Ended LOST = new Ended(-1, false, -1, -1, true);
    }

    /** A connection that was not let through, and the setting that would. */
    record Refused(String what, String setting) {}

    private final String id;
    private final SocketChannel socket;
    private final Consumer<String> settled;
    private final Consumer<Refused> refusals;
    private volatile boolean asked;
    private final CompletableFuture<Start> start = new CompletableFuture<>();
    private final CompletableFuture<Optional<String>> change = new CompletableFuture<>();
    private final CompletableFuture<Ended> ended = new CompletableFuture<>();

    /** @param settled gets its address, where it has one, before anybody else learns that it was made */
    Sandbox(String id, SocketChannel socket, Consumer<String> settled, Consumer<Refused> refusals) {
        this.id = id;
        this.socket = socket;
        this.settled = settled;
        this.refusals = refusals;
    }

    /** Asks for it and waits until its program runs, or never will. */
    Start spawn(ByteBuffer request) throws InterruptedException {
        asked = true;
        Thread.ofVirtual().name("sandbox-" + id).start(this::read);
        try {
            send(request);
        } catch (IOException e) {
            lost(e);
        }
        try {
            return start.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Start.Failed("the launcher did not answer within " + LONGEST_START.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }

    /** Asks for a pooled one to be made that of a function, once. */
    void specialise(ByteBuffer request) {
        try {
            send(request);
        } catch (IOException e) {
            lost(e);
        }
    }

    /**
     * Waits for that.
     *
     * @return why it could not be; empty: it is. One that could not be ends
     */
    Optional<String> awaitSpecialised() throws InterruptedException {
        try {
            return change.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return Optional.of("the launcher did not answer within " + LONGEST_START.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }

    private synchronized void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    private void read() {
        try (var in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(socket), 4096))) {
            while (!ended.isDone()) {
                handle(Message.read(in));
            }
        } catch (IOException e) {
            lost(e);
        }
    }

    private void handle(Message message) throws IOException {
        switch (message.verb()) {
            case "started" -> {
                message.value("address").filter(text -> !text.isEmpty()).ifPresent(settled);
                start.complete(new Start.Made(
                        message.number("pid", -1),
                        message.value("counter")
                                .filter(path -> path.startsWith("/"))
                                .map(Path::of),
                        steps(message.value("steps").orElse(""))));
            }
            case "failed" -> {
                var step = message.value("step").filter(text -> !text.isEmpty());
                var why = message.value("why").orElse("the launcher does not say why")
                        + step.map(name -> " (" + name + ")").orElse("");
                // It is over, and its name free, only when the connection is closed.
                start.complete(new Start.Failed(why));
                change.complete(Optional.of(why));
            }
            case "specialised" -> change.complete(Optional.empty());
            case "refused" ->
                refusals.accept(new Refused(
                        message.value("what").orElse(""),
                        message.value("setting").orElse("")));
            case "ended" -> {
                start.complete(new Start.Failed("it ended while it was being made"));
                change.complete(Optional.of("it ended"));
                ended.complete(new Ended(
                        (int) message.number("status", -1),
                        message.number("oom", 0) == 1,
                        message.number("cpu", -1),
                        message.number("peak", -1),
                        false));
            }
            default -> throw new IOException("frame of the launcher: " + message.verb() + " (expected: a known verb)");
        }
    }

    /** {@code name:micros,…} */
    private static List<Step> steps(String text) {
        var steps = new ArrayList<Step>();
        for (var each : text.split(",", -1)) {
            int colon = each.lastIndexOf(':');
            if (colon > 0 && each.substring(colon + 1).matches("\\d{1,12}")) {
                steps.add(new Step(each.substring(0, colon), Long.parseLong(each.substring(colon + 1))));
            }
        }
        return steps;
    }

    private void lost(IOException e) {
        LOG.debug("{}: the launcher is gone", id, e);
        start.complete(new Start.Failed("the launcher of sandboxes went away"));
        change.complete(Optional.of("the launcher of sandboxes went away"));
        close();
        ended.complete(Ended.LOST);
    }

    CompletableFuture<Ended> ended() {
        return ended;
    }

    /** Kills all of it; returns when nothing is left of it, as far as the launcher can tell. Not cut short by interrupts. */
    Ended kill() {
        boolean interrupted = Thread.interrupted(); // which would close the connection before its answer
        if (!asked) {
            lost(new IOException("it was never asked for"));
        } else if (!ended.isDone()) {
            try {
                send(Message.of("kill").encode());
            } catch (IOException e) {
                lost(e);
            }
        }
        try {
            while (true) {
                try {
                    return ended.get(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    LOG.error("{}: the launcher does not end it", id);
                    lost(new IOException("no answer to kill", e));
                } catch (ExecutionException e) {
                    throw new IllegalStateException("this future is never failed", e);
                }
            }
        } finally {
            close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing a socket that has nothing to flush", e);
        }
    }
}
