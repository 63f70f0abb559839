package dev.mayfly.engine;

/** Starts an instance; tells its pool {@link Pool#ready} or {@link Pool#failed}, once, later. */
@FunctionalInterface
interface Starts {
    void start(Pool pool, Instance instance);
}
