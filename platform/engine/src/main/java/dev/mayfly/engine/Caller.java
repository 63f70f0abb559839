package dev.mayfly.engine;

/** Who calls a function. */
public sealed interface Caller {
    /** Those with the same word share one place where clients take turns; empty for all of whom nothing is known. */
    String client();

    /**
     * Anybody who is not in an instance, as far as is known.
     *
     * @param client what tells it from others, such as the address it connects from
     */
    record Outside(String client) implements Caller {
        public Outside() {
            this("");
        }
    }

    /**
     * Code in an instance. The network says so and not the request, so it cannot be forged.
     *
     * @param address of the instance, unique among those that live
     */
    record Inside(String address) implements Caller {
        @Override
        public String client() {
            return address;
        }
    }
}
