package dev.mayfly.gateway;

import dev.mayfly.model.CpuSource;
import dev.mayfly.provider.ProvidedInstance;
import java.util.List;

/** An instance of a test that was booted in no time, is counted by nobody, and has nothing to finish. */
interface UnmeteredInstance extends ProvidedInstance {
    @Override
    default String rung() {
        return "boot";
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

    @Override
    default void drain() {
        kill();
    }
}
