package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import java.time.Clock;
import java.util.random.RandomGenerator;

/** Ids for requests that never became an invocation: not found, too large, files. */
public record RequestIds(Clock clock, RandomGenerator random) {
    public InvocationId next() {
        return InvocationId.of(clock.millis(), random.nextInt());
    }
}
