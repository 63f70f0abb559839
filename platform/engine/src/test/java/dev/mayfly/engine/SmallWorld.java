package dev.mayfly.engine;

import dev.mayfly.engine.SmallEvent.Kind;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.InstanceId;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The real engine with one function and so few requests and instances that all orders in which things may happen can be gone through: it says what
 * may happen next, and lets it. {@link ModelChecker} decides what does.
 */
final class SmallWorld {
    static final long EPOCH = 1_000_000_000_000_000L;

    private record Due(long at, long order, Runnable task) {}

    final SmallSize size;
    final Deployment deployment;
    final MemoryLedger ledger = new MemoryLedger();
    final FunctionEngine engine;
    final List<SmallRequest> requests = new ArrayList<>();
    final List<SmallInstance> instances = new ArrayList<>();
    final Map<Kind, Integer> left = new EnumMap<>(Kind.class);
    final SmallChecks checks = new SmallChecks(this);
    boolean ended;

    private final Deque<Runnable> work = new ArrayDeque<>();
    private final List<Due> timers = new ArrayList<>();
    private long now = EPOCH;
    private long order;
    int lostLeft;

    SmallWorld(SmallSize size) {
        this.size = size;
        this.deployment = Deployments.numbered(size.limits().limits(), 1);
        this.engine = new FunctionEngine(
                (pool, instance) -> instances.add(new SmallInstance(instances.size() + 1, pool, instance)),
                address -> Optional.of(new InstanceId(address)),
                ledger,
                new NoLogs(),
                EngineSettings.DEFAULTS,
                new Clock(),
                new SmallTimers(),
                work::add,
                work::add,
                some -> () -> Machine.Room.UNKNOWN,
                new Autoscaler());
        for (int i = 1; i <= size.requests(); i++) {
            requests.add(new SmallRequest(this, i));
        }
        var faults = size.faults();
        left.put(Kind.FAIL, faults.failedStarts());
        left.put(Kind.EXIT, faults.crashes());
        left.put(Kind.UNREACHED, faults.unreached());
        left.put(Kind.LEAVE, faults.leavers());
        left.put(Kind.DELETE, faults.ends());
        left.put(Kind.DRAIN, faults.ends());
        lostLeft = faults.lostStarts();
        if (size.limits().minInstances() > 0) {
            engine.follow(Deployments.led(0, List.of(deployment)));
        }
    }

    long now() {
        return now;
    }

    void broken(String what) {
        checks.broken(what);
    }

    void answered(SmallRequest request, SmallRequest.Attempt attempt) {
        checks.answered(request, attempt);
    }

    /** When the next timer is due; {@link Alarm#NEVER}: none is. */
    long nextTimer() {
        return timers.stream().mapToLong(Due::at).min().orElse(Alarm.NEVER);
    }

    // --- what may happen next

    List<SmallEvent> enabled() {
        var events = new ArrayList<SmallEvent>();
        requests.stream()
                .filter(each -> !each.sent())
                .findFirst()
                .ifPresent(next -> events.add(new SmallEvent(Kind.ARRIVE, next.number)));
        requests.stream().filter(SmallRequest::sent).forEach(each -> ofRequest(each, events));
        instances.forEach(each -> ofInstance(each, events));
        if (!timers.isEmpty() && (lostLeft > 0 || !losesAStart())) {
            events.add(new SmallEvent(Kind.TIMER, 0));
        }
        if (!ended && left(Kind.DELETE)) {
            events.add(new SmallEvent(Kind.DELETE, 0));
            events.add(new SmallEvent(Kind.DRAIN, 0));
        }
        return events;
    }

    /** Nothing happens any more unless something goes wrong. */
    boolean atRest() {
        return enabled().stream().allMatch(this::isFault);
    }

    private boolean isFault(SmallEvent event) {
        return switch (event.kind()) {
            case DELETE, DRAIN, LEAVE, UNREACHED -> true;
            case EXIT -> {
                var instance = instances.get(event.of() - 1);
                yield !instance.drained && !instance.killed;
            }
            case ARRIVE, HEAR, BEGIN, END, RESPOND, READY, FAIL, TIMER -> false;
        };
    }

    private void ofRequest(SmallRequest request, List<SmallEvent> events) {
        if (request.attempt().answers > 0 && !request.heard) {
            add(events, Kind.HEAR, request.number);
        }
        if (!request.left && !request.begun && !request.responded && left(Kind.LEAVE) && !request.refusedAndHeard()) {
            add(events, Kind.LEAVE, request.number);
        }
        if (!request.heard || !request.granted() || request.left) {
            return;
        }
        boolean alive = alive(request);
        if (alive && !request.begun && (!request.responded || request.respondedAt == now)) {
            add(events, Kind.BEGIN, request.number);
        }
        if (alive && request.begun && !request.ended) {
            add(events, Kind.END, request.number);
        }
        if (!request.responded) {
            add(events, Kind.RESPOND, request.number);
            if (!request.begun && request.attempts.size() == 1 && left(Kind.UNREACHED)) {
                add(events, Kind.UNREACHED, request.number);
            }
        }
    }

    private void ofInstance(SmallInstance each, List<SmallEvent> events) {
        if (!each.claimed) {
            add(events, Kind.READY, each.number);
            if (each.exited || !each.starts() || ended || left(Kind.FAIL)) {
                add(events, Kind.FAIL, each.number);
            }
        }
        if (!each.exited && (each.drained || each.killed || left(Kind.EXIT))) {
            add(events, Kind.EXIT, each.number);
        }
    }

    private static void add(List<SmallEvent> events, Kind kind, int of) {
        events.add(new SmallEvent(kind, of));
    }

    private boolean left(Kind kind) {
        return left.getOrDefault(kind, 0) > 0;
    }

    private void use(Kind kind) {
        left.merge(kind, -1, Integer::sum);
    }

    private boolean alive(SmallRequest request) {
        return !on(request).exited;
    }

    SmallInstance on(SmallRequest request) {
        var address = request.lease().address();
        return instances.stream()
                .filter(each -> each.address().equals(address))
                .findFirst()
                .orElseThrow();
    }

    private boolean losesAStart() {
        long deadline = EngineSettings.DEFAULTS.startDeadline().toNanos();
        return instances.stream()
                .anyMatch(each -> each.starts() && nextTimer() >= each.instance.startedNanos + deadline);
    }

    // --- lets it happen

    void happen(SmallEvent event) {
        checks.before();
        if (event.kind() == Kind.TIMER) {
            ring();
        } else {
            now = Math.min(now + Duration.ofMillis(size.stepMillis()).toNanos(), Math.max(now, nextTimer()));
        }
        int of = event.of() - 1;
        switch (event.kind()) {
            case ARRIVE -> requests.get(of).ask();
            case HEAR -> requests.get(of).hear();
            case BEGIN -> {
                requests.get(of).begun = true;
                on(requests.get(of)).begin(requests.get(of).lease().id().value());
            }
            case END -> {
                requests.get(of).ended = true;
                on(requests.get(of)).end(requests.get(of).lease().id().value());
            }
            case RESPOND -> requests.get(of).respond();
            case UNREACHED -> {
                use(Kind.UNREACHED);
                requests.get(of).unreached();
            }
            case LEAVE -> {
                use(Kind.LEAVE);
                requests.get(of).leave();
            }
            case READY -> instances.get(of).ready();
            case FAIL -> fail(instances.get(of));
            case EXIT -> exit(instances.get(of));
            case TIMER -> {}
            case DELETE -> end(() -> engine.follow(new Snapshot(1, new TreeMap<>())));
            case DRAIN -> end(engine::drain);
        }
        while (!work.isEmpty()) {
            work.remove().run();
        }
        checks.after();
    }

    private void ring() {
        var next = timers.stream()
                .min(Comparator.comparingLong(Due::at).thenComparingLong(Due::order))
                .orElseThrow();
        lostLeft -= losesAStart() ? 1 : 0;
        timers.remove(next);
        now = Math.max(now, next.at);
        next.task.run();
    }

    private void fail(SmallInstance instance) {
        if (!instance.exited && instance.starts() && !ended) {
            use(Kind.FAIL);
        }
        instance.fail();
    }

    private void exit(SmallInstance instance) {
        if (!instance.drained && !instance.killed) {
            use(Kind.EXIT);
        }
        instance.exit();
    }

    private void end(Runnable how) {
        ended = true;
        left.put(Kind.DELETE, 0);
        left.put(Kind.DRAIN, 0);
        how.run();
    }

    private final class Clock implements Ticker {
        @Override
        public long nanos() {
            return now;
        }

        @Override
        public long millis() {
            return 1_700_000_000_000L;
        }
    }

    private final class SmallTimers implements Timers {
        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            var due = new Due(now + delayNanos, order++, task);
            timers.add(due);
            return () -> timers.remove(due);
        }

        @Override
        public void close() {}
    }
}
