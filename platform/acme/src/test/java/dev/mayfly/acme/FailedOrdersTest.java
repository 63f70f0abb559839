package dev.mayfly.acme;

import static dev.mayfly.acme.TestCatalog.HOSTS;
import static dev.mayfly.acme.TestCatalog.OWNED;
import static dev.mayfly.acme.TestCatalog.SHOP;
import static dev.mayfly.acme.TestKeepers.ADMIN;
import static dev.mayfly.acme.TestKeepers.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import dev.mayfly.store.CertificateStore.Validity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of names whose orders fail, and when they are tried again. */
class FailedOrdersTest extends KeeperCase {
    private static final Refusal NO = Refusal.of("no");

    @Test
    void theOldCertificateIsShownWhileRenewingFailsAndNotAfterItsEnd() {
        var keeper = keepers.ofShop();
        keeper.tick();
        for (int i = 0; i < 40; i++) {
            keepers.authority.scripts.add(ScriptedAuthority.refuses(NO));
        }
        keepers.clock.advance(Duration.ofDays(62));
        keeper.tick();
        assertThat(keepers.shownNames()).containsExactly(SHOP);
        assertThat(keeper.state(SHOP).orElseThrow().failure().orElseThrow().reason())
                .isEqualTo("no");

        for (int day = 62; day < 91; day++) {
            keepers.clock.advance(Duration.ofDays(1));
            keeper.tick();
        }

        assertThat(keepers.shownNames()).isEmpty();
        assertThat(keepers.authority.wishes).hasSizeBetween(15, 30);
    }

    @Test
    void afterAFailureItWaitsLongerEachTimeAlsoOverARestart() {
        var keeper = keepers.ofShop();
        for (int i = 0; i < 12; i++) {
            keepers.authority.scripts.add(ScriptedAuthority.refuses(NO));
        }
        var pauses = new ArrayList<Long>();
        keeper.tick();
        for (int i = 0; i < 9; i++) {
            var failure = keepers.stored(SHOP).failure().orElseThrow();
            pauses.add(Duration.between(keepers.clock.instant(), Instant.ofEpochMilli(failure.nextTry()))
                    .toMinutes());
            int tries = keepers.authority.wishes.size();
            keepers.clock.set(Instant.ofEpochMilli(failure.nextTry() - 1));
            keeper.tick();
            assertThat(keepers.authority.wishes).hasSize(tries);
            keeper.close();
            keeper = keepers.ofShop();
            keeper.tick();
            assertThat(keepers.authority.wishes).hasSize(tries);
            keepers.clock.advance(Duration.ofMillis(2));
            keeper.tick();
            assertThat(keepers.authority.wishes).hasSize(tries + 1);
        }
        assertThat(pauses.subList(0, 6)).isSorted();
        assertThat(pauses.getFirst()).isEqualTo(2);
        assertThat(pauses.get(3)).isBetween(54L, 60L);
        assertThat(pauses.subList(6, 9)).allMatch(minutes -> minutes >= 1440 && minutes <= 1600);
    }

    @Test
    void theAuthoritysOwnWaitIsHonoured() {
        var keeper = keepers.ofShop();
        var until = keepers.clock.instant().plus(Duration.ofHours(30));
        keepers.authority.scripts.add(ScriptedAuthority.refuses(new Refusal("limit", true, Optional.of(until), false)));
        keeper.tick();
        keepers.clock.set(until.minusMillis(1));
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(1);

        keepers.clock.advance(Duration.ofMinutes(3));
        keeper.tick();

        assertThat(keepers.authority.wishes).hasSize(2);
        assertThat(keepers.shownNames()).containsExactly(SHOP);
    }

    @Test
    void aLimitWithoutAWaitMeansAnHour() {
        var keeper = keepers.ofShop();
        keepers.authority.scripts.add(ScriptedAuthority.refuses(new Refusal("limit", true, Optional.empty(), false)));
        keeper.tick();
        keepers.clock.advance(Duration.ofMinutes(59));
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(1);

        keepers.clock.advance(Duration.ofMinutes(10));
        keeper.tick();

        assertThat(keepers.authority.wishes).hasSize(2);
    }

    @Test
    void anOrderThatComesToNothingAgainAndAgainIsMadeAnew() {
        var keeper = keepers.ofShop();
        var order = new Order("https://ca.example/order/1", Keys.text(Keys.fresh()));
        keepers.authority.scripts.add((wish, log) -> {
            log.made(order);
            return new Outcome.Failed(Refusal.unfinished("not yet"));
        });
        for (int i = 0; i < 3; i++) {
            keepers.authority.scripts.add(ScriptedAuthority.refuses(Refusal.unfinished("not yet")));
        }
        for (int i = 0; i < 5; i++) {
            keeper.tick();
            keepers.clock.advance(Duration.ofHours(2));
        }

        assertThat(keepers.authority.wishes.stream().map(wish -> wish.begun()))
                .containsExactly(
                        Optional.empty(), Optional.of(order), Optional.of(order), Optional.of(order), Optional.empty());
        assertThat(keepers.shownNames()).containsExactly(SHOP);
    }

    @Test
    void whatAClockThatWasFarAheadMadeWaitIsTriedAtOnce() {
        var now = keepers.clock.instant();
        keepers.clock.advance(Duration.ofDays(5000));
        var keeper = keepers.ofShop();
        keepers.authority.scripts.add(ScriptedAuthority.refuses(NO));
        keeper.tick();
        assertThat(keepers.shown).isEmpty();

        keepers.clock.set(now);
        keeper.tick();

        assertThat(keepers.shownNames()).containsExactly(SHOP);
    }

    @Test
    void aStoredCertificateThatCannotBeReadIsNotShownAndHindersNothing() {
        var keeper = keepers.keeper(TestCatalog.shop(), Set.of(ADMIN), 20, Runnable::run);
        long now = keepers.clock.millis();
        keepers.store.claim(DIRECTORY, SHOP, "x", now, now + 1, 20);
        keepers.store.succeeded(
                DIRECTORY,
                SHOP,
                "x",
                new Issued(new Validity("https://ca.example/1", now, now + 9_000_000, now + 8_000_000), "no", "none"));

        keeper.tick();

        assertThat(keepers.shownNames()).containsExactly(OWNED);
    }

    @Test
    void whatCouldNotBeShownIsShownAtTheNextLook() {
        keepers.ofShop().tick();
        var attempts = new AtomicInteger();
        var shown = new ShownCertificates(DIRECTORY, keepers.store, keepers.clock, pairs -> {
            if (attempts.getAndIncrement() == 0) {
                throw new IllegalStateException("not now");
            }
        });
        var names = Names.of(TestCatalog.shop(), HOSTS, name -> false);
        assertThatThrownBy(() -> shown.refresh(keepers.store.states(DIRECTORY), names))
                .hasMessage("not now");

        shown.refresh(keepers.store.states(DIRECTORY), names);
        shown.refresh(keepers.store.states(DIRECTORY), names);

        assertThat(attempts).hasValue(2);
    }

    @Test
    void aMistakeInTheMiddleIsAFailureLikeAnyOther() {
        var keeper = keepers.ofShop();
        keepers.authority.scripts.add((wish, log) -> {
            throw new IllegalStateException("oh");
        });

        keeper.tick();

        assertThat(keeper.state(SHOP).orElseThrow().failure().orElseThrow().reason())
                .contains("oh");
    }
}
