package dev.mayfly.acme;

import static dev.mayfly.acme.TestCatalog.OWNED;
import static dev.mayfly.acme.TestCatalog.SHOP;
import static dev.mayfly.acme.TestKeepers.ADMIN;
import static dev.mayfly.acme.TestKeepers.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.store.CertificateStore.Claim;
import dev.mayfly.store.CertificateStore.Order;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Orders of several servers at once, and orders that are left in the middle. */
class LeftOrdersTest extends KeeperCase {
    @Test
    void twoServersOverOneStoreDoNotBothOrder() {
        var one = keepers.keeper(TestCatalog.shop());
        var two = keepers.keeper(TestCatalog.shop());
        keepers.authority.scripts.add((wish, log) -> {
            log.made(new Order("https://ca.example/order/x", Keys.text(Keys.fresh())));
            two.tick(); // while the first is about to get it
            return new Outcome.Certified(keepers.authority.issued(wish.name()), Optional.empty());
        });
        one.tick();
        two.tick();
        one.tick();

        assertThat(keepers.authority.names()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        two.tick();
        assertThat(keepers.shown.getLast()).hasSize(3);
    }

    @Test
    void aServerThatWasKilledLeavesItsOrderToWhoeverComesNext() {
        var order = new Order("https://ca.example/order/7", Keys.text(Keys.fresh()));
        // as the store is when a server is killed in the middle of an order
        assertThat(keepers.store.claim(
                        DIRECTORY, SHOP, "killed", keepers.clock.millis(), keepers.clock.millis() + 60_000, 20))
                .isInstanceOf(Claim.Taken.class);
        keepers.store.ordered(DIRECTORY, SHOP, "killed", order);
        var keeper = keepers.ofShop();
        keeper.tick();
        assertThat(keepers.authority.wishes).isEmpty();

        keepers.clock.advance(Duration.ofSeconds(61));
        keeper.tick();

        assertThat(keepers.authority.wishes).hasSize(1);
        assertThat(keepers.authority.wishes.getFirst().begun()).contains(order);
        assertThat(keepers.shownNames()).containsExactly(SHOP);
        assertThat(keepers.store.ordered(DIRECTORY, SHOP, "killed", order)).isFalse();
    }

    @Test
    void whatTheKilledServerDidAlreadyCountsInItsHour() {
        for (int i = 0; i < 20; i++) {
            keepers.store.claim(
                    DIRECTORY, "n" + i, "killed", keepers.clock.millis(), keepers.clock.millis() + 60_000, 20);
        }
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();
        keeper.tick();

        assertThat(keepers.authority.wishes).isEmpty();
    }

    @Test
    void anAuthorityThatHangsIsBrokenOffAndTheNameTriedAgainLater() throws Exception {
        var hanging = new CountDownLatch(1);
        keepers.authority.scripts.add(ScriptedAuthority.hangs(hanging));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var keeper = keepers.ofShop(threads);
            keeper.tick();
            hanging.await();
            for (int i = 0; i < 20; i++) {
                keepers.clock.advance(Duration.ofSeconds(30));
                keeper.tick();
            }

            await().until(() -> keepers.stored(SHOP).failure().isPresent());
        }
        assertThat(keepers.stored(SHOP).failure().orElseThrow().reason()).contains("did not answer", "8 minutes");
        assertThat(keepers.authority.wishes).hasSize(1);
    }

    @Test
    void anAttemptIsBrokenOffWhereTheClockIsSetBackFar() throws Exception {
        var hanging = new CountDownLatch(1);
        keepers.authority.scripts.add(ScriptedAuthority.hangs(hanging));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var keeper = keepers.ofShop(threads);
            keeper.tick();
            hanging.await();
            keepers.clock.advance(Duration.ofDays(-400));
            keeper.tick();

            await().until(() -> keepers.stored(SHOP).failure().isPresent());
        }
    }

    @Test
    void closingLetsGoOfWhatIsUnderWayAtOnce() throws Exception {
        var hanging = new CountDownLatch(1);
        var order = new Order("https://ca.example/order/1", Keys.text(Keys.fresh()));
        keepers.authority.scripts.add((wish, log) -> {
            log.made(order);
            hanging.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("nobody opens that latch");
        });
        var keeper = keepers.ofShop(Executors.newVirtualThreadPerTaskExecutor());
        keeper.tick();
        hanging.await();

        keeper.close();

        assertThat(keepers.store.claim(DIRECTORY, SHOP, "next", keepers.clock.millis(), keepers.clock.millis() + 1, 20))
                .isEqualTo(new Claim.Taken(0, Optional.of(order)));
    }

    @Test
    void looksThatComeAtAnyTimeBreakNothingOff() throws Exception {
        var projects = IntStream.range(0, 12).mapToObj(i -> "p" + i).toList();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var keeper = keepers.keeper(TestCatalog.of(projects, Map.of()), Set.of(ADMIN), 100, threads);

            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> {
                keeper.tick();
                return keeper.states().stream()
                        .noneMatch(state ->
                                state.validity().isEmpty() && state.failure().isEmpty());
            });

            assertThat(keeper.states())
                    .allMatch(state ->
                            state.validity().isPresent() && state.failure().isEmpty());
        }
    }
}
