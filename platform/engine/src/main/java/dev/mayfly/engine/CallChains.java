package dev.mayfly.engine;

import dev.mayfly.model.InstanceId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * How many functions in a row have called each other before a call. Nothing of it travels with requests: whatever a function sends, the instance
 * it sends from is known, and so is what that instance runs. A call by an instance counts one more than the deepest of what it runs, because
 * which of those called cannot be known.
 */
final class CallChains {
    private final Function<String, Optional<InstanceId>> instanceAt;
    private final Map<InstanceId, Pool> pools = new ConcurrentHashMap<>();

    /** @param instanceAt which instance has an address */
    CallChains(Function<String, Optional<InstanceId>> instanceAt) {
        this.instanceAt = instanceAt;
    }

    void began(InstanceId instance, Pool pool) {
        pools.put(instance, pool);
    }

    void ended(InstanceId instance) {
        pools.remove(instance);
    }

    /** 0 for a call from outside. */
    int depth(Caller caller) {
        return switch (caller) {
            case Caller.Outside outside -> 0;
            case Caller.Inside(var address) ->
                1 + instanceAt.apply(address).map(this::depthIn).orElse(0);
        };
    }

    private int depthIn(InstanceId instance) {
        var pool = pools.get(instance);
        return pool == null ? 0 : pool.depth(instance);
    }
}
