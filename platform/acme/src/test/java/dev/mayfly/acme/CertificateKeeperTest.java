package dev.mayfly.acme;

import static dev.mayfly.acme.TestCatalog.CLAIMED;
import static dev.mayfly.acme.TestCatalog.DEPLOYMENT;
import static dev.mayfly.acme.TestCatalog.HOSTS;
import static dev.mayfly.acme.TestCatalog.OWNED;
import static dev.mayfly.acme.TestCatalog.SHOP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Window;
import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Claim;
import dev.mayfly.store.CertificateStore.Failure;
import dev.mayfly.store.CertificateStore.Order;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.local.LocalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When certificates are ordered, and what becomes of them, over a clock that the test moves. */
class CertificateKeeperTest {
    private static final String DIRECTORY = "https://ca.example/directory";
    private static final String ADMIN = "admin.example.net";
    private static final Refusal NO = Refusal.of("no");

    @TempDir
    Path home;

    private final TestClock clock = new TestClock(Instant.parse("2026-11-27T12:00:00Z"));
    private final ScriptedAuthority authority = new ScriptedAuthority(clock);
    private final List<List<Pair>> shown = new ArrayList<>();
    private final List<CertificateKeeper> keepers = new ArrayList<>();
    private LocalStore local;
    private CertificateStore store;

    @BeforeEach
    void open() throws IOException {
        local = LocalStore.open(home, home.resolve("artifacts"), clock);
        store = local.certificates();
    }

    @AfterEach
    void close() {
        keepers.forEach(CertificateKeeper::close);
        local.close();
    }

    @Test
    void everyNameOfThisServerGetsACertificateAndIsShownWithIt() {
        var keeper = keeper(TestCatalog.shop());
        keeper.tick();

        assertThat(authority.names()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        assertThat(shownNames()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        keeper.tick();
        assertThat(authority.wishes).hasSize(3);
    }

    @Test
    void namesThatAFileHasACertificateForAreNotOrdered() {
        keeper(TestCatalog.shop(), Set.of(SHOP, ADMIN), 20, Runnable::run).tick();

        assertThat(authority.names()).containsExactly(OWNED);
    }

    @Test
    void aProjectThatComesLaterGetsItsOwn() {
        var keeper = keeper(TestCatalog.empty());
        keeper.tick();
        assertThat(authority.names()).containsExactly(ADMIN);

        keeper.follow(TestCatalog.shop());
        keeper.tick();

        assertThat(authority.names()).contains(SHOP, OWNED);
    }

    @Test
    void noNameThatAClientMakesUpIsEverOrdered() {
        var keeper = keeper(TestCatalog.shop());
        keeper.tick();
        authority.wishes.clear();

        for (var name : List.of(
                "evil.example.org",
                "evil.example.com",
                CLAIMED,
                "shop--bbbbbbbbbb.example.org",
                "other--aaaaaaaaaa.example.org",
                "a.shop.example.org",
                "example.org",
                ".example.org",
                "--.example.org",
                "shop--.example.org",
                "localhost",
                "127.0.0.1",
                "",
                "x".repeat(300),
                "shop.example.org.",
                "*.example.org")) {
            keeper.asked(name);
        }
        for (int i = 0; i < 5000; i++) {
            keeper.asked("n" + i + ".example.org");
        }
        keeper.tick();

        assertThat(authority.wishes).isEmpty();
        assertThat(store.states(DIRECTORY)).hasSize(3);
    }

    @Test
    void aDeploymentGetsACertificateWhenSomebodyComesThere() {
        var keeper = keeper(TestCatalog.shop());
        keeper.tick();
        assertThat(authority.names()).doesNotContain(DEPLOYMENT);

        keeper.asked(DEPLOYMENT);
        keeper.asked(DEPLOYMENT);
        keeper.tick();
        keeper.tick();

        assertThat(authority.names()).containsOnlyOnce(DEPLOYMENT);
        assertThat(shownNames()).contains(DEPLOYMENT);
    }

    @Test
    void aCertificateIsRenewedAfterTwoThirdsOfItsLifeAndShownUntilThen() {
        var keeper = keeper(TestCatalog.shop());
        keeper.tick();
        var first = store.issued(DIRECTORY, SHOP).orElseThrow();
        clock.advance(Duration.ofDays(59));
        keeper.tick();
        assertThat(authority.wishes).hasSize(3);
        assertThat(shownNames()).contains(SHOP);

        clock.advance(Duration.ofDays(3));
        keeper.tick();

        assertThat(authority.wishes).hasSize(6);
        var second = store.issued(DIRECTORY, SHOP).orElseThrow();
        assertThat(second.key()).isNotEqualTo(first.key());
        assertThat(authority.wishes.stream()
                        .filter(wish -> wish.name().equals(SHOP))
                        .toList()
                        .getLast()
                        .replaced())
                .contains(first.chain());
        assertThat(shown.getLast().stream().map(pair -> pair.pem().key().toString()))
                .contains(second.key())
                .doesNotContain(first.key());
    }

    @Test
    void theOldCertificateIsShownWhileRenewingFailsAndNotAfterItsEnd() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        keeper.tick();
        for (int i = 0; i < 40; i++) {
            authority.scripts.add(ScriptedAuthority.refuses(NO));
        }
        clock.advance(Duration.ofDays(62));
        keeper.tick();
        assertThat(shownNames()).containsExactly(SHOP);
        assertThat(keeper.state(SHOP).orElseThrow().failure().orElseThrow().reason())
                .isEqualTo("no");

        for (int day = 62; day < 91; day++) {
            clock.advance(Duration.ofDays(1));
            keeper.tick();
        }

        assertThat(shownNames()).isEmpty();
        assertThat(authority.wishes).hasSizeBetween(15, 30);
    }

    @Test
    void afterAFailureItWaitsLongerEachTimeAlsoOverARestart() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 100, Runnable::run);
        for (int i = 0; i < 12; i++) {
            authority.scripts.add(ScriptedAuthority.refuses(NO));
        }
        var pauses = new ArrayList<Long>();
        keeper.tick();
        for (int i = 0; i < 9; i++) {
            var failure = store.state(DIRECTORY, SHOP).orElseThrow().failure().orElseThrow();
            pauses.add(Duration.between(clock.instant(), Instant.ofEpochMilli(failure.nextTry()))
                    .toMinutes());
            int tries = authority.wishes.size();
            clock.set(Instant.ofEpochMilli(failure.nextTry() - 1));
            keeper.tick();
            assertThat(authority.wishes).hasSize(tries);
            keeper.close();
            keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 100, Runnable::run);
            keeper.tick();
            assertThat(authority.wishes).hasSize(tries);
            clock.advance(Duration.ofMillis(2));
            keeper.tick();
            assertThat(authority.wishes).hasSize(tries + 1);
        }
        assertThat(pauses.subList(0, 6)).isSorted();
        assertThat(pauses.getFirst()).isEqualTo(2);
        assertThat(pauses.get(3)).isBetween(54L, 60L);
        assertThat(pauses.subList(6, 9)).allMatch(minutes -> minutes >= 1440 && minutes <= 1600);
    }

    @Test
    void theAuthoritysOwnWaitIsHonoured() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        var until = clock.instant().plus(Duration.ofHours(30));
        authority.scripts.add(ScriptedAuthority.refuses(new Refusal("limit", true, Optional.of(until), false)));
        keeper.tick();
        clock.set(until.minusMillis(1));
        keeper.tick();
        assertThat(authority.wishes).hasSize(1);

        clock.advance(Duration.ofMinutes(3));
        keeper.tick();

        assertThat(authority.wishes).hasSize(2);
        assertThat(shownNames()).containsExactly(SHOP);
    }

    @Test
    void aLimitWithoutAWaitMeansAnHour() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        authority.scripts.add(ScriptedAuthority.refuses(new Refusal("limit", true, Optional.empty(), false)));
        keeper.tick();
        clock.advance(Duration.ofMinutes(59));
        keeper.tick();
        assertThat(authority.wishes).hasSize(1);

        clock.advance(Duration.ofMinutes(10));
        keeper.tick();

        assertThat(authority.wishes).hasSize(2);
    }

    @Test
    void moreNamesThanOrdersInAnHourWaitForTheNextOne() {
        var projects = IntStream.range(0, 30).mapToObj(i -> "p" + i).toList();
        var keeper = keeper(TestCatalog.of(projects, Map.of()), Set.of(ADMIN), 20, Runnable::run);
        for (int i = 0; i < 10; i++) {
            keeper.tick();
        }
        assertThat(authority.wishes).hasSize(20);
        assertThat(keeper.states().stream().filter(state -> state.failure().isPresent()))
                .isEmpty();

        clock.advance(Duration.ofMinutes(61));
        for (int i = 0; i < 10; i++) {
            keeper.tick();
        }

        assertThat(authority.names()).hasSize(30).doesNotHaveDuplicates();
    }

    @Test
    void twoServersOverOneStoreDoNotBothOrder() {
        var one = keeper(TestCatalog.shop());
        var two = keeper(TestCatalog.shop());
        authority.scripts.add((wish, log) -> {
            log.made(new Order("https://ca.example/order/x", Keys.text(Keys.fresh())));
            two.tick(); // while the first is about to get it
            return new Outcome.Certified(authority.issued(wish.name()), Optional.empty());
        });
        one.tick();
        two.tick();
        one.tick();

        assertThat(authority.names()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        two.tick();
        assertThat(shown.getLast()).hasSize(3);
    }

    @Test
    void aServerThatWasKilledLeavesItsOrderToWhoeverComesNext() {
        var order = new Order("https://ca.example/order/7", Keys.text(Keys.fresh()));
        // as the store is when a server is killed in the middle of an order
        assertThat(store.claim(DIRECTORY, SHOP, "killed", clock.millis(), clock.millis() + 60_000, 20))
                .isInstanceOf(Claim.Taken.class);
        store.ordered(DIRECTORY, SHOP, "killed", order);
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        keeper.tick();
        assertThat(authority.wishes).isEmpty();

        clock.advance(Duration.ofSeconds(61));
        keeper.tick();

        assertThat(authority.wishes).hasSize(1);
        assertThat(authority.wishes.getFirst().begun()).contains(order);
        assertThat(shownNames()).containsExactly(SHOP);
        assertThat(store.ordered(DIRECTORY, SHOP, "killed", order)).isFalse();
    }

    @Test
    void whatTheKilledServerDidAlreadyCountsInItsHour() {
        for (int i = 0; i < 20; i++) {
            store.claim(DIRECTORY, "n" + i, "killed", clock.millis(), clock.millis() + 60_000, 20);
        }
        var keeper = keeper(TestCatalog.shop());
        keeper.tick();
        keeper.tick();

        assertThat(authority.wishes).isEmpty();
    }

    @Test
    void anAuthorityThatHangsIsBrokenOffAndTheNameTriedAgainLater() throws Exception {
        var hanging = new CountDownLatch(1);
        authority.scripts.add((wish, log) -> {
            hanging.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("nobody opens that latch");
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, threads);
            keeper.tick();
            hanging.await();
            for (int i = 0; i < 20; i++) {
                clock.advance(Duration.ofSeconds(30));
                keeper.tick();
            }

            await().until(() ->
                    store.state(DIRECTORY, SHOP).orElseThrow().failure().isPresent());
        }
        assertThat(store.state(DIRECTORY, SHOP)
                        .orElseThrow()
                        .failure()
                        .orElseThrow()
                        .reason())
                .contains("did not answer", "8 minutes");
        assertThat(authority.wishes).hasSize(1);
    }

    @Test
    void closingLetsGoOfWhatIsUnderWayAtOnce() throws Exception {
        var hanging = new CountDownLatch(1);
        var order = new Order("https://ca.example/order/1", Keys.text(Keys.fresh()));
        authority.scripts.add((wish, log) -> {
            log.made(order);
            hanging.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("nobody opens that latch");
        });
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Executors.newVirtualThreadPerTaskExecutor());
        keeper.tick();
        hanging.await();

        keeper.close();

        assertThat(store.claim(DIRECTORY, SHOP, "next", clock.millis(), clock.millis() + 1, 20))
                .isEqualTo(new Claim.Taken(0, Optional.of(order)));
    }

    @Test
    void aMistakeInTheMiddleIsAFailureLikeAnyOther() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        authority.scripts.add((wish, log) -> {
            throw new IllegalStateException("oh");
        });

        keeper.tick();

        assertThat(keeper.state(SHOP).orElseThrow().failure().orElseThrow().reason())
                .contains("oh");
    }

    @Test
    void anAuthorityMayWantACertificateRenewedSoonerThanPlanned() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        keeper.tick();
        keeper.tick();
        assertThat(authority.asked).isZero();
        var start = clock.instant().plus(Duration.ofDays(3));
        authority.window = Optional.of(new Window(start, start.plus(Duration.ofHours(2))));

        clock.advance(Duration.ofHours(13));
        keeper.tick();
        keeper.tick();

        assertThat(authority.asked).isEqualTo(1);
        assertThat(Instant.ofEpochMilli(store.state(DIRECTORY, SHOP)
                        .orElseThrow()
                        .validity()
                        .orElseThrow()
                        .renewAt()))
                .isBetween(start, start.plus(Duration.ofHours(2)));
        clock.set(start.plus(Duration.ofHours(3)));
        keeper.tick();
        assertThat(authority.wishes).hasSize(2);
    }

    @Test
    void anAuthorityThatAlwaysWantsRenewalsDoesNotGetThemAllTheTime() {
        var schedule = new Schedule(new Random(1));
        var now = clock.instant();
        var past = new Window(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));

        assertThat(schedule.renewal(now, now.plus(Duration.ofDays(90)), now, past))
                .isEqualTo(now.plus(Duration.ofHours(6)));
    }

    @Test
    void theNamesOfARemovedProjectAreShownNoLongerAndForgottenAtTheirEnd() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN, OWNED), 20, Runnable::run);
        keeper.tick();

        keeper.follow(TestCatalog.empty());
        keeper.tick();

        assertThat(shownNames()).isEmpty();
        assertThat(store.issued(DIRECTORY, SHOP)).isPresent();
        keeper.follow(TestCatalog.shop());
        keeper.tick();
        assertThat(authority.wishes).hasSize(1);
        assertThat(shownNames()).containsExactly(SHOP);
        keeper.follow(TestCatalog.empty());
        clock.advance(Duration.ofDays(91));
        keeper.tick();
        assertThat(store.states(DIRECTORY)).isEmpty();
    }

    @Test
    void whatIsKnownOfANameIsTold() {
        var keeper = keeper(TestCatalog.shop(), Set.of(ADMIN), 20, Runnable::run);

        assertThat(keeper.state(OWNED)).contains(new State(OWNED, Optional.empty(), Optional.empty()));
        assertThat(keeper.state(CLAIMED)).isEmpty();
        assertThat(keeper.state(ADMIN)).isEmpty();
        authority.scripts.add(ScriptedAuthority.refuses(NO));
        keeper.tick();
        assertThat(keeper.states().stream().flatMap(state -> state.failure().stream()))
                .singleElement()
                .extracting(Failure::reason)
                .isEqualTo("no");
        assertThat(keeper.states().stream().flatMap(state -> state.validity().stream()))
                .singleElement()
                .extracting(Validity::notAfter)
                .isEqualTo(clock.instant().plus(ScriptedAuthority.LIFE).toEpochMilli());
    }

    private CertificateKeeper keeper(Snapshot snapshot) {
        return keeper(snapshot, Set.of(), 20, Runnable::run);
    }

    private CertificateKeeper keeper(Snapshot snapshot, Set<String> covered, int most, Executor work) {
        var keeper = new CertificateKeeper(
                DIRECTORY,
                most,
                store,
                authority,
                HOSTS,
                covered::contains,
                snapshot,
                shown::add,
                clock,
                new Random(keepers.size()),
                work);
        keepers.add(keeper);
        return keeper;
    }

    private List<String> shownNames() {
        return shown.getLast().stream().flatMap(pair -> pair.names().stream()).toList();
    }
}
