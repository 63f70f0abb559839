package dev.mayfly.engine;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import org.jspecify.annotations.Nullable;

/** Writes down what happened: usage records and log lines. Never blocks. */
final class Books {
    private final UsageLedger ledger;
    private final Logs logs;
    private final Ticker ticker;
    private final EngineSettings settings;
    private final Activity activity;

    Books(UsageLedger ledger, Logs logs, Ticker ticker, EngineSettings settings, Activity activity) {
        this.ledger = ledger;
        this.logs = logs;
        this.ticker = ticker;
        this.settings = settings;
        this.activity = activity;
    }

    /**
     * An invocation that ran, and its last log line.
     *
     * @param start of the instance that it waited for
     */
    void ran(Invocation invocation, Execution execution, MeterBook.Shares shares, CpuSource source, ColdStart start) {
        long billed = execution.runMicros() + (settings.billInit() ? invocation.initMicros : 0);
        var entry = new UsageRecord(
                invocation.id,
                invocation.request.deployment().project(),
                invocation.request.deployment().id(),
                invocation.request.function().name(),
                execution.instance(),
                invocation.request.trigger(),
                invocation.acceptedMillis,
                invocation.queueMicros(),
                invocation.initMicros,
                execution.runMicros(),
                Math.ceilDiv(billed, 1000L),
                invocation.request.function().limits().memory(),
                shares.memoryMicros(),
                shares.cpuMicros(),
                source,
                execution.bytesIn(),
                execution.bytesOut(),
                execution.outcome(),
                execution.status(),
                invocation.cold(),
                start);
        ledger.append(entry);
        activity.ended(entry, execution.why());
        say(
                Target.of(invocation.request),
                execution.instance(),
                invocation.id,
                20,
                Receipt.of(invocation.request, entry) + (execution.why().isEmpty() ? "" : " · " + execution.why()));
    }

    /** An invocation that waited for an instance which did not start. */
    void notStarted(Invocation invocation, InstanceId instance, long queueMicros, long initMicros, String why) {
        var request = invocation.request;
        var entry = new UsageRecord(
                invocation.id,
                request.deployment().project(),
                request.deployment().id(),
                request.function().name(),
                instance,
                request.trigger(),
                invocation.acceptedMillis,
                queueMicros,
                initMicros,
                0,
                0,
                request.function().limits().memory(),
                0,
                0,
                CpuSource.NONE,
                0,
                0,
                Outcome.FAILED,
                500,
                true,
                ColdStart.NONE);
        ledger.append(entry);
        activity.ended(entry, why);
        say(
                Target.of(request),
                instance,
                invocation.id,
                40,
                Receipt.refused(request, 500, queueMicros + initMicros, why));
    }

    /** An invocation that got no instance. No record: nothing ran. */
    void refused(InvocationId id, InvocationRequest request, Problem problem, long waitedMicros) {
        var status = problem.code().status();
        activity.refused(ProjectFunction.of(Target.of(request)), id, status, Told.firstLine(problem.message()));
        say(Target.of(request), NO_INSTANCE, id, 30, Receipt.refused(request, status, waitedMicros, problem.message()));
    }

    /** An invocation whose client left before anything was sent. No record: nothing ran. */
    void left(Invocation invocation, long waitedMicros) {
        var request = invocation.request;
        activity.left(ProjectFunction.of(Target.of(request)));
        var line = Receipt.refused(request, 0, waitedMicros, "the caller went away");
        say(Target.of(request), NO_INSTANCE, invocation.id, 20, line);
    }

    private static final InstanceId NO_INSTANCE = new InstanceId("-");

    void unmetered(Target of, InstanceId instance, long cpuMicros) {
        if (cpuMicros > 0) {
            ledger.append(new UnmeteredUsage(
                    of.deployment().project(),
                    of.deployment().id(),
                    of.function().name(),
                    instance,
                    ticker.millis(),
                    cpuMicros));
        }
    }

    /** The platform's own words about a function. */
    void say(Target of, InstanceId instance, @Nullable InvocationId invocation, int level, String text) {
        line(of, instance, invocation, LogLine.Stream.PLATFORM, level, ticker.millis(), text);
    }

    void line(
            Target of,
            InstanceId instance,
            @Nullable InvocationId invocation,
            LogLine.Stream stream,
            int level,
            long at,
            String text) {
        logs.append(new LogLine(
                at,
                of.deployment().project(),
                of.deployment().id(),
                of.function().name(),
                instance,
                invocation,
                stream,
                level,
                text));
    }

    /** What came of an invocation that ran. */
    record Execution(
            InstanceId instance,
            long runMicros,
            Outcome outcome,
            int status,
            long bytesIn,
            long bytesOut,
            String why) {}
}
