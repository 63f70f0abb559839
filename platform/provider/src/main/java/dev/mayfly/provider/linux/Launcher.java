package dev.mayfly.provider.linux;

import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.Spawner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The running launcher, and its successor when it dies: at once after a long life, after longer and longer pauses when it keeps dying.
 */
final class Launcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);
    private static final Duration LONGEST_START = Duration.ofSeconds(20);
    private static final Duration LONGEST_END = Duration.ofSeconds(15);
    private static final long LONG_LIFE_NANOS = 1_000_000_000L;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_AFTER_READY_MILLIS = 200;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    private static final int LONGEST_LINE = 64 * 1024;

    private final List<String> command;
    /** The same, where it may set limits. */
    private List<String> scoped;

    private final RuntimeDirectory directory;
    private final Spawner spawner;
    private final JsonMapper json;
    private final LongSupplier nanos;
    private CompletableFuture<Readiness.Able> up = new CompletableFuture<>();
    private Readiness.@Nullable Able latest;
    private @Nullable Process process;
    private @Nullable Thread keeper;
    private boolean closed;

    Launcher(
            List<String> command,
            DelegatedScope scope,
            RuntimeDirectory directory,
            Spawner spawner,
            JsonMapper json,
            LongSupplier nanos) {
        this.command = List.copyOf(command);
        this.scoped = scope.around(this.command);
        this.directory = directory;
        this.spawner = spawner;
        this.json = json;
        this.nanos = nanos;
    }

    /** Starts it for the first time and waits for what it says; keeps it running from then on, unless it is unable. */
    Readiness start() throws InterruptedException {
        var first = spawn(scoped);
        if (first.readiness() instanceof Readiness.Unable && !scoped.equals(command)) {
            LOG.info("no control group could be had of systemd; starting without");
            scoped = command;
            first = spawn(scoped);
        }
        if (first.readiness() instanceof Readiness.Able able) {
            admit(able);
            synchronized (this) {
                var started = first;
                keeper = Thread.ofVirtual().name("launcher").start(() -> keep(started, able));
            }
        }
        return first.readiness();
    }

    /** How its successors start: sooner. */
    private List<String> nextCommand() {
        var words = new ArrayList<>(scoped);
        words.addAll(List.of("--probed", "yes"));
        return words;
    }

    private record Started(@Nullable Process process, Readiness readiness, long nanos) {}

    private Started spawn(List<String> command) throws InterruptedException {
        Process started;
        try {
            started = spawner.start(new ProcessBuilder(command));
        } catch (IOException e) {
            return new Started(
                    null, new Readiness.Unable("the launcher does not run: " + e.getMessage(), ""), nanos.getAsLong());
        }
        synchronized (this) {
            process = started;
        }
        Thread.ofVirtual().name("launcher-log").start(() -> log(started));
        var line = new CompletableFuture<String>();
        Thread.ofVirtual().name("launcher-line").start(() -> line.complete(firstLine(started)));
        Readiness readiness;
        try {
            var said = line.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS);
            readiness = said.isEmpty()
                    ? new Readiness.Unable("the launcher ended before it said anything", "")
                    : Readiness.parse(json, said);
        } catch (TimeoutException e) {
            readiness = new Readiness.Unable(
                    "the launcher said nothing for " + LONGEST_START.toSeconds() + " s after its start", "");
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        } catch (InterruptedException e) {
            end(started);
            throw e;
        }
        if (readiness instanceof Readiness.Unable) {
            end(started);
        }
        return new Started(started, readiness, nanos.getAsLong());
    }

    private static String firstLine(Process started) {
        var line = new StringBuilder();
        try (Reader in = new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8)) {
            for (int next = in.read(); next >= 0 && next != '\n' && line.length() < LONGEST_LINE; next = in.read()) {
                line.append((char) next);
            }
        } catch (IOException e) {
            LOG.debug("the launcher's standard output ended", e);
        }
        return line.toString().strip();
    }

    private static void log(Process started) {
        try (var in = new BufferedReader(new InputStreamReader(started.getErrorStream(), StandardCharsets.UTF_8))) {
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                LOG.info("launcher: {}", line);
            }
        } catch (IOException e) {
            LOG.debug("the launcher's log ended", e);
        }
    }

    private synchronized void admit(Readiness.Able able) {
        latest = able;
        up.complete(able);
    }

    /** What the launcher that runs, or ran last, can do. */
    synchronized Optional<Readiness.Able> latest() {
        return Optional.ofNullable(latest);
    }

    /** Waits for its end, again and again, and starts another. */
    private void keep(Started first, Readiness.Able known) {
        var current = first;
        var proved = known;
        long pause = 0;
        try {
            while (true) {
                var running = current.process();
                if (running != null) {
                    int status = running.waitFor();
                    if (isClosed()) {
                        return;
                    }
                    LOG.warn("the launcher ended with status {}; starting another", status);
                }
                synchronized (this) {
                    if (up.isDone()) {
                        up = new CompletableFuture<>();
                    }
                }
                boolean livedLong = nanos.getAsLong() - current.nanos() > LONG_LIFE_NANOS;
                // One that was ready and is gone was ended by somebody; one that cannot be made ready is not tried all
                // the time.
                boolean was = current.readiness() instanceof Readiness.Able;
                long most = was ? LONGEST_PAUSE_AFTER_READY_MILLIS : LONGEST_PAUSE_MILLIS;
                pause = livedLong ? 0 : Math.clamp(pause * 2, FIRST_PAUSE_MILLIS, most);
                Thread.sleep(pause);
                if (isClosed()) {
                    return;
                }
                current = spawn(nextCommand());
                if (current.readiness() instanceof Readiness.Unable && !scoped.equals(command)) {
                    LOG.info("no control group could be had of systemd any more; starting without");
                    scoped = command;
                    current = spawn(command);
                    proved = current.readiness() instanceof Readiness.Able fresh ? fresh : proved;
                }
                switch (current.readiness()) {
                    case Readiness.Able again -> admit(proved.as(again)); // the limits of this machine were tried once
                    case Readiness.Unable(var reason, var fix) ->
                        LOG.error("no sandbox can be made: {} {}", reason, fix);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("closing", e);
        }
    }

    /** A connection to it, for one sandbox; waits while it is being started. Empty when it does not come up in that time. */
    Optional<Connection> connect(Duration patience) throws InterruptedException {
        long end = nanos.getAsLong() + patience.toNanos();
        while (true) {
            CompletableFuture<Readiness.Able> coming;
            synchronized (this) {
                coming = up;
            }
            try {
                var able = coming.get(Math.max(0, end - nanos.getAsLong()), TimeUnit.NANOSECONDS);
                return Optional.of(new Connection(
                        SocketChannel.open(
                                UnixDomainSocketAddress.of(directory.root().resolve("launcher.sock"))),
                        able));
            } catch (TimeoutException e) {
                return Optional.empty();
            } catch (ExecutionException e) {
                throw new IllegalStateException("this future is never failed", e);
            } catch (IOException e) {
                // It has just died: its keeper will notice and begin anew.
                if (nanos.getAsLong() >= end) {
                    return Optional.empty();
                }
                Thread.sleep(10);
            }
        }
    }

    /** @param able what the launcher that is connected to can do */
    record Connection(SocketChannel socket, Readiness.Able able) {}

    /** Its process; empty while there is none. */
    synchronized Optional<Process> process() {
        return Optional.ofNullable(process).filter(Process::isAlive);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private static void end(Process started) {
        try {
            started.getOutputStream().close();
        } catch (IOException e) {
            LOG.debug("its standard input is closed already", e);
        }
        boolean interrupted = false;
        boolean ended = false;
        try {
            ended = started.waitFor(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (!ended) {
            started.destroyForcibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes its lifeline and waits for its end; whatever it made ends with it. */
    @Override
    public void close() {
        Process running;
        Thread keeping;
        synchronized (this) {
            closed = true;
            running = process;
            keeping = keeper;
        }
        if (keeping != null) {
            keeping.interrupt();
        }
        if (running != null) {
            end(running);
        }
    }
}
