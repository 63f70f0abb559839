package dev.mayfly.engine;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ProvidedInstance;
import java.util.List;

/** One from the pool whose counter never moves. */
interface UnmeteredInstance extends ProvidedInstance {
    @Override
    default ServingMode mode() {
        return ServingMode.HANDLER;
    }

    @Override
    default String rung() {
        return "pool";
    }

    @Override
    default List<Step> steps() {
        return List.of();
    }

    @Override
    default long cpuMicros() {
        return 0;
    }

    @Override
    default CpuSource cpuSource() {
        return CpuSource.NONE;
    }
}
