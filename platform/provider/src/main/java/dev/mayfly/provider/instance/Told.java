package dev.mayfly.provider.instance;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.host.Platform;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What an instance tells, checked and handed on one frame at a time; nothing after its end. Not safe for several threads. */
final class Told {
    private static final long CREDIBLE_CLOCK_MILLIS = 3_600_000;
    private static final int LOG_HEAD = 18;
    /** Characters; what is longer is cut. */
    private static final int LONGEST_MESSAGE = 2_000;

    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}+");

    /** Before anybody is told: words that can only be the platform's own. */
    private static final long UNASSIGNED_LOG_RATE = 64 * 1024;

    private final Platform platform;
    private final CompletableFuture<Loading> loading;
    private final Consumer<String> step;
    private InstanceReports reports;
    private LogGate gate;
    private boolean over;
    private @Nullable Integer workerStatus;
    private long reapedMicros;

    Told(Platform platform, InstanceReports unassigned, CompletableFuture<Loading> loading, Consumer<String> step) {
        this.platform = platform;
        this.reports = unassigned;
        this.loading = loading;
        this.gate = new LogGate(UNASSIGNED_LOG_RATE, platform.nanos().getAsLong());
        this.step = step;
    }

    /** From now on somebody is told. */
    void assign(InstanceReports to, long logRate) {
        reports = to;
        gate = new LogGate(logRate, platform.nanos().getAsLong());
    }

    /** How the worker ended, as the init says. */
    Optional<Integer> workerStatus() {
        return Optional.ofNullable(workerStatus);
    }

    long reapedMicros() {
        return reapedMicros;
    }

    void handle(boolean worker, Frame frame) throws ProtocolViolation {
        if (over) {
            return;
        }
        if (frame.type() == Frame.LOG) {
            log(frame);
        } else if (worker) {
            fromWorker(frame);
        } else {
            fromInit(frame);
        }
    }

    private void fromWorker(Frame frame) throws ProtocolViolation {
        switch (frame.type()) {
            case Frame.READY -> {
                var said = json(frame);
                var name = said.path("mode").asString("");
                // A zygote serves nothing, so how it would does not matter.
                var mode = name.equals("zygote") ? ServingMode.PROVIDED : mode(name);
                step.accept("load");
                if (!loading.complete(new Loading.Ready(
                        mode,
                        SlowImports.of(said.path("imports")),
                        Names.modules(said.path("hold")),
                        Names.variables(said.path("variables"))))) {
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
        var said = CONTROL.matcher(report.path("message").asString("its code could not be loaded"))
                .replaceAll(" ");
        var message = said.substring(0, Math.min(said.length(), LONGEST_MESSAGE));
        var detail = report.path("detail").asString("");
        if (loading.isDone()) {
            throw new ProtocolViolation("it failed to load after it was ready");
        }
        if (!detail.isEmpty()) {
            reports.log(0, LogLine.Stream.LOGGING, 40, platform.millis().getAsLong(), detail);
        }
        var how = report.path("code").asString("").equals("cannot_be_copied") ? Loading.How.UNLIKE : Loading.How.SAID;
        loading.complete(new Loading.Failed(new Problem(ErrorCode.FUNCTION_START_FAILED, message), how));
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

    void accountAll() {
        account(gate.accountAll());
    }

    private void account(String dropped) {
        if (!dropped.isEmpty()) {
            say(30, dropped);
        }
    }

    /** A line of the platform's in its log. */
    void say(int level, String text) {
        if (!over) {
            reports.log(0, LogLine.Stream.PLATFORM, level, platform.millis().getAsLong(), text);
        }
    }

    void exited(ExitStatus status, long cpuMicros) {
        over = true;
        reports.exited(status, cpuMicros);
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
            if (name(mode).equals(name)) {
                return mode;
            }
        }
        throw new ProtocolViolation("mode: " + name + " (expected: "
                + Arrays.stream(ServingMode.values()).map(Told::name).collect(Collectors.joining(", ")) + ")");
    }

    private static String name(ServingMode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
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
}
