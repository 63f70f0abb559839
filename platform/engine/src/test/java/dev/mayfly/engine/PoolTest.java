package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ProvidedInstance.Import;
import dev.mayfly.provider.ProvidedInstance.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One function in virtual time. */
final class PoolTest {
    private static final Duration MS = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static Duration ms(long count) {
        return MS.multipliedBy(count);
    }

    @Test
    void nothingIsStartedBeforeTheFirstRequest() {
        var world = new World(Changed.nothing());
        world.pass(Duration.ofHours(1));

        assertThat(world.instances).isEmpty();
        assertThat(world.engine.instances()).isEmpty();
    }

    @Test
    void aColdRequestWaitsForItsInstanceAndSaysSo() {
        var world = new World(Changed.nothing());

        var call = world.call(ms(3));
        world.pass(SECOND);

        var entry = world.ledger.of(call.lease().id());
        assertThat(entry.cold()).isTrue();
        assertThat(entry.initMicros()).isEqualTo(40_000);
        assertThat(entry.queueMicros()).isZero();
        assertThat(entry.runMicros()).isEqualTo(3_000);
        assertThat(entry.billedMillis()).isEqualTo(3);
        assertThat(world.logs.of(entry.id()))
                .containsExactly(
                        "GET /api/hello 200 · cold 40 ms from boot (other 40) · ran 3 ms · total 43 ms · CPU 0 ms");
    }

    @Test
    void aColdRequestSaysWhereItsInstanceCameFromAndWhatThatTook() {
        var world = new World(Changed.nothing().concurrency(2));
        world.startDelay = ms(3);
        world.rung = "pool";
        world.why = "";
        world.steps = List.of(new Step("specialise", 400), new Step("load", 1_600));
        world.imports = List.of(new Import("flask", 1_200));

        var call = world.call(ms(2));
        var other = world.call(ms(2));
        world.pass(ms(20));
        var warm = world.call(ms(2));
        world.pass(SECOND);

        var entry = world.ledger.of(call.lease().id());
        var start = new ColdStart(
                "pool",
                "",
                List.of(
                        new ColdStart.Step("specialise", 400),
                        new ColdStart.Step("load", 1_600),
                        new ColdStart.Step("other", 1_000)),
                List.of(new ColdStart.Import("flask", 1_200)));
        assertThat(entry.start()).isEqualTo(start);
        assertThat(world.ledger.of(other.lease().id()).start()).isSameAs(entry.start());
        assertThat(world.ledger.of(warm.lease().id()).start()).isEqualTo(ColdStart.NONE);
        assertThat(world.logs.of(entry.id()))
                .containsExactly(
                        "GET /api/hello 200 · cold 3 ms from pool (specialise 0.4, load 1.6, other 1.0) · ran 2 ms"
                                + " · total 5 ms · CPU 0 ms");
        assertThat(world.logs.of(warm.lease().id())).containsExactly("GET /api/hello 200 · ran 2 ms · CPU 0 ms");
    }

    @Test
    void aStartThatFailedNamesNoRung() {
        var world = new World(Changed.nothing());
        world.startProblem = world.broken();

        var call = world.call(ms(2));
        world.pass(SECOND);

        var entry = world.ledger.of(call.refused().id());
        assertThat(entry.cold()).isTrue();
        assertThat(entry.start()).isEqualTo(ColdStart.NONE);
    }

    @Test
    void sequentialRequestsAreServedByOneInstance() {
        var world = new World(Changed.nothing());
        for (int i = 0; i < 50; i++) {
            var call = world.call(ms(3));
            call.background = ms(2);
            while (!call.done) {
                world.pass(Duration.ofNanos(100_000));
            }
        }

        world.pass(SECOND);

        assertThat(world.instances).hasSize(1);
        assertThat(world.ledger.records).hasSize(50);
    }

    @Test
    void longWorkAfterTheResponseMakesRoomElsewhere() {
        var world = new World(Changed.nothing());
        world.call(ms(3)).background = SECOND;
        world.pass(ms(50));

        var second = world.call(ms(3));
        world.pass(SECOND);

        assertThat(world.instances).hasSize(2);
        assertThat(world.ledger.of(second.lease().id()).cold()).isTrue();
    }

    @Test
    void moreRequestsThanSlotsStartMoreInstancesUpToTheLimit() {
        var world = new World(Changed.nothing().maxInstances(3));

        IntStream.range(0, 10).forEach(i -> world.call(ms(100)));
        world.pass(ms(50));

        assertThat(world.live()).hasSize(3);
        world.pass(SECOND);
        assertThat(world.ledger.records).hasSize(10);
        assertThat(world.instances).hasSize(3);
    }

    @Test
    void anAppTakesEightAtATimeUntilItsModeIsKnown() {
        var world = new World(Changed.nothing(), Entrypoint.Kind.APP, EngineSettings.DEFAULTS);
        world.mode = ServingMode.ASGI;

        IntStream.range(0, 16).forEach(i -> world.call(ms(100)));
        world.pass(ms(50));
        assertThat(world.instances).hasSize(2);
        IntStream.range(0, 80).forEach(i -> world.call(ms(100)));
        world.pass(ms(20));

        assertThat(world.instances).hasSize(2);
        assertThat(world.instances.getFirst().most + world.instances.getLast().most)
                .isEqualTo(96);
    }

    @Test
    void aProgramTakesEightyAtATimeEachOverAConnectionOfItsOwn() {
        var world = new World(Changed.nothing(), Entrypoint.Kind.COMMAND, EngineSettings.DEFAULTS);
        world.mode = ServingMode.PROVIDED;

        var calls = IntStream.range(0, 80).mapToObj(i -> world.call(ms(100))).toList();
        world.pass(ms(50));

        assertThat(world.instances).hasSize(1);
        assertThat(world.instances.getFirst().most).isEqualTo(80);
        assertThat(calls)
                .allSatisfy(call -> assertThat(call.lease().keepAlive()).isFalse());
    }

    @Test
    void aProgramsRequestIsOverWhenItsConnectionIs() {
        var world = new World(Changed.nothing(), Entrypoint.Kind.COMMAND, EngineSettings.DEFAULTS);
        world.mode = ServingMode.PROVIDED;
        var call = world.call(ms(10));
        call.background = ms(300);

        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).runMicros()).isEqualTo(310_000);
    }

    @Test
    void aRequestOfHttp2IsOverWithItsAnswerBecauseNothingElseIsHeardOfIt() {
        var world = new World(Deployments.h2c(), EngineSettings.DEFAULTS);
        world.mode = ServingMode.PROVIDED;
        var call = world.call(ms(10));
        call.background = Duration.ofHours(1);

        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).runMicros()).isEqualTo(10_000);
        world.pass(Limits.DEFAULTS.idleTimeout().plusSeconds(1));
        assertThat(world.live()).isEmpty();
    }

    @Test
    void theMostRecentlyUsedInstanceIsPreferredSoThatOthersIdleOut() {
        var world = new World(Changed.nothing().idleTimeout(SECOND));
        world.call(ms(10));
        world.call(ms(10));
        world.pass(ms(100));
        assertThat(world.live()).hasSize(2);

        for (int i = 0; i < 30; i++) {
            world.call(ms(10));
            world.pass(ms(100));
        }

        assertThat(world.live()).hasSize(1);
    }

    @Test
    void whoFindsTheQueueFullIsRefusedAndNotBilled() {
        var world = new World(Changed.nothing().maxInstances(1).queue(2, Duration.ofSeconds(30)));
        world.call(Duration.ofSeconds(10));
        world.pass(ms(100));
        world.call(ms(1));
        world.call(ms(1));

        var third = world.call(ms(1));

        assertThat(third.refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
        assertThat(third.refused().retryAfterSeconds()).isPositive();
        assertThat(world.ledger.find(third.refused().id())).isEmpty();
        assertThat(world.logs.of(third.refused().id())).hasSize(1);
    }

    @Test
    void aQueueOfZeroStillAllowsAColdStart() {
        var world = new World(Changed.nothing().maxInstances(1).queue(0, Duration.ofSeconds(30)));

        var first = world.call(ms(10));
        var second = world.call(ms(10));
        world.pass(SECOND);

        assertThat(first.lease()).isNotNull();
        assertThat(second.refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
    }

    @Test
    void whoWaitsTooLongIsRefused() {
        var world = new World(Changed.nothing().maxInstances(1).queue(10, Duration.ofSeconds(5)));
        world.call(Duration.ofSeconds(60));
        var second = world.call(ms(1));

        world.pass(Duration.ofSeconds(5));

        assertThat(second.refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_THROTTLED);
    }

    @Test
    void aTimeoutCutsTheRequestAndKillsTheInstance() {
        var world = new World(Changed.nothing().timeout(SECOND));
        var call = world.call(SECOND);
        call.hangs = true;

        world.pass(Duration.ofSeconds(2));

        assertThat(call.aborted().code()).isEqualTo(ErrorCode.FUNCTION_TIMEOUT);
        assertThat(world.instances.getFirst().killed).isTrue();
        var entry = world.ledger.of(call.lease().id());
        assertThat(entry.outcome()).isEqualTo(Outcome.TIMEOUT);
        assertThat(entry.status()).isEqualTo(504);
        assertThat(entry.runMicros()).isEqualTo(1_000_000);
        assertThat(world.engine.instances()).isEmpty();
    }

    @Test
    void aTimeoutLetsTheOthersOnItsInstanceFinish() {
        var world = new World(Changed.nothing().concurrency(2).timeout(SECOND).maxInstances(1));
        var hanging = world.call(SECOND);
        hanging.hangs = true;
        world.pass(ms(600));
        var other = world.call(ms(800));

        world.pass(ms(500));
        assertThat(hanging.aborted().code()).isEqualTo(ErrorCode.FUNCTION_TIMEOUT);
        assertThat(world.instances.getFirst().killed).isFalse();
        var later = world.call(ms(1));
        world.pass(Duration.ofSeconds(1));

        assertThat(world.ledger.of(other.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(later.on()).isNotSameAs(other.on());
        assertThat(world.instances.getFirst().killed).isTrue();
    }

    @Test
    void workAfterTheResponseIsCutAtTheDeadlineWithoutHarmToTheAnswer() {
        var world = new World(Changed.nothing().timeout(SECOND));
        var call = world.call(ms(10));
        call.background = Duration.ofHours(1);

        world.pass(Duration.ofSeconds(2));

        var entry = world.ledger.of(call.lease().id());
        assertThat(entry.outcome()).isEqualTo(Outcome.OK);
        assertThat(entry.runMicros()).isEqualTo(1_000_000);
        assertThat(world.instances.getFirst().killed).isTrue();
    }

    @Test
    void aCrashFailsAllThatRanOnItAndTheNextGetsAFreshInstance() {
        var world = new World(Changed.nothing().concurrency(2));
        var first = world.call(SECOND);
        var second = world.call(SECOND);
        world.pass(ms(100));

        world.instances.getFirst().exit(139);
        var third = world.call(ms(1));
        world.pass(SECOND);

        assertThat(first.aborted().message()).contains("SIGSEGV");
        assertThat(second.aborted().code()).isEqualTo(ErrorCode.FUNCTION_FAILED);
        assertThat(third.on()).isNotSameAs(world.instances.getFirst());
        assertThat(world.ledger.records)
                .extracting(each -> each.outcome())
                .containsExactlyInAnyOrder(Outcome.FAILED, Outcome.FAILED, Outcome.OK);
    }

    @Test
    void aKillThatIsNotOursIsCalledOutOfMemoryWhereMemoryIsNotCounted() {
        var world = new World(Changed.nothing());
        var call = world.call(SECOND);
        world.pass(ms(100));

        world.instances.getFirst().exit(137);

        assertThat(call.aborted().message()).contains("likely out of memory");
    }

    @Test
    void outOfMemoryIsSaidWithTheLimitAndWhatToDo() {
        var world = new World(Changed.nothing());
        var call = world.call(SECOND);
        world.pass(ms(100));

        world.instances.getFirst().exit(new ExitStatus(137, ExitStatus.Memory.EXCEEDED));

        assertThat(call.aborted().message()).contains("out of memory: it used more than its memory of 512MiB");
        assertThat(call.aborted().fix()).isEqualTo("Raise memory in mayfly.yaml (files in /tmp count).");
    }

    @Test
    void aKillWhereMemoryIsCountedAndWasKeptIsNotCalledOutOfMemory() {
        var world = new World(Changed.nothing());
        var call = world.call(SECOND);
        world.pass(ms(100));

        world.instances.getFirst().exit(new ExitStatus(137, ExitStatus.Memory.KEPT));

        assertThat(call.aborted().message()).contains("SIGKILL").doesNotContain("memory");
    }

    @Test
    void aFailedStartFailsWhoWaitedAndLaterOnesTryAgain() {
        var world = new World(Changed.nothing());
        world.startProblem = world.broken();
        var first = world.call(ms(1));
        world.pass(SECOND);

        world.startProblem = null;
        var second = world.call(ms(1));
        world.pass(SECOND);

        assertThat(first.refused().problem().code()).isEqualTo(ErrorCode.FUNCTION_START_FAILED);
        assertThat(first.refused().problem().message()).contains("ValueError: no such luck");
        assertThat(first.refused().problem().fix())
                .contains(first.refused().id().toString());
        assertThat(world.logs.of(first.refused().id())).contains("Traceback");
        assertThat(world.ledger.of(first.refused().id()).status()).isEqualTo(500);
        assertThat(second.lease()).isNotNull();
    }

    @Test
    void aStartThatFailsTakesNobodyAlongWhoOthersCanServe() {
        var world = new World(Changed.nothing());
        world.call(ms(300));
        world.pass(ms(100));
        world.startProblem = world.broken();
        var waiting = IntStream.range(0, 3).mapToObj(i -> world.call(ms(1))).toList();

        world.pass(SECOND);

        assertThat(world.instances.size()).isGreaterThan(1);
        assertThat(waiting).allMatch(call -> call.lease != null);
        assertThat(world.logs.lines).anyMatch(line -> line.text().equals("could not start: ValueError: no such luck"));
    }

    @Test
    void aStartThatCannotEvenBeBegunFailsAndLaterOnesTryAgain() {
        var world = new World(Changed.nothing());
        world.startError = new OutOfMemoryError("unable to create native thread");
        var first = world.call(ms(1));
        world.startError = null;
        world.pass(SECOND);
        var second = world.call(ms(1));
        world.pass(SECOND);

        assertThat(first.refused().problem().code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(second.lease).isNotNull();
    }

    @Test
    void aStartOfWhichNothingIsHeardIsGivenUpSoThatOthersMayBeTried() {
        var world = new World(Changed.nothing().maxInstances(1).queue(10, Duration.ofMinutes(10)));
        world.startsGetLost = true;
        var first = world.call(ms(1));
        world.pass(Duration.ofMinutes(1));
        assertThat(first.answers).isZero();
        world.startsGetLost = false;
        world.pass(Duration.ofMinutes(2));
        var second = world.call(ms(1));
        world.pass(SECOND);

        assertThat(first.refused().problem().message()).contains("nothing was heard of it within 120 s");
        assertThat(second.lease).isNotNull();
        var lost = world.instances.getFirst();
        lost.pool.ready(lost.instance, lost, 0); // at last
        lost.pool.failed(lost.instance, world.broken());
        world.pass(SECOND);
        assertThat(lost.killed).isTrue();
        assertThat(world.engine.instances()).hasSize(1);
    }

    @Test
    void aFunctionThatNeverStartsIsNotStartedAllTheTime() {
        var world = new World(Changed.nothing());
        world.startDelay = ms(1);
        world.startProblem = world.broken();

        for (int i = 0; i < 10_000; i++) {
            world.call(ms(1));
            world.pass(ms(1));
        }

        assertThat(world.instances.size()).isBetween(5, 10);
    }

    @Test
    void anIdleInstanceIsAskedToLeaveAndKilledIfItDoesNot() {
        var world = new World(Changed.nothing().idleTimeout(Duration.ofSeconds(60)));
        world.call(ms(1));
        world.pass(ms(100));
        world.instances.getFirst().leavesWhenDrained = false;

        world.pass(Duration.ofSeconds(60));
        assertThat(world.instances.getFirst().drained).isTrue();
        assertThat(world.instances.getFirst().killed).isFalse();
        world.pass(Duration.ofSeconds(11));

        assertThat(world.instances.getFirst().killed).isTrue();
        assertThat(world.engine.instances()).isEmpty();
    }

    @Test
    void asManyStayIdleAsAreToBeKept() {
        var world = new World(Changed.nothing().minInstances(1).idleTimeout(SECOND));
        world.engine.follow(Deployments.led(1, List.of(world.deployment)));
        world.call(ms(10));
        world.call(ms(10));

        world.pass(Duration.ofHours(1));

        assertThat(world.live()).hasSize(1);
    }

    @Test
    void asManyAsAreToBeKeptStartWhenAnAliasLeadsThereAndLeaveWhenNoneDoes() {
        var world = new World(Changed.nothing().minInstances(3).idleTimeout(Duration.ofSeconds(60)));
        world.engine.follow(Deployments.led(1, List.of(world.deployment)));
        world.pass(SECOND);
        assertThat(world.live()).hasSize(3);
        world.pass(Duration.ofHours(1));
        assertThat(world.live()).hasSize(3);

        world.engine.follow(
                Deployments.with(2, new TreeMap<>(), new TreeMap<>(Map.of(world.deployment.id(), world.deployment))));
        world.pass(Duration.ofSeconds(55));
        assertThat(world.live()).as("for as long as any idle instance").hasSize(3);
        world.pass(SECOND.multipliedBy(10));

        assertThat(world.live()).isEmpty();
        assertThat(world.instances).hasSize(3);
    }

    @Test
    void whatIsToBeKeptIsReplacedWhenItCrashes() {
        var world = new World(Changed.nothing().minInstances(1).idleTimeout(Duration.ofSeconds(60)));
        world.engine.follow(Deployments.led(1, List.of(world.deployment)));
        world.pass(SECOND);

        world.instances.getFirst().exit(1);
        world.pass(SECOND);
        assertThat(world.live()).hasSize(1);
        world.pass(Duration.ofMinutes(5));
        world.live().getFirst().exit(1);
        world.pass(Duration.ofMinutes(5));

        assertThat(world.live()).hasSize(1);
        assertThat(world.instances).hasSize(3);
    }

    @Test
    void whatCrashesAtOnceIsReplacedOnceASecondAtMost() {
        var world = new World(Changed.nothing().minInstances(2).idleTimeout(Duration.ofSeconds(60)));
        world.engine.follow(Deployments.led(1, List.of(world.deployment)));
        for (int i = 0; i < 1000; i++) {
            world.pass(ms(50));
            world.live().forEach(each -> each.exit(1));
        }

        assertThat(world.instances).hasSizeBetween(50, 110);
    }

    @Test
    void whoWaitsLearnsWhereToConnectWhileTheInstanceThatItCausedLoads() {
        var told = comingTo(Entrypoint.Kind.HANDLER);

        assertThat(told).containsExactly("early", "granted");
    }

    @Test
    void whoWaitsForWhatServesOneRequestPerConnectionDoesNotLearnWhereToConnect() {
        var told = comingTo(Entrypoint.Kind.SCRIPT);

        assertThat(told).containsExactly("granted");
    }

    /** What is told to a request whose instance can be reached while it loads, and again when that is over. */
    private static List<String> comingTo(Entrypoint.Kind kind) {
        var world = new World(Changed.nothing(), kind, EngineSettings.DEFAULTS);
        var told = new ArrayList<String>();
        world.engine.admit(Deployments.request(world.deployment), admission -> told.add("granted"), told::add);
        var fake = world.instances.getFirst();
        fake.pool.reachable(fake.instance, "early");
        world.pass(SECOND);
        fake.pool.reachable(fake.instance, "late");
        return told;
    }

    @Test
    void whoCouldNotConnectMayAskAgainAndGetsAnotherInstance() {
        var world = new World(Changed.nothing());
        world.call(ms(1));
        world.pass(ms(100));
        var broken = world.instances.getFirst();
        var call = new Lease[1];
        world.engine.admit(Deployments.request(world.deployment), admission -> {
            if (admission instanceof Admission.Granted(Lease lease)) {
                call[0] = lease;
            }
        });

        assertThat(call[0].notStarted()).isTrue();
        var again = world.call(ms(1));
        world.pass(SECOND);

        assertThat(again.on()).isNotSameAs(broken);
        assertThat(broken.drained).as("asked to leave, in its time").isTrue();
        assertThat(broken.killed).isFalse();
        assertThat(world.ledger.records).hasSize(2);
    }

    @Test
    void aStartThatTakesFarTooLongIsNotWaitedFor() {
        var world = new World(Changed.nothing().concurrency(50).idleTimeout(SECOND));
        world.call(ms(1));
        world.pass(Duration.ofMinutes(1)); // how long a start takes is known now, and nothing serves
        world.startsGetLost = true;
        var waiting = world.call(ms(1));
        world.pass(ms(900));
        assertThat(world.instances).hasSize(2);
        world.startsGetLost = false;
        world.pass(ms(200));
        assertThat(world.instances).hasSize(3);
        world.pass(ms(100));
        assertThat(waiting.done).isTrue();
    }

    @Test
    void whoseCodeHasStartedMayNotAskAgain() {
        var world = new World(Changed.nothing());
        var call = world.call(SECOND);
        world.pass(ms(100));

        assertThat(call.lease().notStarted()).isFalse();
    }

    @Test
    void aDisconnectKeepsTheSlotUntilTheCodeIsDone() {
        var world = new World(Changed.nothing().maxInstances(1));
        var call = world.call(ms(500));
        world.pass(ms(100));

        call.finish(Outcome.DISCONNECTED, 0);
        var next = world.call(ms(1));
        world.pass(ms(100));
        assertThat(next.answers).isZero();
        world.instances
                .getFirst()
                .pool
                .ended(world.instances.getFirst().instance, call.lease().id().value());
        world.pass(SECOND);

        assertThat(next.answers).isEqualTo(1);
        assertThat(world.ledger.of(call.lease().id()).outcome()).isEqualTo(Outcome.DISCONNECTED);
    }

    @Test
    void whoLeavesWhileWaitingLeavesItsPlaceToOthersAndCausesNothing() {
        var world = new World(Changed.nothing().maxInstances(1).queue(2, Duration.ofSeconds(30)));
        world.call(ms(500));
        world.pass(ms(100));
        var left = world.call(ms(1));
        world.call(ms(1));

        left.place.giveUp();
        left.place.giveUp();
        var next = world.call(ms(1));
        world.pass(SECOND);

        assertThat(left.answers).isZero();
        assertThat(next.lease).isNotNull();
        assertThat(world.ledger.records).hasSize(3);
        assertThat(world.logs.lines)
                .filteredOn(line -> line.text().endsWith("the caller went away"))
                .hasSize(1);
    }

    @Test
    void whoLeavesBeforeAnythingWasSentGivesTheSlotBackAtOnceAndTeachesNothing() {
        var world = new World(Changed.nothing().maxInstances(1));
        world.call(ms(10));
        world.pass(SECOND);
        var place = new Place[1];
        var lease = new Lease[1];
        place[0] = world.engine.admit(Deployments.request(world.deployment), admission -> {
            if (admission instanceof Admission.Granted(Lease granted)) {
                lease[0] = granted;
            }
        });
        var next = world.call(ms(10));
        assertThat(next.lease).isNull();

        place[0].giveUp();
        assertThat(next.lease).isNotNull();
        lease[0].finished(Outcome.DISCONNECTED, 0, 0, 0); // a gateway that says so still
        world.pass(SECOND);

        assertThat(world.instances).hasSize(1);
        assertThat(world.instances.getFirst().killed).isFalse();
        assertThat(world.ledger.find(lease[0].id())).isEmpty();
        assertThat(world.ledger.records).hasSize(2);
    }

    @Test
    void whatRunsIsNotGivenUp() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(500));
        world.pass(ms(100));

        call.place.giveUp();
        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void whatUserCodeNeverSawSaysNothingOfHowLongRequestsTake() {
        var world = new World(Changed.nothing());
        world.call(ms(3));
        world.pass(SECOND);
        for (int i = 0; i < 20; i++) {
            world.engine.admit(Deployments.request(world.deployment), admission -> {
                if (admission instanceof Admission.Granted(Lease granted)) {
                    granted.finished(Outcome.FAILED, 400, 0, 0); // the worker has answered by itself
                }
            });
            world.pass(SECOND);
        }

        world.call(ms(3));
        world.call(ms(3));

        assertThat(world.engine
                        .decisions(world.deployment.project())
                        .getLast()
                        .inputs()
                        .serviceMicros())
                .isEqualTo(3_000);
    }

    @Test
    void theGatewayCanSeeWhetherTheWorkerHasSaidItsLast() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(500));
        world.pass(ms(100));
        var instance = world.instances.getFirst();

        call.finish(Outcome.FAILED, 500);
        assertThat(call.lease().hasEnded()).isFalse();
        instance.pool.ended(instance.instance, call.lease().id().value());

        assertThat(call.lease().hasEnded()).isTrue();
    }

    @Test
    void aWorkerThatLiesAboutIdsChangesNothing() {
        var world = new World(Changed.nothing().maxInstances(1));
        var call = world.call(ms(100));
        world.pass(ms(50));
        var instance = world.instances.getFirst();

        instance.pool.ended(instance.instance, 12345);
        instance.pool.started(instance.instance, 99999);
        instance.pool.log(instance.instance, 777, dev.mayfly.model.LogLine.Stream.STDOUT, 0, 0, "liar");
        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).runMicros()).isEqualTo(100_000);
        assertThat(world.logs.unattributed()).contains("liar");
    }

    @Test
    void rawOutputBelongsToTheOnlyRequestThatRuns() {
        var world = new World(Changed.nothing().concurrency(2));
        var first = world.call(ms(100));
        world.pass(ms(50));
        var instance = world.instances.getFirst();
        instance.pool.log(instance.instance, 0, dev.mayfly.model.LogLine.Stream.STDERR, 0, 0, "alone");
        world.call(ms(100));
        instance.pool.log(instance.instance, 0, dev.mayfly.model.LogLine.Stream.STDERR, 0, 0, "one of two");

        assertThat(world.logs.of(first.lease().id())).contains("alone");
        assertThat(world.logs.unattributed()).contains("one of two");
    }

    @Test
    void overlappingRequestsShareCpuByRunTimeAndMemoryEqually() {
        var world = new World(Changed.nothing().concurrency(2));
        var longer = world.call(ms(300));
        longer.burn = 0;
        world.pass(ms(140));
        var shorter = world.call(ms(100));
        shorter.burn = 200_000;

        world.pass(SECOND);

        // At the first reading the longer one has run for 200 ms and the shorter one for 100 ms.
        var first = world.ledger.of(shorter.lease().id());
        var second = world.ledger.of(longer.lease().id());
        assertThat(first.cpuMicros()).isBetween(66_000L, 67_000L);
        assertThat(second.cpuMicros()).isEqualTo(200_000 - first.cpuMicros());
        assertThat(first.memoryMicros()).isEqualTo(50_000);
        assertThat(second.memoryMicros()).isEqualTo(250_000);
    }

    @Test
    void whatAnInstanceBurnsWhileIdleIsNobodys() {
        var world = new World(Changed.nothing());
        world.call(ms(10));
        world.pass(SECOND);
        world.instances.getFirst().burn(500_000);
        world.pass(SECOND);

        var call = world.call(ms(10));
        call.burn = 4_000;
        world.pass(Duration.ofMinutes(2));

        assertThat(world.ledger.of(call.lease().id()).cpuMicros()).isEqualTo(4_000);
        assertThat(world.ledger.unmetered).extracting(each -> each.cpuMicros()).containsExactly(15_000L, 500_000L);
    }

    @Test
    void waitingForTheStartIsBilledOnlyIfSoSet() {
        var world = new World(
                Changed.nothing(),
                Entrypoint.Kind.HANDLER,
                new EngineSettings(true, Duration.ofSeconds(60), Duration.ofSeconds(5), Duration.ZERO, 16));

        var call = world.call(ms(3));
        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).billedMillis()).isEqualTo(43);
    }

    @Test
    void aGatewayThatNeverTellsTheEndDoesNotKeepTheRecord() {
        var world = new World(Changed.nothing().timeout(SECOND));
        var lease = new Lease[1];
        world.engine.admit(Deployments.request(world.deployment), admission -> {
            if (admission instanceof Admission.Granted(Lease granted)) {
                lease[0] = granted;
            }
        });

        world.pass(Duration.ofSeconds(10));

        assertThat(world.ledger.of(lease[0].id()).outcome()).isEqualTo(Outcome.TIMEOUT);
    }

    @Test
    void instancesOfADeletedDeploymentFinishAndLeave() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(500));
        world.pass(ms(100));

        world.engine.follow(new dev.mayfly.store.Snapshot(1, new TreeMap<>()));
        var late = world.call(ms(1));
        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(late.refused().problem().code()).isEqualTo(ErrorCode.DEPLOYMENT_NOT_FOUND);
        assertThat(world.engine.instances()).isEmpty();
        assertThat(world.instances.getFirst().drained).isTrue();
    }

    @Test
    void aDeploymentThatGoesWhileItsRequestsWaitForASlotLeavesNothingToAskAgain() {
        var world = new World(Changed.nothing());
        world.call(ms(3));
        world.pass(ms(100));
        world.call(ms(3));
        var waits = world.call(ms(3)); // for a slot that is expected sooner than a start would take
        assertThat(world.instances).hasSize(1);

        world.engine.follow(new dev.mayfly.store.Snapshot(1, new TreeMap<>()));
        world.pass(SECOND);

        assertThat(waits.refused().problem().code()).isEqualTo(ErrorCode.DEPLOYMENT_NOT_FOUND);
        assertThat(world.live()).isEmpty();
    }

    @Test
    void whatDoesNotFinishInTheGraceIsToldSoAndKilled() {
        var world = new World(Changed.nothing().concurrency(3));
        var quick = world.call(ms(9_000));
        var slow = world.call(ms(60_000));
        var background = world.call(ms(100));
        background.background = ms(60_000);
        world.pass(ms(500));

        world.engine.drain();
        var late = world.call(ms(1));
        world.pass(Duration.ofSeconds(11));

        assertThat(late.refused().problem().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(world.ledger.of(quick.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(slow.aborted().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(slow.aborted().message())
                .isEqualTo(
                        "The server is closing. This request of api/hello did not finish within the 10 s that it had left.");
        assertThat(world.ledger.of(slow.lease().id()).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(world.ledger.of(background.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(world.ledger.of(background.lease().id()).runMicros()).isBetween(10_000_000L, 10_500_000L);
        assertThat(world.instances.getFirst().killed).isTrue();
        assertThat(world.engine.instances()).isEmpty();
    }

    @Test
    void anInstanceOfADrainingEngineLeavesAsSoonAsNothingRuns() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(500));
        world.pass(ms(100));

        world.engine.drain();
        world.pass(SECOND);

        assertThat(world.ledger.of(call.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(world.instances.getFirst().drained).isTrue();
        assertThat(world.instances.getFirst().killed).isFalse();
        assertThat(world.engine.instances()).isEmpty();
    }

    @Test
    void anAnswerThatIsStillBeingReadWhenItsInstanceHasLeftCounts() {
        var world = new World(Changed.nothing());
        var call = world.call(ms(500));
        world.pass(ms(100));
        var on = call.on();

        on.pool.ended(on.instance, call.lease().id().value());
        on.exit(0);
        call.finish(Outcome.OK, 200);
        world.pass(SECOND);

        assertThat(call.aborted).isNull();
        assertThat(world.ledger.of(call.lease().id()).outcome()).isEqualTo(Outcome.OK);
        assertThat(world.engine.instances()).isEmpty();
    }
}
