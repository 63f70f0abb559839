package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Snapshot;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What the functions do that were called lately, for {@code mayfly top}, and what all did since the start ({@link Totals}), for metrics. Told of every
 * decision and of the end of every request, on any thread, event loops included: adding is free of locks. The owner of the {@link LiveFunction}s: one is
 * there from the first thing that happens to a function until nothing did for a minute, and at most {@value #MOST} are; what is counted of further
 * ones is counted as one, and every second the quietest make room: whoever is called often has it soon. An idle function has none.
 */
public final class Activity {
    static final int MOST = 2_000;
    static final long IDLE_SECONDS = 60;

    private static final int PART_THAT_GOES = 8;
    private static final int ERROR_STATUS = 500;

    private final Ticker ticker;
    private final int most;
    private volatile @Nullable Timers timers;
    private final Map<ProjectFunction, LiveFunction> live = new ConcurrentHashMap<>();
    private final LiveFunction others = new LiveFunction();
    private final Totals totals = new Totals();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private final AtomicBoolean makingRoom = new AtomicBoolean();
    private volatile @Nullable Snapshot followed;

    /** One that nobody tidies up until {@link #tidyBy}: what is there stays, within its bounds. */
    public Activity(Ticker ticker) {
        this(ticker, MOST);
    }

    Activity(Ticker ticker, int most) {
        this.ticker = ticker;
        this.most = most;
    }

    /** From now on those that are not called any more leave by the clock. */
    Activity tidyBy(Timers clock) {
        timers = clock;
        return this;
    }

    // --- what happens

    void decided(ProjectFunction function, Reason reason) {
        var of = of(function);
        of.tally.add(reason);
        settle(function, of);
    }

    /**
     * A request that ran, or whose instance did not start.
     *
     * @param why it went wrong; empty: it did not, or that is not known
     */
    public void ended(UsageRecord usage, String why) {
        var function = new ProjectFunction(usage.project(), usage.function());
        var of = of(function);
        boolean error = usage.outcome() == Outcome.FAILED
                || usage.outcome() == Outcome.TIMEOUT
                || usage.status() >= ERROR_STATUS;
        long micros = usage.queueMicros() + usage.initMicros() + usage.runMicros();
        of.seconds.ran(
                second(),
                micros,
                error,
                usage.cold(),
                usage.cpuMicros(),
                (usage.memory() >> 10) * usage.memoryMicros());
        of.tally.add(Tally.Counted.of(usage.outcome()), 1);
        of.tally.add(Tally.Counted.COLD, usage.cold() ? 1 : 0);
        of.tally.add(Tally.Counted.QUEUE_MICROS, usage.queueMicros());
        of.tally.add(Tally.Counted.START_MICROS, usage.initMicros());
        of.tally.add(Tally.Counted.RUN_MICROS, usage.runMicros());
        of.tally.add(Tally.Counted.CPU_MICROS, usage.cpuMicros());
        if (error) {
            var text = why.isEmpty() ? inWords(usage) : why;
            of.errors.add(new RecentErrors.Entry(usage.id(), ticker.millis(), usage.status(), text));
        }
        settle(function, of);
    }

    private static String inWords(UsageRecord usage) {
        return switch (usage.outcome()) {
            case OK, DISCONNECTED -> "answered " + usage.status();
            case FAILED -> "failed";
            case TIMEOUT -> "timed out";
        };
    }

    /** A request that got no instance. */
    public void refused(ProjectFunction function, InvocationId request, int status, String why) {
        var of = of(function);
        of.seconds.didNotRun(second(), true);
        of.tally.add(Tally.Counted.REFUSED, 1);
        of.errors.add(new RecentErrors.Entry(request, ticker.millis(), status, why));
        settle(function, of);
    }

    /** A request whose client left before anything was sent. */
    void left(ProjectFunction function) {
        var of = of(function);
        of.seconds.didNotRun(second(), false);
        of.tally.add(Tally.Counted.LEFT, 1);
        settle(function, of);
    }

    private LiveFunction of(ProjectFunction function) {
        var known = live.get(function);
        var of = known == null ? enter(function) : known;
        long second = second();
        if (of.lastSecond != second) {
            of.lastSecond = second;
        }
        return of;
    }

    private LiveFunction enter(ProjectFunction function) {
        if (live.size() >= most) {
            later(makingRoom, 1, this::makeRoom);
            return others;
        }
        later(sweeping, IDLE_SECONDS, this::sweep);
        return live.computeIfAbsent(function, none -> {
            var entered = new LiveFunction();
            entered.lastSecond = second();
            return entered;
        });
    }

    /** @param due whether it is to happen already */
    private void later(AtomicBoolean due, long seconds, Runnable task) {
        var by = timers;
        if (by != null && due.compareAndSet(false, true)) {
            by.schedule(TimeUnit.SECONDS.toNanos(seconds), task);
        }
    }

    /** Whoever was on the way to one that has left meanwhile brings what it added after it. */
    private void settle(ProjectFunction function, LiveFunction of) {
        if (of.retired) {
            totals.take(function, of.tally, second());
        }
    }

    // --- who leaves

    private void sweep() {
        sweeping.set(false);
        retireIdle();
        if (!live.isEmpty()) {
            later(sweeping, IDLE_SECONDS, this::sweep);
        }
    }

    private void retireIdle() {
        long now = second();
        live.forEach((function, of) -> {
            if (now - of.lastSecond >= IDLE_SECONDS) {
                retire(function, of);
            }
        });
    }

    private void makeRoom() {
        makingRoom.set(false);
        retireIdle();
        record Quiet(ProjectFunction function, LiveFunction of, long ended) {}
        if (live.size() >= most) {
            live.entrySet().stream()
                    .map(each -> new Quiet(
                            each.getKey(),
                            each.getValue(),
                            each.getValue().seconds.read(ticker.nanos()).ended()))
                    .sorted(Comparator.comparingLong(Quiet::ended))
                    .limit(Math.max(1, most / PART_THAT_GOES))
                    .forEach(each -> retire(each.function, each.of));
        }
    }

    private void retire(ProjectFunction function, LiveFunction of) {
        of.retired = true; // first: what is added after it was taken is taken by whoever adds it
        totals.take(function, of.tally, second());
        live.remove(function, of);
    }

    // --- what is asked

    /** Those that something happened to within the last minute. */
    public Map<ProjectFunction, Recent> recent() {
        long now = second();
        var recent = new HashMap<ProjectFunction, Recent>();
        live.forEach((function, of) -> {
            if (now - of.lastSecond < IDLE_SECONDS) {
                recent.put(function, of.seconds.read(ticker.nanos()));
            }
        });
        return recent;
    }

    /** Whether there are functions that {@link #recent} does not name because there are too many. */
    public boolean crowded() {
        return second() - others.lastSecond < IDLE_SECONDS;
    }

    /** Of one of those, newest first. */
    public List<RecentErrors.Entry> errors(ProjectFunction function) {
        var of = live.get(function);
        return of == null ? List.of() : of.errors.list();
    }

    /** What all did since the start. */
    public Totals.View totals() {
        long now = second();
        live.forEach((function, of) -> totals.take(function, of.tally, now));
        totals.takeOthers(others.tally);
        var known = followed;
        if (known != null) { // what ran on when it was removed may have been counted since
            forget(known);
        }
        return totals.view(now);
    }

    /** From now on at most so many functions have numbers of their own there. */
    public void name(int count) {
        totals.name(count);
    }

    /** What is counted of functions that are not deployed any more is forgotten. */
    public void follow(Snapshot snapshot) {
        followed = snapshot;
        forget(snapshot);
    }

    private void forget(Snapshot snapshot) {
        var gone = new HashSet<>(totals.known());
        gone.stream()
                .map(ProjectFunction::project)
                .distinct()
                .toList()
                .forEach(name -> snapshot.project(name)
                        .ifPresent(project -> project.deployments()
                                .values()
                                .forEach(deployment -> deployment
                                        .functions()
                                        .forEach(
                                                function -> gone.remove(new ProjectFunction(name, function.name()))))));
        totals.forget(gone);
    }

    private long second() {
        return RecentSeconds.numberOf(ticker.nanos());
    }
}
