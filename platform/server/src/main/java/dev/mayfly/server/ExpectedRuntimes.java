package dev.mayfly.server;

import dev.mayfly.model.Function;
import dev.mayfly.provider.Provider;
import dev.mayfly.store.Snapshot;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells the provider which runtimes the functions of this server have, whenever that changes. */
final class ExpectedRuntimes {
    private final Provider provider;
    private Set<String> told = Set.of();

    ExpectedRuntimes(Provider provider) {
        this.provider = provider;
    }

    synchronized void follow(Snapshot snapshot) {
        var runtimes = snapshot.projects().values().stream()
                .flatMap(project -> project.deployments().values().stream())
                .flatMap(deployment -> deployment.functions().stream())
                .map(Function::runtime)
                .collect(Collectors.toSet());
        if (!runtimes.equals(told)) {
            told = runtimes;
            provider.expect(runtimes);
        }
    }
}
