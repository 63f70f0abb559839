package dev.mayfly.engine;

/** Who calls a function. */
public sealed interface Caller {
    /** Anybody who is not in an instance, as far as is known. */
    record Outside() implements Caller {}

    /**
     * Code in an instance. The network says so and not the request, so it cannot be forged.
     *
     * @param address of the instance, unique among those that live
     */
    record Inside(String address) implements Caller {}
}
