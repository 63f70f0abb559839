package dev.mayfly.engine;

import dev.mayfly.provider.ExitStatus;
import java.util.HashSet;
import java.util.Set;

/** An instance of a {@link Simulation}. */
final class SimulatedInstance implements UnmeteredInstance {
    final Instance instance;
    private final SimulatedFunction function;
    private final Pool pool;
    private final Set<Long> running = new HashSet<>();
    private final boolean stubborn;
    private boolean ready;
    private boolean leaving;
    private boolean exited;

    SimulatedInstance(SimulatedFunction function, Pool pool, Instance instance) {
        this.function = function;
        this.pool = pool;
        this.instance = instance;
        this.stubborn = function.simulation.chance(function.habits.stubborn());
    }

    void ready() {
        ready = true;
        function.simulation.used += function.bytes;
        function.simulation.mostUsed = Math.max(function.simulation.mostUsed, function.simulation.used);
        pool.ready(instance, this, 0);
    }

    boolean isReady() {
        return ready;
    }

    @Override
    public long memoryBytes() {
        return function.bytes;
    }

    boolean exited() {
        return exited;
    }

    /** Whether it could take one more, as far as can be seen from here. */
    boolean free() {
        return ready && !leaving && !exited && running.size() < function.concurrency();
    }

    void began(long id) {
        running.add(id);
        if (running.size() > function.concurrency()) {
            function.simulation.watch.broken(instance.id + " has " + running.size() + " requests at a time");
        }
        if (exited) {
            function.simulation.watch.broken(instance.id + " got a request after its end");
        }
        pool.started(instance, id);
    }

    void ended(long id) {
        if (!exited) {
            running.remove(id);
            pool.ended(instance, id);
            function.simulation.watch.look(function);
        }
    }

    void exit(int status) {
        if (!exited) {
            exited = true;
            function.live.remove(this);
            function.simulation.byAddress.remove(address());
            function.simulation.used -= ready ? function.bytes : 0;
            function.instanceNanos += function.simulation.time.nanos() - instance.startedNanos;
            pool.exited(instance, new ExitStatus(status), 0);
        }
    }

    @Override
    public String address() {
        return instance.id.value();
    }

    @Override
    public void drain() {
        leaving = true;
        function.evicted += instance.letGo ? 1 : 0;
        if (!running.isEmpty()) {
            function.simulation.watch.broken(instance.id + " was to leave and had " + running.size() + " requests");
        }
        if (!stubborn) {
            function.simulation.time.schedule(Habits.MS, () -> exit(0));
        }
    }

    @Override
    public void kill() {
        exit(137);
    }
}
