package dev.mayfly.provider.process;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.process.Frame.ProtocolViolation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One instance, from its processes' first frame to its folder's deletion. Whatever goes wrong, one way leads out: its processes end, and the
 * thread that waits for its init tidies up and reports.
 */
final class ProcessInstance implements ProvidedInstance {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessInstance.class);
    private static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(2);
    private static final long CREDIBLE_CLOCK_MILLIS = 3_600_000;
    private static final int LOG_HEAD = 18;

    /** What loading the user's code came to. */
    sealed interface Loading {
        record Ready(ServingMode mode) implements Loading {}

        record Failed(Problem problem) implements Loading {}
    }

    private final Platform platform;
    private final String id;
    private final InstanceFolder folder;
    private final Process process;
    private final ProcessRow init;
    private final Family family;
    private final InstanceReports reports;
    private final ByteBuffer specialise;
    private final LogGate gate;
    private final long startedNanos;
    private final ReentrantLock reporting = new ReentrantLock();
    private final CompletableFuture<ControlChannel> hello = new CompletableFuture<>();
    private final CompletableFuture<Loading> loading = new CompletableFuture<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final List<Thread> readers = new ArrayList<>();
    private final List<ControlChannel> channels = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private long stepNanos;
    private volatile @Nullable CpuCounter counter;
    private volatile long workerPid;
    private volatile boolean ending;
    private volatile long finalMicros;
    private boolean closed;
    private boolean initSpoke;
    private boolean specialised;
    private boolean violated;
    private @Nullable Integer workerStatus;
    private long reapedMicros;

    ProcessInstance(
            Platform platform,
            String id,
            InstanceFolder folder,
            Process process,
            ProcessRow init,
            InstanceReports reports,
            ByteBuffer specialise,
            long logRate,
            long startedNanos) {
        this.platform = platform;
        this.id = id;
        this.folder = folder;
        this.process = process;
        this.init = init;
        this.reports = reports;
        this.specialise = specialise;
        this.startedNanos = startedNanos;
        this.stepNanos = startedNanos;
        this.family = new Family(platform.kernel(), platform.table(), init, folder.user(), folder.mark(), true);
        this.gate = new LogGate(logRate, startedNanos);
    }

    /** Starts listening to it. */
    void attend(ControlListener listener, Runnable tidied) {
        step("spawn");
        Thread.ofVirtual().name("accept-" + id).start(() -> accept(listener));
        Thread.ofVirtual().name("watch-" + id).start(() -> watch(listener, tidied));
    }

    /** Waits until it serves or never will; never longer than its time. */
    Loading awaitLoading(Duration startTimeout) throws InterruptedException {
        var late = "its worker did not say hello within " + HELLO_TIMEOUT.toSeconds() + " s";
        try {
            CompletableFuture.anyOf(hello, loading).get(HELLO_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            late = "loading its code took longer than " + startTimeout.toSeconds() + " s";
            return loading.get(startTimeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Loading.Failed(new Problem(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The function did not start: " + late + ".",
                    "Do less while the module is imported."));
        } catch (ExecutionException e) {
            throw new IllegalStateException("these futures are never failed", e);
        }
    }

    // --- the control channel

    private void accept(ControlListener listener) {
        try (listener) {
            for (int role = 1; role <= 2; role++) {
                var channel = new ControlChannel(listener.accept(), platform.nanos());
                synchronized (channels) {
                    channels.add(channel);
                    readers.add(Thread.ofVirtual().name("read-" + id).start(() -> read(channel)));
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: no longer waiting for its processes", id, e); // the listener was closed: it is ending
        }
    }

    private void read(ControlChannel channel) {
        try {
            boolean worker = greet(channel.read());
            if (worker && !hello.complete(channel)) {
                throw new ProtocolViolation("a second worker said hello");
            }
            specialise();
            while (true) {
                handle(worker, channel.read());
            }
        } catch (ProtocolViolation e) {
            violate(e.how());
        } catch (IOException e) {
            lost(); // end of file: its process ended, or closed it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever of the two said hello last brings it about: user code runs only when init inherits whatever that leaves behind. */
    private void specialise() throws IOException {
        reporting.lock();
        try {
            if (specialised || !initSpoke || !hello.isDone()) {
                return;
            }
            specialised = true;
        } finally {
            reporting.unlock();
        }
        hello.join().send(specialise);
    }

    /** Whether it is the worker that speaks. */
    private boolean greet(Frame frame) throws ProtocolViolation {
        if (frame.type() != Frame.HELLO) {
            throw new ProtocolViolation("first frame: 0x" + Integer.toHexString(frame.type()) + " (expected: hello)");
        }
        frame.expectBytes(5);
        int role = frame.payload().get();
        long pid = Integer.toUnsignedLong(frame.payload().getInt());
        reporting.lock();
        try {
            if (role == 1 && pid == init.pid() && !initSpoke) {
                initSpoke = true;
                return false;
            }
            if (role == 2
                    && platform.table()
                            .find(pid)
                            .filter(row -> row.parent() == init.pid())
                            .isPresent()) {
                workerPid = pid;
                counter = new CpuCounter(platform.kernel(), platform.table(), platform.recent(), init.pid(), pid);
                step("boot");
                return true;
            }
        } finally {
            reporting.unlock();
        }
        throw new ProtocolViolation(
                "hello: role " + role + " of process " + pid + " (expected: its init or its worker, once)");
    }

    private void handle(boolean worker, Frame frame) throws ProtocolViolation {
        reporting.lock();
        try {
            if (closed) {
                return;
            }
            if (frame.type() == Frame.LOG) {
                log(frame);
            } else if (worker) {
                fromWorker(frame);
            } else {
                fromInit(frame);
            }
        } finally {
            reporting.unlock();
        }
    }

    private void fromWorker(Frame frame) throws ProtocolViolation {
        switch (frame.type()) {
            case Frame.READY -> {
                var mode = mode(json(frame).path("mode").asString(""));
                step("load");
                if (!loading.complete(new Loading.Ready(mode))) {
                    throw new ProtocolViolation("it said more than once whether it is ready");
                }
            }
            case Frame.FAILED -> failed(json(frame));
            case Frame.STARTED -> reports.started(invocation(frame));
            case Frame.ENDED -> {
                account(gate.accountEarly());
                reports.ended(invocation(frame));
            }
            default ->
                throw new ProtocolViolation(
                        "frame type: 0x" + Integer.toHexString(frame.type()) + " (expected: one of a worker)");
        }
    }

    private void fromInit(Frame frame) throws ProtocolViolation {
        if (frame.type() != Frame.EXIT) {
            throw new ProtocolViolation(
                    "frame type: 0x" + Integer.toHexString(frame.type()) + " (expected: one of an init)");
        }
        frame.expectBytes(12);
        workerStatus = frame.payload().getInt() & 0xFF;
        reapedMicros = frame.payload().getLong();
    }

    private void failed(JsonNode report) throws ProtocolViolation {
        var message = report.path("message").asString("its code could not be loaded");
        var detail = report.path("detail").asString("");
        if (loading.isDone()) {
            throw new ProtocolViolation("it failed to load after it was ready");
        }
        if (!detail.isEmpty()) {
            reports.log(0, LogLine.Stream.LOGGING, 40, platform.millis().getAsLong(), detail);
        }
        loading.complete(new Loading.Failed(new Problem(ErrorCode.FUNCTION_START_FAILED, message)));
    }

    private void log(Frame frame) throws ProtocolViolation {
        var payload = frame.payload();
        if (payload.remaining() < LOG_HEAD) {
            throw new ProtocolViolation("log frame: " + payload.remaining() + " bytes (expected: >= " + LOG_HEAD + ")");
        }
        long now = platform.nanos().getAsLong();
        account(gate.account(now));
        if (gate.admits(payload.remaining() - LOG_HEAD, now)) {
            long invocation = payload.getLong();
            var stream = stream(payload.get());
            int level = payload.get() & 0xFF;
            reports.log(invocation, stream, level, credible(payload.getLong()), frame.text());
        }
    }

    private void account(String dropped) {
        if (!dropped.isEmpty()) {
            say(30, dropped);
        }
    }

    /** A platform line in its log. */
    private void say(int level, String text) {
        reports.log(0, LogLine.Stream.PLATFORM, level, platform.millis().getAsLong(), text);
    }

    private long credible(long at) {
        long now = platform.millis().getAsLong();
        return Math.abs(at - now) <= CREDIBLE_CLOCK_MILLIS ? at : now;
    }

    private static LogLine.Stream stream(int number) throws ProtocolViolation {
        return switch (number) {
            case 1 -> LogLine.Stream.STDOUT;
            case 2 -> LogLine.Stream.STDERR;
            case 3 -> LogLine.Stream.LOGGING;
            default -> throw new ProtocolViolation("log stream: " + number + " (expected: 1, 2 or 3)");
        };
    }

    private static ServingMode mode(String name) throws ProtocolViolation {
        for (var mode : ServingMode.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).equals(name)) {
                return mode;
            }
        }
        throw new ProtocolViolation("mode: " + name + " (expected: handler, wsgi, asgi, script or provided)");
    }

    private static long invocation(Frame frame) throws ProtocolViolation {
        frame.expectBytes(8);
        return frame.payload().getLong();
    }

    private JsonNode json(Frame frame) throws ProtocolViolation {
        try {
            return platform.json().readTree(frame.text());
        } catch (JacksonException e) {
            throw new ProtocolViolation("frame 0x" + Integer.toHexString(frame.type()) + " is not JSON");
        }
    }

    // --- the end

    /** One of its channels ended; if that was not because its process ended, it can no longer be talked to. */
    private void lost() {
        try {
            if (!ending && !process.waitFor(LAST_WORDS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
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
            say(40, "Ended by the platform: the worker broke the worker protocol: " + how);
        } finally {
            reporting.unlock();
        }
        loading.complete(new Loading.Failed(
                new Problem(ErrorCode.FUNCTION_START_FAILED, "The worker broke the worker protocol: " + how)));
        Thread.ofVirtual().name("end-" + id).start(this::kill);
    }

    /** Waits for the init, whatever ended it; then nothing of the instance may be left. */
    private void watch(ControlListener listener, Runnable tidied) {
        int status = exitValue();
        boolean clean = family.kill();
        listener.close();
        endReaders();
        reporting.lock();
        try {
            status = violated ? ExitStatus.ENDED_BY_PROVIDER : workerStatus != null ? workerStatus : status;
            account(gate.accountAll());
            var last = bootWords();
            if (!hello.isDone() && !last.isEmpty()) {
                say(40, last);
            }
        } finally {
            reporting.unlock();
        }
        try {
            folder.delete();
        } catch (IOException e) {
            LOG.warn("{}: cannot delete its folders now; the next start will", id, e);
        }
        if (clean) {
            tidied.run();
        } else {
            LOG.error("{}: some of its processes would not end", id);
        }
        loading.complete(new Loading.Failed(new Problem(
                ErrorCode.FUNCTION_START_FAILED,
                "The function did not start: its process " + new ExitStatus(status).inWords()
                        + " while its code was loaded.")));
        finalMicros = closeCounter();
        reporting.lock();
        try {
            closed = true;
            reports.exited(status, finalMicros);
        } finally {
            reporting.unlock();
        }
        gone.complete(null);
    }

    private int exitValue() {
        while (true) {
            try {
                return process.waitFor();
            } catch (InterruptedException e) {
                LOG.debug("{}: this thread has nothing else to do than wait", id, e);
            }
        }
    }

    /** Every process that could write is gone, so the channels end; one that was handed elsewhere is cut. */
    private void endReaders() {
        List<Thread> reading;
        List<ControlChannel> open;
        synchronized (channels) {
            reading = List.copyOf(readers);
            open = List.copyOf(channels);
        }
        try {
            for (var reader : reading) {
                reader.join(LAST_WORDS_TIMEOUT);
            }
        } catch (InterruptedException e) {
            LOG.debug("{}: cutting its channels", id, e);
        }
        open.forEach(ControlChannel::close);
    }

    private String bootWords() {
        try (var in = java.nio.file.Files.newInputStream(folder.bootLog())) {
            return new String(in.readNBytes(4096), java.nio.charset.StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private long closeCounter() {
        var counted = counter;
        if (counted == null) {
            return 0;
        }
        long wall = (platform.nanos().getAsLong() - startedNanos) / 1000;
        return counted.close(reapedMicros, wall * Runtime.getRuntime().availableProcessors());
    }

    // --- what the engine sees

    @Override
    public String address() {
        return folder.httpSocket().toString();
    }

    @Override
    public ServingMode mode() {
        return loading.getNow(new Loading.Failed(new Problem(ErrorCode.INTERNAL, "")))
                        instanceof Loading.Ready(ServingMode mode)
                ? mode
                : ServingMode.HANDLER;
    }

    @Override
    public String rung() {
        return "boot";
    }

    @Override
    public List<Step> steps() {
        synchronized (steps) {
            return List.copyOf(steps);
        }
    }

    private void step(String name) {
        long now = platform.nanos().getAsLong();
        synchronized (steps) {
            steps.add(new Step(name, (now - stepNanos) / 1000));
            stepNanos = now;
        }
    }

    @Override
    public long cpuMicros() {
        var counted = counter;
        if (counted == null) {
            return 0;
        }
        return gone.isDone() ? finalMicros : counted.micros();
    }

    @Override
    public CpuSource cpuSource() {
        return platform.table().readable() ? CpuSource.PROC : CpuSource.NONE;
    }

    @Override
    public void drain() {
        Optional.ofNullable(hello.getNow(null))
                .ifPresent(channel -> Thread.ofVirtual().name("drain-" + id).start(() -> {
                    try {
                        channel.send(Frame.encode(Frame.DRAIN, new byte[0]));
                    } catch (IOException e) {
                        LOG.debug("{}: cannot be told to drain, so it is ending already", id, e);
                    }
                }));
    }

    @Override
    public void kill() {
        if (!gone.isDone()) {
            ending = true;
            family.stop();
            var counted = counter;
            if (counted != null) {
                counted.lastMicros();
            }
            family.kill();
        }
        gone.join();
    }

    long initPid() {
        return init.pid();
    }

    long workerPid() {
        return workerPid;
    }

    Family family() {
        return family;
    }

    String id() {
        return id;
    }
}
