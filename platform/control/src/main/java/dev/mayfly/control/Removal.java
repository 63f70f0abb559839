package dev.mayfly.control;

import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.model.Deployment;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Logs;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.function.Predicate;

/** Takes things away for good: first nobody finds them, then their instances end, then their bytes go. */
record Removal(Catalog catalog, Engine engine, Logs logs, ServedRevision served, Sweeper sweeper) {
    private static final Duration MOST = Duration.ofSeconds(30);
    private static final long LOOK_AGAIN_MILLIS = 20;

    void project(Snapshot.Project project) throws InterruptedException {
        served.await(catalog.removeProject(project.name()), MOST);
        awaitNone(instance -> instance.project().equals(project.name())
                && project.deployments().containsKey(instance.deployment()));
        logs.removeProject(project.name());
        sweeper.sweepAtOnce();
    }

    void deployment(Snapshot.Project project, Deployment deployment) throws InterruptedException {
        served.await(catalog.removeDeployment(project.name(), deployment.id()), MOST);
        awaitNone(instance -> instance.deployment().equals(deployment.id()));
        sweeper.sweepAtOnce();
    }

    private void awaitNone(Predicate<InstanceView> which) throws InterruptedException {
        long deadline = System.nanoTime() + MOST.toNanos();
        while (engine.instances().stream().anyMatch(which) && System.nanoTime() < deadline) {
            Thread.sleep(LOOK_AGAIN_MILLIS);
        }
    }
}
