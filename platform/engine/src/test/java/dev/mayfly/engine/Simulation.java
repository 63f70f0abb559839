package dev.mayfly.engine;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The real engine in virtual time, with functions, callers and instances that exist only here. All that happens follows from the seed. What
 * must always hold is watched by {@link Watch}.
 */
final class Simulation {
    final VirtualTime time = new VirtualTime();
    final Random random;
    final Watch watch = new Watch(this);
    final FunctionEngine engine;
    final List<SimulatedFunction> functions = new ArrayList<>();
    /** What the machine has for instances; 0: no one knows. */
    long memory;
    /** What instances that are ready have of that. */
    long used;
    /** The most that its instances had of that at a moment. */
    long mostUsed;

    /** What is held ready for starts to come, of that. */
    long heldReady;

    private final Map<String, SimulatedFunction> byDeployment = new HashMap<>();
    final Map<String, SimulatedInstance> byAddress = new HashMap<>();

    Simulation(long seed) {
        this(seed, new Autoscaler(), timers -> timers);
    }

    /** @param timers of the engine, to be broken by tests of this simulation */
    Simulation(long seed, ScalingPolicy policy, UnaryOperator<Timers> timers) {
        this.random = new Random(seed);
        this.engine = new FunctionEngine(
                new Starts() {
                    @Override
                    public void start(Pool pool, Instance instance) {
                        Simulation.this.start(pool, instance);
                    }

                    @Override
                    public long release(long bytes) {
                        long back = Math.min(bytes, heldReady);
                        heldReady -= back;
                        return back;
                    }
                },
                address -> Optional.of(new InstanceId(address)),
                new NoLedger(),
                new NoLogs(),
                EngineSettings.DEFAULTS,
                time,
                timers.apply(time),
                time,
                time,
                work -> this::room,
                policy);
        engine.watchMemory();
    }

    private Machine.Room room() {
        return memory == 0 ? Machine.Room.UNKNOWN : new Machine.Room(64, memory - heldReady - used);
    }

    SimulatedFunction function(Changed limits, Habits habits) {
        var deployment = Deployments.numbered(limits.limits(), functions.size());
        var function = new SimulatedFunction(this, deployment, habits);
        functions.add(function);
        byDeployment.put(deployment.id().value(), function);
        if (limits.minInstances() > 0) {
            engine.follow(Deployments.led(0, List.of(deployment)));
        }
        return function;
    }

    private void start(Pool pool, Instance instance) {
        Optional.ofNullable(byDeployment.get(pool.target().deployment().id().value()))
                .orElseThrow()
                .start(pool, instance);
    }

    /** Does {@code action} again and again, with these gaps in between, for as long as {@code span}. */
    void every(LongSupplier gap, Duration span, Runnable action) {
        again(gap, time.nanos() + span.toNanos(), action);
    }

    private void again(LongSupplier gap, long until, Runnable action) {
        long next = gap.getAsLong();
        if (time.nanos() + next <= until) {
            time.schedule(next, () -> {
                action.run();
                again(gap, until, action);
            });
        }
    }

    /** Gaps of arrivals that know nothing of each other. */
    LongSupplier poisson(double perSecond) {
        return () -> (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** Lets all happen, and then long enough nothing for everything to be over. */
    void run(Duration span) {
        time.pass(span);
        time.pass(Duration.ofMinutes(15));
        watch.end();
    }
}
