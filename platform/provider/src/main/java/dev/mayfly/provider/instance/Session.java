package dev.mayfly.provider.instance;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.ProvidedInstance.Import;
import dev.mayfly.provider.ProvidedInstance.Step;
import dev.mayfly.provider.host.Platform;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The platform's side of docs/worker-protocol.md with one instance, from its processes' first frame to the report that it is gone. Knows no
 * process: that is its {@link Peer}'s.
 */
public final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);
    private static final long OVERHEARD_LOG_RATE = 64 * 1024;
    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(2);

    private final Platform platform;
    private final ControlLoop controls;
    private final String id;
    private final Peer peer;
    private final Told told;
    private final ReentrantLock reporting = new ReentrantLock();
    private final CompletableFuture<ControlChannel> initHello = new CompletableFuture<>();
    private final CompletableFuture<ControlChannel> hello = new CompletableFuture<>();
    private final CompletableFuture<Loading> loading = new CompletableFuture<>();
    private final List<CompletableFuture<Void>> readings = new ArrayList<>();
    private final List<ControlChannel> channels = new ArrayList<>();
    private boolean heardOut; // guarded by channels
    private final List<Step> steps = new ArrayList<>();
    private long stepNanos;
    private volatile boolean ending;
    private @Nullable ByteBuffer specialise; // guarded by reporting; taken when it is sent
    private boolean violated;

    /**
     * @param controls reads what its worker tells once it serves
     * @param startedNanos when making the instance began
     */
    public Session(Platform platform, ControlLoop controls, String id, Peer peer, long startedNanos) {
        this.platform = platform;
        this.controls = controls;
        this.id = id;
        this.peer = peer;
        this.stepNanos = startedNanos;
        this.told = new Told(platform, new Unassigned(id), loading, this::step);
    }

    /**
     * Says for whom it is: its worker is told as soon as it and its init have said hello.
     *
     * @param specialise the frame that makes the worker the worker of its function
     * @param logRate bytes of log per second
     */
    public void assign(InstanceReports reports, long logRate, ByteBuffer specialise) {
        reporting.lock();
        try {
            told.assign(reports, logRate);
            this.specialise = specialise;
        } finally {
            reporting.unlock();
        }
    }

    /** The frame that says what to become, where that is no function. */
    public static ByteBuffer specialiseFrame(byte[] content) {
        return Frame.encode(Frame.SPECIALISE, content);
    }

    /** Tells its worker what to load, where that is nobody's function. What that prints is nobody's either. */
    public void specialise(ByteBuffer frame) {
        reporting.lock();
        try {
            told.assign(new Overheard(id), OVERHEARD_LOG_RATE);
            specialise = frame;
        } finally {
            reporting.unlock();
        }
        specialiseNow();
    }

    /** The same where hello has been said. */
    public void specialiseNow() {
        try {
            specialise();
        } catch (IOException e) {
            lost();
        }
    }

    /** Tells its init which program to start; waits until it has said hello. */
    public void startProgram(byte[] start) throws IOException, InterruptedException {
        try {
            initHello.get(HELLO_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).send(Frame.encode(Frame.START, start));
        } catch (TimeoutException e) {
            throw new IOException("its init did not say hello within " + HELLO_TIMEOUT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }

    /**
     * Waits until it could be given a function.
     *
     * @param worker whether it has a worker, or only its init
     */
    public boolean awaitHello(boolean worker) throws InterruptedException {
        try {
            initHello.get(HELLO_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (worker) {
                hello.get(HELLO_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            }
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("these futures are never failed", e);
        }
    }

    /** What it took so far was nobody's waiting: steps are counted from now on. */
    public void forgetSteps(long nowNanos) {
        synchronized (steps) {
            steps.clear();
            stepNanos = nowNanos;
        }
    }

    /** Starts listening to the instance; returns at once. */
    public void attend(ControlListener listener) {
        Thread.ofVirtual().name("accept-" + id).start(() -> accept(listener));
    }

    /** Waits until it serves or never will; never longer than its time. */
    public Loading awaitLoading(Duration startTimeout) throws InterruptedException {
        var late = "its worker did not say hello within " + HELLO_TIMEOUT.toSeconds() + " s";
        try {
            CompletableFuture.anyOf(hello, loading).get(HELLO_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            late = "loading its code took longer than " + startTimeout.toSeconds() + " s";
            return loading.get(startTimeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Loading.Failed(
                    new Problem(
                            ErrorCode.FUNCTION_START_FAILED,
                            "The function did not start: " + late + ".",
                            "Do less while the module is imported."),
                    Loading.How.LATE);
        } catch (ExecutionException e) {
            throw new IllegalStateException("these futures are never failed", e);
        }
    }

    // --- its two channels

    private void accept(ControlListener listener) {
        try (listener) {
            for (int number = 1; number <= 2; number++) {
                int connection = number;
                var channel = new ControlChannel(listener.accept(), platform.nanos());
                synchronized (channels) {
                    if (heardOut) {
                        channel.close();
                        return;
                    }
                    channels.add(channel);
                    var reading = new CompletableFuture<Void>();
                    readings.add(reading);
                    Thread.ofVirtual().name("read-" + id).start(() -> read(connection, channel, reading));
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: no longer waiting for its processes", id, e); // the listener was closed: it is ending
        }
    }

    private void read(int connection, ControlChannel channel, CompletableFuture<Void> reading) {
        boolean given = false;
        try {
            boolean worker = greet(connection, channel.read());
            if (!(worker ? hello : initHello).complete(channel)) {
                throw new ProtocolViolation("a second hello");
            }
            specialise();
            while (!given) {
                var frame = channel.read();
                handle(worker, frame);
                if (worker && frame.type() == Frame.STARTED) {
                    controls.take(channel, new Serving(reading));
                    given = true;
                }
            }
        } catch (ProtocolViolation e) {
            violate(e.how());
        } catch (IOException e) {
            lost(); // end of file: its process ended, or closed it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (!given) {
                reading.complete(null);
            }
        }
    }

    /** Its worker, from the first request on. */
    private final class Serving implements ControlLoop.Listener {
        private final CompletableFuture<Void> reading;

        Serving(CompletableFuture<Void> reading) {
            this.reading = reading;
        }

        @Override
        public void frame(Frame frame) throws ProtocolViolation {
            handle(true, frame);
        }

        @Override
        public void ended(Throwable why) {
            if (why instanceof ProtocolViolation violation) {
                violate(violation.how());
                reading.complete(null);
            } else {
                Thread.ofVirtual().name("lost-" + id).start(() -> {
                    lost();
                    reading.complete(null);
                });
            }
        }
    }

    /** Whoever of the two said hello last brings it about: user code runs only when init inherits whatever that leaves behind. */
    private void specialise() throws IOException {
        ByteBuffer frame;
        reporting.lock();
        try {
            frame = specialise;
            if (frame == null || !initHello.isDone() || !hello.isDone()) {
                return;
            }
            specialise = null;
        } finally {
            reporting.unlock();
        }
        hello.join().send(frame);
    }

    /** Whether it is the worker that speaks. */
    private boolean greet(int connection, Frame frame) throws ProtocolViolation {
        var said = frame.hello();
        reporting.lock();
        try {
            boolean worker = peer.greet(connection, said) == Peer.Role.WORKER;
            if (worker) {
                step("boot");
            } else if (initHello.isDone()) {
                throw said.notExpected();
            }
            return worker;
        } finally {
            reporting.unlock();
        }
    }

    private void handle(boolean worker, Frame frame) throws ProtocolViolation {
        reporting.lock();
        try {
            told.handle(worker, frame);
        } finally {
            reporting.unlock();
        }
    }

    /** One of its channels ended; if that was not because its process ended, it can no longer be talked to. */
    private void lost() {
        try {
            if (!ending && !peer.endsWithin(LAST_WORDS_TIMEOUT)) {
                violate("it closed its control channel");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void violate(String how) {
        reporting.lock();
        try {
            if (violated || ending) {
                return;
            }
            violated = true;
            told.say(40, "Ended by the platform: the worker broke the worker protocol: " + how);
        } finally {
            reporting.unlock();
        }
        loading.complete(new Loading.Failed(
                new Problem(ErrorCode.FUNCTION_START_FAILED, "The worker broke the worker protocol: " + how),
                Loading.How.SAID));
        Thread.ofVirtual().name("end-" + id).start(peer::end);
    }

    // --- what its provider tells

    /** A line of the platform's in its log. */
    public void say(int level, String text) {
        reporting.lock();
        try {
            told.say(level, text);
        } finally {
            reporting.unlock();
        }
    }

    /** One more step of starting is done. */
    public void step(String name) {
        long now = platform.nanos().getAsLong();
        synchronized (steps) {
            steps.add(new Step(name, (now - stepNanos) / 1000));
            stepNanos = now;
        }
    }

    /** Several steps are done, as whoever did them says; the time that they leave open is a step {@code spawn}. */
    public void made(List<Step> done) {
        long now = platform.nanos().getAsLong();
        long known = done.stream().mapToLong(Step::micros).sum();
        synchronized (steps) {
            steps.addAll(done);
            steps.add(new Step("spawn", Math.max(0, (now - stepNanos) / 1000 - known)));
            stepNanos = now;
        }
    }

    /** It is being ended from here: whatever it says or closes now breaks no protocol. */
    public void ending() {
        ending = true;
    }

    /**
     * Hears its last words, when all of its processes are gone. A channel that was handed elsewhere is cut.
     *
     * @param initStatus how its init ended; counts where that did not say how the worker did
     * @param bootWords what it said before it could say anything here; empty: nothing
     * @return how it ended
     */
    public int hearOut(ControlListener listener, int initStatus, String bootWords) {
        listener.close();
        endReaders();
        reporting.lock();
        try {
            told.accountAll();
            if (!hello.isDone() && !bootWords.isEmpty()) {
                told.say(40, bootWords);
            }
            return violated ? ExitStatus.ENDED_BY_PROVIDER : told.workerStatus().orElse(initStatus);
        } finally {
            reporting.unlock();
        }
    }

    private void endReaders() {
        List<CompletableFuture<Void>> reading;
        List<ControlChannel> open;
        synchronized (channels) {
            heardOut = true;
            reading = List.copyOf(readings);
            open = List.copyOf(channels);
        }
        try {
            for (var each : reading) {
                each.get(LAST_WORDS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException | TimeoutException e) {
            LOG.debug("{}: cutting its channels", id, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("these futures are never failed", e);
        }
        open.forEach(ControlChannel::close);
        controls.closed();
    }

    /** Whoever still waits for it learns that it never served. */
    public void over(ExitStatus status) {
        var fix =
                status.outOfMemory() ? "Do less while the module is imported, or " + ExitStatus.MORE_MEMORY + "." : "";
        loading.complete(new Loading.Failed(
                new Problem(
                        ErrorCode.FUNCTION_START_FAILED,
                        "The function did not start: its process " + status.inWords() + " while its code was loaded.",
                        fix),
                Loading.How.of(status)));
    }

    /** The last report, when nothing of it is left. */
    public void exited(ExitStatus status, long cpuMicros) {
        reporting.lock();
        try {
            told.exited(status, cpuMicros);
        } finally {
            reporting.unlock();
        }
    }

    // --- what it told

    /** CPU time of everything its init waited for, as that said. */
    public long reapedMicros() {
        reporting.lock();
        try {
            return told.reapedMicros();
        } finally {
            reporting.unlock();
        }
    }

    public ServingMode mode() {
        return loading.getNow(null) instanceof Loading.Ready ready ? ready.mode() : ServingMode.HANDLER;
    }

    /** What its worker says that it imported while it loaded the user's code. */
    public List<Import> imports() {
        return loading.getNow(null) instanceof Loading.Ready ready ? ready.imports() : List.of();
    }

    /** Modules that its worker says are worth holding ready for the next one. */
    public List<String> hold() {
        return loading.getNow(null) instanceof Loading.Ready ready ? ready.hold() : List.of();
    }

    public List<Step> steps() {
        synchronized (steps) {
            return List.copyOf(steps);
        }
    }

    /** Asks its worker to finish what runs and exit. Returns at once. */
    public void drain() {
        Optional.ofNullable(greeted())
                .ifPresent(channel -> Thread.ofVirtual().name("drain-" + id).start(() -> {
                    try {
                        channel.send(Frame.encode(Frame.DRAIN, new byte[0]));
                    } catch (IOException e) {
                        LOG.debug("{}: cannot be told to drain, so it is ending already", id, e);
                    }
                }));
    }

    private @Nullable ControlChannel greeted() {
        return hello.getNow(null);
    }
}
