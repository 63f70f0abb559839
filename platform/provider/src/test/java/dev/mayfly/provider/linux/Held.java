package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.Provider;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A provider that claims only when what it should claim from is there, and holds that it came from there. */
record Held(Provider provider, Consumer<InstanceSpec> ready, Set<String> rungs) implements Provider {
    @Override
    public Claim claim(InstanceSpec spec, InstanceReports reports) throws InterruptedException {
        ready.accept(spec);
        var claim = provider.claim(spec, reports);
        if (claim instanceof Claim.Ready(ProvidedInstance instance)) {
            assertThat(instance.rung()).as(instance.why()).isIn(rungs);
        }
        return claim;
    }

    @Override
    public String name() {
        return provider.name();
    }

    @Override
    public List<PlatformProcess> processes() {
        return provider.processes();
    }

    @Override
    public List<Finding> findings() {
        return provider.findings();
    }

    @Override
    public void close() {
        provider.close();
    }
}
