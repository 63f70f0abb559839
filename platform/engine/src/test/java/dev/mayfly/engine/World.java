package dev.mayfly.engine;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An engine in virtual time, with instances that exist only here. */
final class World {
    final VirtualTime time = new VirtualTime();
    final MemoryLedger ledger = new MemoryLedger();
    final MemoryLogs logs = new MemoryLogs();
    final List<FakeInstance> instances = new ArrayList<>();
    final FunctionEngine engine;
    final Deployment deployment;
    Duration startDelay = Duration.ofMillis(40);
    long startCpu = 15_000;
    ServingMode mode = ServingMode.HANDLER;
    String rung = "boot";
    String why = "";
    List<ProvidedInstance.Step> steps = List.of();
    List<ProvidedInstance.Import> imports = List.of();

    @Nullable Problem startProblem;

    /** What starting throws, before anything was started. */
    @Nullable Error startError;

    /** Whether starts are begun and never heard of again. */
    boolean startsGetLost;

    Machine.Room room = Machine.Room.UNKNOWN;

    /** Where it is more than 0: what the machine has in all, of which each instance that is ready has {@link #EACH}. */
    long memory;

    static final long EACH = 64L << 20;

    /** What the machine shows when it is looked at again, which is due. */
    Machine.@Nullable Room unread;

    World(Changed limits) {
        this(limits, Entrypoint.Kind.HANDLER, EngineSettings.DEFAULTS);
    }

    World(Changed limits, Entrypoint.Kind kind, EngineSettings settings) {
        this(Deployments.of(limits.limits(), kind, Map.of(), List.of()), settings);
    }

    World(Deployment deployment, EngineSettings settings) {
        this.deployment = deployment;
        engine = new FunctionEngine(
                this::start,
                id -> Optional.of(new InstanceId(id)),
                ledger,
                logs,
                settings,
                time,
                time,
                time,
                time,
                work -> new FakeMachine(),
                new Autoscaler());
    }

    private void start(Pool pool, Instance instance) {
        if (startError != null) {
            throw startError;
        }
        var problem = startProblem;
        var fake = new FakeInstance(pool, instance);
        instances.add(fake);
        if (startsGetLost) {
            return;
        }
        time.after(startDelay, () -> {
            if (problem == null) {
                fake.burn(startCpu);
                fake.ready = true;
                pool.ready(instance, fake, fake.cpuMicros());
            } else {
                pool.log(instance, 0, dev.mayfly.model.LogLine.Stream.LOGGING, 40, time.millis(), "Traceback");
                fake.exit(1);
                pool.failed(instance, problem);
            }
        });
    }

    Problem broken() {
        return new Problem(ErrorCode.FUNCTION_START_FAILED, "ValueError: no such luck");
    }

    /** Sends one request now, which runs for {@code run} once it is granted. */
    Call call(Duration run) {
        return call(run, new Caller.Outside());
    }

    /** The same from within {@code instance}, whose id is its address here. */
    Call call(Duration run, Instance instance) {
        return call(run, new Caller.Inside(instance.id.value()));
    }

    Call call(Duration run, Caller caller) {
        return call(run, Deployments.request(deployment, caller));
    }

    Call call(Duration run, InvocationRequest request) {
        var call = new Call(run);
        call.place = engine.admit(request, call);
        return call;
    }

    private final Map<InvocationId, Long> dispatched = new HashMap<>();

    long dispatchedMicros(InvocationId id) {
        return dispatched.getOrDefault(id, 0L);
    }

    void pass(Duration span) {
        time.pass(span);
    }

    List<FakeInstance> live() {
        return instances.stream().filter(each -> !each.exited).toList();
    }

    private final class FakeMachine implements Machine {
        @Override
        public Room room() {
            long taken = EACH
                    * instances.stream()
                            .filter(each -> each.ready && !each.exited)
                            .count();
            return memory > 0 ? new Room(8, memory - taken) : room;
        }

        @Override
        public boolean fresh(Runnable then) {
            var next = unread;
            if (next != null) {
                time.execute(() -> {
                    room = next;
                    unread = null;
                    then.run();
                });
            }
            return next == null;
        }
    }

    /** A request and what became of it; plays the gateway and the user's code. */
    final class Call implements Consumer<Admission> {
        private final Duration run;
        Duration background = Duration.ZERO;
        long burn;
        boolean hangs;
        int answers;

        Place place = () -> {};

        @Nullable Lease lease;

        Admission.@Nullable Refused refused;

        @Nullable Problem aborted;

        @Nullable FakeInstance on;

        long acceptedAt = time.nanos();
        long grantedAt;
        boolean done;

        private Call(Duration run) {
            this.run = run;
        }

        @Override
        public void accept(Admission admission) {
            answers++;
            switch (admission) {
                case Admission.Refused refusal -> refused = refusal;
                case Admission.Granted(Lease granted) -> {
                    lease = granted;
                    grantedAt = time.nanos();
                    dispatched.put(granted.id(), grantedAt / 1000);
                    on = instances.stream()
                            .filter(each -> each.address().equals(granted.address()))
                            .findFirst()
                            .orElseThrow();
                    on.running.put(granted.id().value(), this);
                    on.most = Math.max(on.most, on.running.size());
                    on.pool.started(on.instance, granted.id().value());
                    granted.onAbort(problem -> {
                        aborted = problem;
                        finish(Outcome.FAILED, problem.code().status());
                    });
                    if (!hangs) {
                        time.after(run, this::answer);
                    }
                }
            }
        }

        private void answer() {
            if (!done && on != null && !on.exited) {
                on.burn(burn);
                finish(Outcome.OK, 200);
                time.after(background, this::end);
            }
        }

        /** Ends it now, however long it was to run. */
        void complete() {
            answer();
        }

        private void end() {
            if (on != null && lease != null && !on.exited) {
                on.running.remove(lease.id().value());
                on.pool.ended(on.instance, lease.id().value());
            }
        }

        void finish(Outcome outcome, int status) {
            if (!done && lease != null) {
                done = true;
                lease.finished(outcome, status, 10, 20);
            }
        }

        Lease lease() {
            return Optional.ofNullable(lease).orElseThrow(() -> new AssertionError("not granted: " + refused));
        }

        Admission.Refused refused() {
            return Optional.ofNullable(refused).orElseThrow(() -> new AssertionError("not refused"));
        }

        Problem aborted() {
            return Optional.ofNullable(aborted).orElseThrow(() -> new AssertionError("not aborted"));
        }

        FakeInstance on() {
            return Optional.ofNullable(on).orElseThrow(() -> new AssertionError("not granted"));
        }
    }

    /** An instance whose counter moves only when told. */
    final class FakeInstance implements ProvidedInstance {
        final Pool pool;
        final Instance instance;
        final Map<Long, Call> running = new HashMap<>();
        int most;
        boolean drained;
        boolean leavesWhenDrained = true;
        boolean killed;
        boolean ready;
        boolean exited;
        private long cpu;

        private FakeInstance(Pool pool, Instance instance) {
            this.pool = pool;
            this.instance = instance;
        }

        void burn(long micros) {
            cpu += exited ? 0 : micros;
        }

        void exit(int status) {
            exit(new ExitStatus(status));
        }

        void exit(ExitStatus status) {
            if (!exited) {
                exited = true;
                pool.exited(instance, status, cpu);
            }
        }

        @Override
        public String address() {
            return "/run/" + instance.id;
        }

        @Override
        public ServingMode mode() {
            return mode;
        }

        @Override
        public String rung() {
            return rung;
        }

        @Override
        public String why() {
            return why;
        }

        @Override
        public List<Step> steps() {
            return steps;
        }

        @Override
        public List<Import> imports() {
            return imports;
        }

        @Override
        public long cpuMicros() {
            return cpu;
        }

        @Override
        public CpuSource cpuSource() {
            return CpuSource.PROC;
        }

        @Override
        public void drain() {
            drained = true;
            if (leavesWhenDrained) {
                time.after(Duration.ofMillis(1), () -> exit(0));
            }
        }

        @Override
        public void kill() {
            killed = true;
            exit(137);
        }
    }
}
