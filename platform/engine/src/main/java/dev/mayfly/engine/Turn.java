package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.List;

/** One event of a pool: when it happens, and what is to be done of it once the pool's lock is free. */
final class Turn {
    /** Nanoseconds of the {@link Ticker}, once the pool's lock is held. */
    long now;

    private List<Effect> effects = List.of();

    void add(Effect effect) {
        if (effects.isEmpty()) { // most events have none
            effects = new ArrayList<>(4);
        }
        effects.add(effect);
    }

    List<Effect> effects() {
        return effects;
    }
}
