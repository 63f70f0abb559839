package dev.mayfly.engine;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.ExitStatus;

/** An instance of a {@link SmallWorld}, and whoever starts it. */
final class SmallInstance implements UnmeteredInstance {
    final int number;
    final Instance instance;
    private final Pool pool;
    boolean claimed;
    boolean exited;
    boolean drained;
    boolean killed;

    SmallInstance(int number, Pool pool, Instance instance) {
        this.number = number;
        this.pool = pool;
        this.instance = instance;
    }

    boolean serves() {
        return instance.state instanceof InstanceState.Serving;
    }

    boolean starts() {
        return instance.state instanceof InstanceState.Starting;
    }

    /** Nothing more can come of it. */
    boolean over() {
        return claimed && exited;
    }

    void ready() {
        claimed = true;
        pool.ready(instance, this, 0);
    }

    void fail() {
        claimed = true;
        exited = true;
        pool.failed(instance, new Problem(ErrorCode.FUNCTION_START_FAILED, "no such luck"));
    }

    void exit() {
        exited = true;
        pool.exited(instance, new ExitStatus(killed ? 137 : 1), 0);
    }

    void begin(long id) {
        pool.started(instance, id);
    }

    void end(long id) {
        pool.ended(instance, id);
    }

    Pool pool() {
        return pool;
    }

    @Override
    public String address() {
        return instance.id.value();
    }

    @Override
    public void drain() {
        drained = true;
    }

    @Override
    public void kill() {
        killed = true;
    }
}
