package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is started before an alias leads there. */
final class HandoverTest {
    private static final ProjectName HELLO = new ProjectName("hello");
    private static final AliasName STAGING = new AliasName("staging");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Deployment next =
            Deployments.numbered(Changed.nothing().concurrency(2).limits(), 7);

    @Test
    void whatTakesOverHasWhatTheRequestsOfLateNeedByItsOwnConcurrency() {
        var world = busy(6);

        handOver(world, production(next, 1));

        assertThat(startedFor(world, next)).isEqualTo(3);
        assertThat(world.engine.decisions(HELLO))
                .filteredOn(decision -> decision.deployment().equals(next.id()))
                .extracting(Decision::reason)
                .containsOnly(Reason.AHEAD);
    }

    @Test
    void aPartOfTheRequestsNeedsAPart() {
        var world = busy(6);

        handOver(world, alias(AliasName.PRODUCTION, new Share(world.deployment.id(), 2), new Share(next.id(), 1)));

        assertThat(startedFor(world, next)).isEqualTo(1);
    }

    @Test
    void theEndOfACanaryNeedsAll() {
        var world = new World(Changed.nothing());
        var canary = alias(AliasName.PRODUCTION, new Share(world.deployment.id(), 9), new Share(next.id(), 1));
        world.engine.follow(at(1, world, canary));
        keepBusy(world, 6);

        handOver(world, production(next, 1));

        assertThat(startedFor(world, next)).isEqualTo(3);
    }

    @Test
    void anotherNameOfWhatIsProductionIsCalledByNobodyAsFarAsIsKnown() {
        var world = new World(Changed.nothing());
        var production = production(world.deployment, 1);
        world.engine.follow(at(1, world, production, alias(STAGING, new Share(world.deployment.id(), 1))));
        keepBusy(world, 6);

        var handover = world.engine.handover(at(2, world, production, alias(STAGING, new Share(next.id(), 1))));

        assertThat(handover).isEmpty();
    }

    @Test
    void nothingIsStartedForAMoveFromWhatNobodyCalls() {
        var world = busy(2);
        world.pass(Duration.ofMinutes(10));

        assertThat(world.engine.handover(at(2, world, production(next, 1)))).isEmpty();
    }

    @Test
    void nothingIsStartedForAMoveToWhatIsThere() {
        var world = busy(6);
        handOver(world, production(next, 1));

        assertThat(world.engine.handover(at(2, world, production(next, 1)))).isEmpty();
    }

    @Test
    void whatIsToBeKeptIsThereBeforeTheAliasIs() {
        var kept = Deployments.numbered(Changed.nothing().minInstances(2).limits(), 8);
        var world = new World(Changed.nothing());
        world.engine.follow(at(1, world, production(world.deployment, 1)));

        var handover = world.engine.handover(
                Deployments.with(2, aliases(production(kept, 1)), deployments(world.deployment, kept)));
        handover.orElseThrow().start();
        world.pass(SECOND);

        assertThat(startedFor(world, kept)).isEqualTo(2);
    }

    @Test
    void theMachineIsLookedAtFirst() {
        var world = busy(6);
        world.unread = new Machine.Room(2, 0);

        handOver(world, production(next, 1));

        assertThat(startedFor(world, next)).isZero();
    }

    @Test
    void meanwhileTheEdgeKnowsWhatIsNewAndLeadsWhereItDid() {
        var world = busy(6);

        var meanwhile = world.engine
                .handover(at(2, world, production(next, 1)))
                .orElseThrow()
                .meanwhile();

        var project = meanwhile.project(HELLO).orElseThrow();
        assertThat(project.deployments()).containsKey(next.id());
        assertThat(project.production()).contains(world.deployment);
        assertThat(meanwhile.revision()).isEqualTo(1);
    }

    @Test
    void itWaitsUntilTheyAreThereOrTheTimeIsOverOrTheServerCloses() throws Exception {
        assertThat(waits(Duration.ofMinutes(1), 10, false)).isTrue();
        assertThat(waits(Duration.ofMillis(50), 60_000, false)).isFalse();
        assertThat(waits(Duration.ofMinutes(1), 60_000, true)).isFalse();
    }

    /** Whether waiting ended with an instance, in real time. */
    private boolean waits(Duration most, long startMillis, boolean closes) throws Exception {
        var old = Deployments.numbered(Changed.nothing().limits(), 1);
        var delayed = CompletableFuture.delayedExecutor(startMillis, TimeUnit.MILLISECONDS);
        var settings = new EngineSettings(false, Duration.ofSeconds(60), Duration.ofMillis(1), most, 16);
        var engine = new FunctionEngine(
                (pool, instance) -> {
                    var provided = new Provided(pool, instance);
                    if (pool.target().deployment().equals(old)) {
                        pool.ready(instance, provided, 0);
                    } else {
                        delayed.execute(() -> pool.ready(instance, provided, 0));
                    }
                },
                id -> Optional.of(new InstanceId(id)),
                new NoLedger(),
                new NoLogs(),
                settings,
                Ticker.system(),
                new ThreadTimers(),
                Runnable::run,
                Runnable::run,
                work -> () -> Machine.Room.UNKNOWN,
                new Autoscaler());
        engine.follow(Deployments.with(1, aliases(production(old, 1)), deployments(old)));
        engine.admit(Deployments.request(old), admission -> {});
        var handover = engine.handover(Deployments.with(2, aliases(production(next, 1)), deployments(old, next)))
                .orElseThrow();
        handover.start();
        var waiting = new Thread(handover::await);
        waiting.start();
        if (closes) {
            engine.drain();
        }
        waiting.join(Duration.ofSeconds(30));
        assertThat(waiting.isAlive()).as("still waits").isFalse();
        boolean there = engine.instances().stream()
                .anyMatch(instance -> instance.deployment().equals(next.id())
                        && instance.state().equals("idle"));
        engine.drain();
        return there;
    }

    /** A world whose production has so many requests at once. */
    private World busy(int requests) {
        var world = new World(Changed.nothing());
        world.engine.follow(at(1, world, production(world.deployment, 1)));
        keepBusy(world, requests);
        return world;
    }

    private static void keepBusy(World world, int requests) {
        for (int i = 0; i < requests; i++) {
            world.call(Duration.ofSeconds(30));
        }
        world.pass(SECOND);
        assertThat(world.live()).isNotEmpty();
    }

    private void handOver(World world, Alias alias) {
        world.engine.handover(at(2, world, alias)).orElseThrow().start();
        world.pass(SECOND);
    }

    private static long startedFor(World world, Deployment deployment) {
        return world.engine.instances().stream()
                .filter(instance -> instance.deployment().equals(deployment.id()))
                .count();
    }

    private Snapshot at(long revision, World world, Alias... aliases) {
        return Deployments.with(revision, aliases(aliases), deployments(world.deployment, next));
    }

    private static Alias production(Deployment deployment, int weight) {
        return alias(AliasName.PRODUCTION, new Share(deployment.id(), weight));
    }

    private static Alias alias(AliasName name, Share... shares) {
        return new Alias(name, List.of(shares), new Stickiness.None());
    }

    private static NavigableMap<AliasName, Alias> aliases(Alias... all) {
        var aliases = new TreeMap<AliasName, Alias>();
        for (var each : all) {
            aliases.put(each.name(), each);
        }
        return aliases;
    }

    private static SequencedMap<DeploymentId, Deployment> deployments(Deployment... all) {
        var deployments = new LinkedHashMap<DeploymentId, Deployment>();
        for (var each : all) {
            deployments.put(each.id(), each);
        }
        return deployments;
    }
}
