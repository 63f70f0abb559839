package dev.mayfly.store;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.OTHER;
import static dev.mayfly.store.Samples.deployment;
import static dev.mayfly.store.Samples.deploymentId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Principal;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Catalog.Ports;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every catalog does. */
public abstract class CatalogContract {
    private static final DomainName WWW = new DomainName("www.example.org");

    private Catalog catalog;

    /** An empty catalog; the test does not close it. */
    protected abstract Catalog open() throws Exception;

    /** The same catalog, closed and opened again. */
    protected abstract Catalog reopen() throws Exception;

    @BeforeEach
    void openCatalog() throws Exception {
        catalog = open();
    }

    @Test
    void aFreshCatalogHasNoProjectsAndOneTeam() {
        assertThat(catalog.snapshot().projects()).isEmpty();
        assertThat(catalog.addToken(Digest.of("t").hex(), Catalog.FIRST_TEAM, Scope.ADMIN))
                .isEqualTo(catalog.snapshot().revision());
    }

    @Test
    void aTokenIsFoundByItsDigestOnly() {
        catalog.addToken(Digest.of("secret").hex(), Catalog.FIRST_TEAM, Scope.DEPLOY);

        assertThat(catalog.principal(Digest.of("secret").hex()))
                .contains(new Principal(Catalog.FIRST_TEAM, Scope.DEPLOY));
        assertThat(catalog.principal(Digest.of("guess").hex())).isEmpty();
        assertThat(catalog.principal("' OR 1 = 1 --")).isEmpty();
    }

    @Test
    void aTokenAddedAgainHasItsNewScope() {
        catalog.addToken(Digest.of("secret").hex(), Catalog.FIRST_TEAM, Scope.DEPLOY);
        catalog.addToken(Digest.of("secret").hex(), Catalog.FIRST_TEAM, Scope.READ);

        assertThat(catalog.principal(Digest.of("secret").hex()))
                .contains(new Principal(Catalog.FIRST_TEAM, Scope.READ));
    }

    @Test
    void aTokenItselfIsRefused() {
        refused(ErrorCode.BAD_REQUEST, () -> catalog.addToken("plain token", Catalog.FIRST_TEAM, Scope.ADMIN));
        refused(ErrorCode.NOT_FOUND, () -> catalog.addToken(Digest.of("t").hex(), "nobody", Scope.ADMIN));
    }

    @Test
    void theFirstDeploymentMakesItsProjectAndIsProduction() {
        long revision = add(HELLO, 0, false);

        var snapshot = catalog.snapshot();
        assertThat(snapshot.revision()).isEqualTo(revision);
        var project = snapshot.project(HELLO).orElseThrow();
        assertThat(project.team()).isEqualTo(Catalog.FIRST_TEAM);
        assertThat(project.production()).contains(deployment(HELLO, 0));
        assertThat(project.port()).isEqualTo(10_000);
        assertThat(project.deploymentPorts()).containsExactly(Map.entry(deploymentId(0), 20_000));
    }

    @Test
    void laterDeploymentsMoveProductionOnlyWhenPromoted() {
        add(HELLO, 0, false);
        add(HELLO, 1, false);
        assertThat(production(HELLO)).contains(deploymentId(0));
        add(HELLO, 2, true);

        assertThat(production(HELLO)).contains(deploymentId(2));
        var project = catalog.snapshot().project(HELLO).orElseThrow();
        assertThat(project.deployments().sequencedKeySet())
                .containsExactly(deploymentId(0), deploymentId(1), deploymentId(2));
        assertThat(project.port()).isEqualTo(10_000);
    }

    @Test
    void everythingIsTheSameAfterReopening() throws Exception {
        add(HELLO, 0, false);
        add(HELLO, 1, true);
        add(OTHER, 2, false);
        catalog.setEnvironment(HELLO, Map.of("KEY", "välue"));
        catalog.pointAlias(
                HELLO,
                new Alias(
                        new AliasName("canary"),
                        List.of(new Share(deploymentId(0), 9), new Share(deploymentId(1), 1)),
                        new Stickiness.Header("x-user")),
                AliasMove.Cause.ALIAS);
        var moves = catalog.moves(HELLO, Optional.empty());
        catalog.addToken(Digest.of("t").hex(), Catalog.FIRST_TEAM, Scope.ADMIN);
        var before = catalog.snapshot();

        catalog = reopen();

        assertThat(catalog.snapshot()).isEqualTo(before);
        assertThat(catalog.moves(HELLO, Optional.empty())).isEqualTo(moves).hasSize(3);
        assertThat(catalog.environment(HELLO)).isEqualTo(Map.of("KEY", "välue"));
        assertThat(catalog.principal(Digest.of("t").hex())).isPresent();
    }

    @Test
    void aDeploymentIsAddedOnceAndAFailureLeavesNoTrace() {
        add(HELLO, 0, false);
        var before = catalog.snapshot();

        refused(ErrorCode.CONFLICT, () -> add(HELLO, 0, true));
        refused(ErrorCode.CONFLICT, () -> add(OTHER, 0, false));
        refused(
                ErrorCode.NOT_FOUND,
                () -> catalog.addDeployment("nobody", deployment(OTHER, 1), false, new Ports(1, 2)));
        refused(
                ErrorCode.CONFLICT,
                () -> catalog.addDeployment(Catalog.FIRST_TEAM, deployment(OTHER, 1), false, new Ports(3, 20_000)));
        refused(
                ErrorCode.BAD_REQUEST,
                () -> catalog.addDeployment(Catalog.FIRST_TEAM, deployment(OTHER, 1), false, new Ports(3, 70_000)));

        assertThat(catalog.snapshot()).isEqualTo(before);
        catalog.addToken(Digest.of("t").hex(), Catalog.FIRST_TEAM, Scope.ADMIN);
        assertThat(catalog.snapshot().projects()).isEqualTo(before.projects());
    }

    @Test
    void deploymentsAddedTogetherAreAllThere() throws Exception {
        var revisions = together(IntStream.range(0, 50)
                .<Callable<Long>>mapToObj(n -> () -> add(HELLO, n, false))
                .toList());

        assertThat(revisions).doesNotHaveDuplicates();
        var project = catalog.snapshot().project(HELLO).orElseThrow();
        assertThat(project.deployments()).hasSize(50);
        assertThat(project.production()).isPresent();
        assertThat(catalog.snapshot().revision())
                .isEqualTo(revisions.stream().mapToLong(r -> r).max().orElseThrow());
        var before = catalog.snapshot();
        catalog = reopen();
        assertThat(catalog.snapshot()).isEqualTo(before);
    }

    @Test
    void aFollowerSeesRevisionsInOrderUpToTheNewestAndAFailingOneIsNotTheOthersProblem() throws Exception {
        var seen = new CopyOnWriteArrayList<Snapshot>();
        var threads = new CopyOnWriteArrayList<Thread>();
        catalog.follow(snapshot -> {
            throw new IllegalStateException("this follower fails on purpose");
        });
        catalog.follow(snapshot -> {
            threads.add(Thread.currentThread());
            seen.add(snapshot);
        });
        long before = catalog.snapshot().revision();

        together(IntStream.range(0, 20)
                .<Callable<Long>>mapToObj(n -> () -> add(HELLO, n, false))
                .toList());

        await().until(() -> !seen.isEmpty() && seen.getLast().revision() == before + 20);
        assertThat(seen).extracting(Snapshot::revision).isSorted().doesNotHaveDuplicates();
        assertThat(seen)
                .allMatch(s -> s.project(HELLO).orElseThrow().deployments().size() == s.revision() - before);
        assertThat(seen.getLast()).isEqualTo(catalog.snapshot());
        assertThat(threads).doesNotContain(Thread.currentThread());
    }

    @Test
    void aDeploymentIsRemovedUnlessAnAliasPointsToIt() {
        add(HELLO, 0, false);
        add(HELLO, 1, false);

        refused(ErrorCode.CONFLICT, () -> catalog.removeDeployment(HELLO, deploymentId(0)));
        catalog.removeDeployment(HELLO, deploymentId(1));

        var project = catalog.snapshot().project(HELLO).orElseThrow();
        assertThat(project.deployments()).containsOnlyKeys(deploymentId(0));
        assertThat(project.deploymentPorts()).containsOnlyKeys(deploymentId(0));
        refused(ErrorCode.DEPLOYMENT_NOT_FOUND, () -> catalog.removeDeployment(HELLO, deploymentId(1)));
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.removeDeployment(OTHER, deploymentId(1)));
    }

    @Test
    void aRemovedProjectLeavesNothingAndItsNameAndPortsAreFree() {
        add(HELLO, 0, false);
        add(HELLO, 1, false);
        catalog.setEnvironment(HELLO, Map.of("KEY", "value"));

        catalog.removeProject(HELLO);

        assertThat(catalog.snapshot().projects()).isEmpty();
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.environment(HELLO));
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.removeProject(HELLO));
        catalog.addDeployment(Catalog.FIRST_TEAM, deployment(HELLO, 2), false, new Ports(20_000, 10_000));
        assertThat(catalog.environment(HELLO)).isEmpty();
        assertThat(catalog.snapshot().project(HELLO).orElseThrow().environmentNames())
                .isEmpty();
    }

    @Test
    void variablesAreSetReplacedAndUnset() {
        add(HELLO, 0, false);
        catalog.setEnvironment(HELLO, Map.of("A", "1", "B", "", "C", "line\nline ✓"));
        catalog.setEnvironment(HELLO, Map.of("A", "2"));
        catalog.unsetEnvironment(HELLO, Set.of("B", "NEVER_SET"));

        assertThat(catalog.environment(HELLO)).isEqualTo(Map.of("A", "2", "C", "line\nline ✓"));
        assertThat(catalog.snapshot().project(HELLO).orElseThrow().environmentNames())
                .containsExactly("A", "C");
    }

    @Test
    void oneBadVariableRefusesAll() {
        add(HELLO, 0, false);

        refused(ErrorCode.BAD_REQUEST, () -> catalog.setEnvironment(HELLO, Map.of("GOOD", "1", "A=B", "2")));
        refused(ErrorCode.BAD_REQUEST, () -> catalog.setEnvironment(HELLO, Map.of("", "1")));
        refused(ErrorCode.BAD_REQUEST, () -> catalog.setEnvironment(HELLO, Map.of("A", "nul\0")));
        refused(ErrorCode.BAD_REQUEST, () -> catalog.setEnvironment(HELLO, Map.of("A", "x".repeat(70_000))));
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.setEnvironment(OTHER, Map.of("A", "1")));

        assertThat(catalog.environment(HELLO)).isEmpty();
    }

    @Test
    void portsMoveButAreNeverShared() {
        add(HELLO, 0, false);
        add(OTHER, 1, false);

        catalog.movePorts(HELLO, Optional.empty(), 30_000);
        catalog.movePorts(HELLO, Optional.of(deploymentId(0)), 30_001);
        catalog.movePorts(HELLO, Optional.of(deploymentId(0)), 30_001);

        var project = catalog.snapshot().project(HELLO).orElseThrow();
        assertThat(project.port()).isEqualTo(30_000);
        assertThat(project.deploymentPorts()).isEqualTo(Map.of(deploymentId(0), 30_001));
        refused(ErrorCode.CONFLICT, () -> catalog.movePorts(OTHER, Optional.empty(), 30_000));
        refused(ErrorCode.CONFLICT, () -> catalog.movePorts(HELLO, Optional.empty(), 30_001));
        refused(ErrorCode.DEPLOYMENT_NOT_FOUND, () -> catalog.movePorts(HELLO, Optional.of(deploymentId(1)), 30_002));
        assertThat(catalog.snapshot().project(OTHER).orElseThrow().port()).isEqualTo(10_001);
    }

    @Test
    void aDomainIsClaimedThenVerifiedThenGone() throws Exception {
        add(HELLO, 0, false);
        var before = catalog.snapshot().revision();

        assertThat(catalog.addDomain(HELLO, WWW, "one")).isEqualTo(before + 1);
        var claimed = domain(HELLO);
        assertThat(claimed.token()).isEqualTo("one");
        assertThat(claimed.verified()).isFalse();
        assertThat(catalog.snapshot().owner(WWW)).isEmpty();

        assertThat(catalog.verifyDomain(HELLO, WWW, "one")).isEqualTo(before + 2);
        assertThat(domain(HELLO).verified()).isTrue();
        assertThat(domain(HELLO).addedAt()).isEqualTo(claimed.addedAt());
        assertThat(catalog.snapshot().owner(WWW).orElseThrow().name()).isEqualTo(HELLO);
        var kept = catalog.snapshot();
        catalog = reopen();
        assertThat(catalog.snapshot()).isEqualTo(kept);

        assertThat(catalog.removeDomain(HELLO, WWW)).isEqualTo(before + 3);
        assertThat(catalog.snapshot().project(HELLO).orElseThrow().domains()).isEmpty();
        refused(ErrorCode.NOT_FOUND, () -> catalog.removeDomain(HELLO, WWW));
    }

    @Test
    void aClaimBlocksNobodyAndTheFirstThatVerifiesHasTheDomain() {
        add(HELLO, 0, false);
        add(OTHER, 1, false);
        catalog.addDomain(HELLO, WWW, "one");
        catalog.addDomain(OTHER, WWW, "two");

        catalog.verifyDomain(OTHER, WWW, "two");

        refused(ErrorCode.CONFLICT, () -> catalog.verifyDomain(HELLO, WWW, "one"));
        assertThat(domain(HELLO).verified()).isFalse();
        catalog.removeDomain(HELLO, WWW);
        refused(ErrorCode.CONFLICT, () -> catalog.addDomain(HELLO, WWW, "three"));
        catalog.removeDomain(OTHER, WWW);
        catalog.addDomain(HELLO, WWW, "four");
        catalog.verifyDomain(HELLO, WWW, "four");
        assertThat(catalog.snapshot().owner(WWW).orElseThrow().name()).isEqualTo(HELLO);
    }

    @Test
    void ofManyThatVerifyAtOnceOneHasTheDomain() throws Exception {
        var projects = IntStream.range(0, 8)
                .mapToObj(n -> new ProjectName("project-" + n))
                .toList();
        for (int n = 0; n < projects.size(); n++) {
            add(projects.get(n), n, false);
            catalog.addDomain(projects.get(n), WWW, "token");
        }

        var won = together(projects.stream()
                .<Callable<Boolean>>map(project -> () -> {
                    try {
                        catalog.verifyDomain(project, WWW, "token");
                        return true;
                    } catch (ProblemException e) {
                        assertThat(e.problem().code()).isEqualTo(ErrorCode.CONFLICT);
                        return false;
                    }
                })
                .toList());

        assertThat(won).containsOnlyOnce(true);
        assertThat(catalog.snapshot().owner(WWW).orElseThrow().name()).isEqualTo(projects.get(won.indexOf(true)));
    }

    @Test
    void onlyTheTokenOfTheClaimVerifiesIt() {
        add(HELLO, 0, false);
        refused(ErrorCode.NOT_FOUND, () -> catalog.verifyDomain(HELLO, WWW, "one"));
        catalog.addDomain(HELLO, WWW, "one");
        catalog.removeDomain(HELLO, WWW);
        catalog.addDomain(HELLO, WWW, "two");

        refused(ErrorCode.CONFLICT, () -> catalog.verifyDomain(HELLO, WWW, "one"));
        refused(ErrorCode.CONFLICT, () -> catalog.addDomain(HELLO, WWW, "three"));
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.addDomain(OTHER, WWW, "one"));

        assertThat(domain(HELLO).token()).isEqualTo("two");
        assertThat(domain(HELLO).verified()).isFalse();
    }

    @Test
    void verifyingTwiceKeepsTheFirstTime() {
        add(HELLO, 0, false);
        catalog.addDomain(HELLO, WWW, "one");
        catalog.verifyDomain(HELLO, WWW, "one");
        var verified = domain(HELLO);

        catalog.verifyDomain(HELLO, WWW, "one");

        assertThat(domain(HELLO)).isEqualTo(verified);
    }

    @Test
    void aProjectTakesItsDomainsWithIt() {
        add(HELLO, 0, false);
        add(OTHER, 1, false);
        catalog.addDomain(HELLO, WWW, "one");
        catalog.verifyDomain(HELLO, WWW, "one");

        catalog.removeProject(HELLO);

        catalog.addDomain(OTHER, WWW, "two");
        catalog.verifyDomain(OTHER, WWW, "two");
        add(HELLO, 2, false);
        assertThat(catalog.snapshot().project(HELLO).orElseThrow().domains()).isEmpty();
    }

    @Test
    void aProjectHasSoManyDomainsAndNoMore() {
        add(HELLO, 0, false);
        for (int n = 0; n < Catalog.MOST_DOMAINS; n++) {
            catalog.addDomain(HELLO, new DomainName("www" + n + ".example.org"), "token");
        }

        refused(ErrorCode.CONFLICT, () -> catalog.addDomain(HELLO, WWW, "token"));

        catalog.removeDomain(HELLO, new DomainName("www0.example.org"));
        catalog.addDomain(HELLO, WWW, "token");
        assertThat(catalog.snapshot().project(HELLO).orElseThrow().domains()).hasSize(Catalog.MOST_DOMAINS);
    }

    private Snapshot.Domain domain(ProjectName project) {
        var domain = catalog.snapshot().project(project).orElseThrow().domains().get(WWW);
        return Optional.ofNullable(domain).orElseThrow();
    }

    private long add(ProjectName project, int n, boolean promote) {
        return catalog.addDeployment(
                Catalog.FIRST_TEAM, deployment(project, n), promote, new Ports(10_000 + n, 20_000 + n));
    }

    private Optional<DeploymentId> production(ProjectName project) {
        return catalog.snapshot().project(project).orElseThrow().production().map(deployment -> deployment.id());
    }

    private static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    /** Their results, in order, after all were let go at once. */
    private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
        var start = new CyclicBarrier(calls.size());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = calls.stream()
                    .map(call -> threads.submit(() -> {
                        start.await();
                        return call.call();
                    }))
                    .toList();
            var results = new ArrayList<T>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        }
    }
}
