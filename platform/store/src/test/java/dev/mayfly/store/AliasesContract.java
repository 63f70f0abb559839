package dev.mayfly.store;

import static dev.mayfly.model.AliasName.PRODUCTION;
import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.OTHER;
import static dev.mayfly.store.Samples.deployment;
import static dev.mayfly.store.Samples.deploymentId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasMove.Cause;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Catalog.Ports;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What aliases do in every catalog. */
public abstract class AliasesContract {
    private static final AliasName CANARY = new AliasName("canary");
    private static final Stickiness NONE = new Stickiness.None();

    private Catalog catalog;

    /** An empty catalog; the test does not close it. */
    protected abstract Catalog open() throws Exception;

    /** The same catalog once more, as another server opens it; the test closes neither. */
    protected abstract Catalog beside() throws Exception;

    @BeforeEach
    void openCatalog() throws Exception {
        catalog = open();
        IntStream.range(0, 4).forEach(n -> add(HELLO, n, false));
    }

    @Test
    void anAliasHasItsPartsInTheOrderOfTheirDeploymentsHoweverTheyAreGiven() {
        long revision = point(CANARY, new Share(deploymentId(2), 7), new Share(deploymentId(1), 3));

        assertThat(catalog.snapshot().revision()).isEqualTo(revision);
        assertThat(alias(CANARY))
                .isEqualTo(
                        new Alias(CANARY, List.of(new Share(deploymentId(1), 3), new Share(deploymentId(2), 7)), NONE));
        assertThat(alias(PRODUCTION).main()).isEqualTo(deploymentId(0));
    }

    @Test
    void productionIsThePartThatMostRequestsGoTo() {
        point(PRODUCTION, new Share(deploymentId(1), 9), new Share(deploymentId(2), 1));
        assertThat(project().production()).contains(deployment(HELLO, 1));

        point(PRODUCTION, new Share(deploymentId(1), 5), new Share(deploymentId(2), 5));
        assertThat(project().production()).contains(deployment(HELLO, 2));
    }

    @Test
    void whatIsSoAlreadyChangesNothing() {
        long revision = point(CANARY, new Share(deploymentId(2), 7), new Share(deploymentId(1), 3));

        assertThat(point(CANARY, new Share(deploymentId(1), 3), new Share(deploymentId(2), 7)))
                .isEqualTo(revision);

        assertThat(catalog.snapshot().revision()).isEqualTo(revision);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY))).hasSize(1);
    }

    @Test
    void aDeploymentThatIsPromotedTakesAllAndLeavesTheAliasAsStickyAsItWas() {
        catalog.pointAlias(
                HELLO,
                new Alias(
                        PRODUCTION,
                        List.of(new Share(deploymentId(0), 1), new Share(deploymentId(1), 1)),
                        new Stickiness.Cookie()),
                Cause.ALIAS);

        add(HELLO, 4, true);

        assertThat(alias(PRODUCTION)).isEqualTo(Alias.of(PRODUCTION, deploymentId(4), new Stickiness.Cookie()));
    }

    @Test
    void aChangeIsToldHowThingsAreAndTellsHowTheyWere() {
        catalog.pointAlias(HELLO, Alias.of(PRODUCTION, deploymentId(1), NONE), Cause.PROMOTE);
        var next = Alias.of(PRODUCTION, deploymentId(2), new Stickiness.Cookie());

        var change = catalog.changeAlias(HELLO, PRODUCTION, Cause.PROMOTE, now -> {
            assertThat(now.alias()).contains(Alias.of(PRODUCTION, deploymentId(1), NONE));
            assertThat(now.moves()).extracting(AliasMove::cause).containsExactly(Cause.PROMOTE, Cause.DEPLOY);
            assertThat(now.deployments())
                    .containsExactly(deploymentId(0), deploymentId(1), deploymentId(2), deploymentId(3));
            return next;
        });

        assertThat(change.before()).contains(Alias.of(PRODUCTION, deploymentId(1), NONE));
        assertThat(change.after()).isEqualTo(next);
        assertThat(change.moved()).isTrue();
        assertThat(change.revision()).isEqualTo(catalog.snapshot().revision());
        assertThat(catalog.changeAlias(HELLO, PRODUCTION, Cause.PROMOTE, now -> next)
                        .moved())
                .isFalse();
        assertThat(catalog.changeAlias(HELLO, CANARY, Cause.ALIAS, now -> Alias.of(CANARY, deploymentId(0), NONE))
                        .before())
                .isEmpty();
    }

    @Test
    void aChangeThatFailsChangesNothing() {
        long revision = catalog.snapshot().revision();

        assertThatThrownBy(() -> catalog.changeAlias(HELLO, PRODUCTION, Cause.ALIAS, now -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");

        assertThat(catalog.snapshot().revision()).isEqualTo(revision);
        assertThat(point(CANARY, new Share(deploymentId(0), 1))).isEqualTo(revision + 1);
    }

    @Test
    void anotherStickinessIsNoMove() {
        point(CANARY, new Share(deploymentId(0), 1), new Share(deploymentId(1), 1));
        var sticky = new Alias(CANARY, alias(CANARY).shares(), new Stickiness.Cookie());

        catalog.pointAlias(HELLO, sticky, Cause.ALIAS);

        assertThat(alias(CANARY)).isEqualTo(sticky);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY))).hasSize(1);
    }

    @Test
    void anAliasNeverPointsOutsideItsProject() {
        add(OTHER, 4, false);

        refused(ErrorCode.DEPLOYMENT_NOT_FOUND, () -> point(CANARY, new Share(deploymentId(4), 1)));
        refused(
                ErrorCode.DEPLOYMENT_NOT_FOUND,
                () -> point(CANARY, new Share(deploymentId(0), 1), new Share(deploymentId(9), 1)));
        refused(
                ErrorCode.PROJECT_NOT_FOUND,
                () -> catalog.pointAlias(
                        new ProjectName("none"), Alias.of(CANARY, deploymentId(0), NONE), Cause.ALIAS));

        assertThat(project().aliases()).containsOnlyKeys(PRODUCTION);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY))).isEmpty();
    }

    @Test
    void anAliasWhoseHostNameWouldBeTooLongIsRefused() {
        var project = new ProjectName("p".repeat(50));
        add(project, 4, false);
        var fits = new AliasName("a".repeat(11));

        catalog.pointAlias(project, Alias.of(fits, deploymentId(4), NONE), Cause.ALIAS);

        refused(
                ErrorCode.BAD_REQUEST,
                () -> catalog.pointAlias(
                        project, Alias.of(new AliasName("a".repeat(12)), deploymentId(4), NONE), Cause.ALIAS));
        assertThat(catalog.snapshot().project(project).orElseThrow().aliases()).containsOnlyKeys(fits, PRODUCTION);
    }

    @Test
    void aProjectHasSoManyAliasesAndNoMore() {
        for (int n = 1; n < Catalog.MOST_ALIASES; n++) {
            point(new AliasName("alias-" + n), new Share(deploymentId(0), 1));
        }

        refused(ErrorCode.CONFLICT, () -> point(CANARY, new Share(deploymentId(0), 1)));

        point(new AliasName("alias-1"), new Share(deploymentId(1), 1));
        catalog.removeAlias(HELLO, new AliasName("alias-1"));
        point(CANARY, new Share(deploymentId(0), 1));
    }

    @Test
    void ofManyChangesAtOnceNoneIsLost() throws Exception {
        var other = beside();
        var first = deploymentId(0);
        var all = IntStream.range(0, 40)
                .<Callable<AliasChange>>mapToObj(n ->
                        () -> (n % 2 == 0 ? catalog : other).changeAlias(HELLO, PRODUCTION, Cause.ALIAS, now -> {
                            int weight = now.alias()
                                    .orElseThrow()
                                    .shares()
                                    .getFirst()
                                    .weight();
                            return new Alias(PRODUCTION, List.of(new Share(first, weight + 1)), NONE);
                        }))
                .toList();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var each : threads.invokeAll(all)) {
                assertThat(each.get().moved()).isTrue();
            }
        }

        awaitUntil(() -> catalog.snapshot().equals(other.snapshot()));
        assertThat(alias(PRODUCTION).shares()).containsExactly(new Share(first, 41));
    }

    @Test
    void aDeploymentStaysAsLongAsAnyAliasGivesItAPart() {
        point(CANARY, new Share(deploymentId(0), 99), new Share(deploymentId(1), 1));

        refused(ErrorCode.CONFLICT, () -> catalog.removeDeployment(HELLO, deploymentId(1)));

        catalog.removeAlias(HELLO, CANARY);
        catalog.removeDeployment(HELLO, deploymentId(1));
        assertThat(project().deployments()).doesNotContainKey(deploymentId(1));
    }

    @Test
    void anAliasIsRemovedButForProduction() {
        point(CANARY, new Share(deploymentId(0), 1));

        catalog.removeAlias(HELLO, CANARY);

        assertThat(project().aliases()).containsOnlyKeys(PRODUCTION);
        refused(ErrorCode.NOT_FOUND, () -> catalog.removeAlias(HELLO, CANARY));
        refused(ErrorCode.CONFLICT, () -> catalog.removeAlias(HELLO, PRODUCTION));
        refused(ErrorCode.PROJECT_NOT_FOUND, () -> catalog.removeAlias(OTHER, CANARY));
    }

    @Test
    void movesAreRememberedNewestFirst() {
        catalog.pointAlias(HELLO, Alias.of(PRODUCTION, deploymentId(1), NONE), Cause.PROMOTE);
        point(CANARY, new Share(deploymentId(2), 1), new Share(deploymentId(3), 1));
        catalog.pointAlias(HELLO, Alias.of(PRODUCTION, deploymentId(0), NONE), Cause.ROLLBACK);
        catalog.removeAlias(HELLO, CANARY);

        assertThat(catalog.moves(HELLO, Optional.empty()))
                .extracting(AliasMove::cause)
                .containsExactly(Cause.REMOVE, Cause.ROLLBACK, Cause.ALIAS, Cause.PROMOTE, Cause.DEPLOY);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY)))
                .extracting(AliasMove::shares)
                .containsExactly(List.of(), List.of(new Share(deploymentId(2), 1), new Share(deploymentId(3), 1)));
        assertThat(catalog.moves(OTHER, Optional.empty())).isEmpty();
    }

    @Test
    void soManyMovesOfAnAliasAreRememberedAndNoMore() {
        point(CANARY, new Share(deploymentId(0), 1));
        for (int n = 1; n <= Catalog.MOST_MOVES; n++) {
            point(PRODUCTION, new Share(deploymentId(n % 2), 1));
        }

        var moves = catalog.moves(HELLO, Optional.of(PRODUCTION));
        assertThat(moves).hasSize(Catalog.MOST_MOVES);
        assertThat(moves.getFirst().revision()).isEqualTo(catalog.snapshot().revision());
        assertThat(moves).extracting(AliasMove::cause).doesNotContain(Cause.DEPLOY);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY))).hasSize(1);
    }

    @Test
    void ofAliasesThatAreThereNoLongerTheNewestMovesAreRemembered() {
        for (int n = 0; n < Catalog.MOST_MOVES_OF_REMOVED; n++) {
            point(new AliasName("pr-" + n), new Share(deploymentId(0), 1));
            catalog.removeAlias(HELLO, new AliasName("pr-" + n));
        }
        point(CANARY, new Share(deploymentId(0), 1));

        var moves = catalog.moves(HELLO, Optional.empty());
        assertThat(moves).hasSizeBetween(Catalog.MOST_MOVES_OF_REMOVED, Catalog.MOST_MOVES_OF_REMOVED + 10);
        assertThat(moves).extracting(AliasMove::cause).contains(Cause.DEPLOY);
        assertThat(catalog.moves(HELLO, Optional.of(CANARY))).hasSize(1);
    }

    @Test
    void whatARollbackLeadsToIsRememberedHoweverManyStepsCameSince() {
        for (int n = 1; n <= Catalog.MOST_MOVES + 20; n++) {
            point(PRODUCTION, new Share(deploymentId(0), 1000 - n), new Share(deploymentId(1), n));
        }

        var moves = catalog.moves(HELLO, Optional.of(PRODUCTION));
        assertThat(moves).hasSize(Catalog.MOST_MOVES);
        assertThat(moves.getLast().cause()).isEqualTo(Cause.DEPLOY);
        assertThat(RollbackTarget.of(
                        alias(PRODUCTION), moves, project().deployments().keySet()))
                .contains(List.of(new Share(deploymentId(0), 1)));
    }

    @Test
    void aProjectTakesItsMovesWithIt() {
        catalog.removeProject(HELLO);

        assertThat(catalog.moves(HELLO, Optional.empty())).isEmpty();
        add(HELLO, 5, false);
        assertThat(catalog.moves(HELLO, Optional.empty())).hasSize(1);
    }

    @Test
    void anotherServerSeesWhatThisOneDoes() throws Exception {
        var other = beside();
        var told = new CopyOnWriteArrayList<Long>();
        other.follow(snapshot -> told.add(snapshot.revision()));

        long revision = point(PRODUCTION, new Share(deploymentId(1), 1), new Share(deploymentId(2), 1));
        awaitRevision(other, revision);
        assertThat(other.snapshot()).isEqualTo(catalog.snapshot());
        awaitUntil(() -> told.contains(revision));

        add(OTHER, 4, false);
        awaitRevision(other, catalog.snapshot().revision());
        catalog.removeProject(HELLO);
        awaitRevision(other, catalog.snapshot().revision());
        assertThat(other.snapshot()).isEqualTo(catalog.snapshot());
    }

    @Test
    void serversThatWriteAtTheSameTimeEndWithTheSameAndLoseNothing() throws Exception {
        var other = beside();
        var both = List.of(catalog, other);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var work : threads.invokeAll(IntStream.range(0, 40)
                    .<Callable<Long>>mapToObj(n -> () -> {
                        var server = both.get(n % 2);
                        return n < 20
                                ? server.pointAlias(
                                        HELLO,
                                        Alias.of(new AliasName("alias-" + n), deploymentId(n % 4), NONE),
                                        Cause.ALIAS)
                                : server.pointAlias(
                                        HELLO, Alias.of(PRODUCTION, deploymentId(n % 4), NONE), Cause.PROMOTE);
                    })
                    .toList())) {
                work.get();
            }
        }

        awaitUntil(() -> catalog.snapshot().equals(other.snapshot()));
        assertThat(project().aliases()).hasSize(21);
        assertThat(catalog.moves(HELLO, Optional.of(PRODUCTION)).getFirst().shares())
                .isEqualTo(alias(PRODUCTION).shares());
    }

    /** This one has not looked yet, maybe: the store decides, not what a server has seen. */
    @Test
    void aChangeRestsOnWhatAnotherServerDid() throws Exception {
        var other = beside();
        for (int weight = 1; weight < 20; weight++) {
            var made = new Alias(PRODUCTION, List.of(new Share(deploymentId(1), weight)), NONE);
            catalog.pointAlias(HELLO, made, Cause.ALIAS);

            assertThat(other.changeAlias(
                                    HELLO,
                                    PRODUCTION,
                                    Cause.ALIAS,
                                    now -> new Alias(
                                            PRODUCTION,
                                            now.alias().orElseThrow().shares(),
                                            new Stickiness.Cookie()))
                            .before())
                    .contains(made);
        }
    }

    private static void awaitRevision(Catalog of, long revision) {
        awaitUntil(() -> of.snapshot().revision() >= revision);
    }

    private static void awaitUntil(Callable<Boolean> so) {
        await().until(so);
    }

    private long point(AliasName name, Share... shares) {
        return catalog.pointAlias(HELLO, new Alias(name, List.of(shares), NONE), Cause.ALIAS);
    }

    private Snapshot.Project project() {
        return catalog.snapshot().project(HELLO).orElseThrow();
    }

    private Alias alias(AliasName name) {
        return project().alias(name).orElseThrow();
    }

    private long add(ProjectName project, int n, boolean promote) {
        return catalog.addDeployment(
                Catalog.FIRST_TEAM, deployment(project, n), promote, new Ports(10_000 + n, 20_000 + n));
    }

    private static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
