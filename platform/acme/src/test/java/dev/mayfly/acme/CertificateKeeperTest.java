package dev.mayfly.acme;

import static dev.mayfly.acme.TestCatalog.CANARY;
import static dev.mayfly.acme.TestCatalog.CLAIMED;
import static dev.mayfly.acme.TestCatalog.DEPLOYMENT;
import static dev.mayfly.acme.TestCatalog.OWNED;
import static dev.mayfly.acme.TestCatalog.SHOP;
import static dev.mayfly.acme.TestKeepers.ADMIN;
import static dev.mayfly.acme.TestKeepers.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.acme.Authority.Window;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Failure;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which names get certificates, and when, over a clock that the test moves. */
class CertificateKeeperTest extends KeeperCase {
    @Test
    void everyNameOfThisServerGetsACertificateAndIsShownWithIt() {
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();

        assertThat(keepers.authority.names()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        assertThat(keepers.shownNames()).containsExactlyInAnyOrder(ADMIN, SHOP, OWNED);
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(3);
    }

    @Test
    void namesThatAFileHasACertificateForAreNotOrdered() {
        keepers.keeper(TestCatalog.shop(), Set.of(SHOP, ADMIN), 20, Runnable::run)
                .tick();

        assertThat(keepers.authority.names()).containsExactly(OWNED);
    }

    @Test
    void aProjectThatComesLaterGetsItsOwn() {
        var keeper = keepers.keeper(TestCatalog.empty());
        keeper.tick();
        assertThat(keepers.authority.names()).containsExactly(ADMIN);

        keeper.follow(TestCatalog.shop());
        keeper.tick();

        assertThat(keepers.authority.names()).contains(SHOP, OWNED);
    }

    @Test
    void noNameThatAClientMakesUpIsEverOrdered() {
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();
        keepers.authority.wishes.clear();

        for (var name : List.of(
                "evil.example.org",
                "evil.example.com",
                CLAIMED,
                "shop--bbbbbbbbbb.example.org",
                "shop--beta.example.org",
                "shop--production.example.org",
                "other--canary.example.org",
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

        assertThat(keepers.authority.wishes).isEmpty();
        assertThat(keepers.store.states(DIRECTORY)).hasSize(3);
    }

    @Test
    void anAliasGetsACertificateWhenSomebodyComesThere() {
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();
        assertThat(keepers.authority.names()).doesNotContain(CANARY);

        keeper.asked(CANARY);
        keeper.tick();

        assertThat(keepers.authority.names()).containsOnlyOnce(CANARY);
        assertThat(keepers.shownNames()).contains(CANARY);
    }

    @Test
    void aDeploymentGetsACertificateWhenSomebodyComesThere() {
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();
        assertThat(keepers.authority.names()).doesNotContain(DEPLOYMENT);

        keeper.asked(DEPLOYMENT);
        keeper.asked(DEPLOYMENT);
        keeper.tick();
        keeper.tick();

        assertThat(keepers.authority.names()).containsOnlyOnce(DEPLOYMENT);
        assertThat(keepers.shownNames()).contains(DEPLOYMENT);
    }

    @Test
    void aCertificateIsRenewedAfterTwoThirdsOfItsLifeAndShownUntilThen() {
        var keeper = keepers.keeper(TestCatalog.shop());
        keeper.tick();
        var first = keepers.store.issued(DIRECTORY, SHOP).orElseThrow();
        keepers.clock.advance(Duration.ofDays(59));
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(3);
        assertThat(keepers.shownNames()).contains(SHOP);

        keepers.clock.advance(Duration.ofDays(3));
        keeper.tick();

        assertThat(keepers.authority.wishes).hasSize(6);
        var second = keepers.store.issued(DIRECTORY, SHOP).orElseThrow();
        assertThat(second.key()).isNotEqualTo(first.key());
        assertThat(keepers.authority.wishes.stream()
                        .filter(wish -> wish.name().equals(SHOP))
                        .toList()
                        .getLast()
                        .replaced())
                .contains(first.chain());
        assertThat(keepers.shown.getLast().stream().map(pair -> pair.pem().key().toString()))
                .contains(second.key())
                .doesNotContain(first.key());
    }

    @Test
    void anAuthorityMayWantACertificateRenewedSoonerThanPlanned() {
        var keeper = keepers.ofShop();
        keeper.tick();
        keeper.tick();
        assertThat(keepers.authority.asked).isZero();
        var start = keepers.clock.instant().plus(Duration.ofDays(3));
        keepers.authority.window = Optional.of(new Window(start, start.plus(Duration.ofHours(2))));

        keepers.clock.advance(Duration.ofHours(13));
        keeper.tick();
        keeper.tick();

        assertThat(keepers.authority.asked).isEqualTo(1);
        assertThat(Instant.ofEpochMilli(
                        keepers.stored(SHOP).validity().orElseThrow().renewAt()))
                .isBetween(start, start.plus(Duration.ofHours(2)));
        keepers.clock.set(start.plus(Duration.ofHours(3)));
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(2);
    }

    @Test
    void anAuthorityThatAlwaysWantsRenewalsDoesNotGetThemAllTheTime() {
        var schedule = new Schedule(new Random(1));
        var now = keepers.clock.instant();
        var past = new Window(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));

        assertThat(schedule.renewal(now, now.plus(Duration.ofDays(90)), now, past))
                .isEqualTo(now.plus(Duration.ofHours(6)));
    }

    @Test
    void anAuthorityIsNotWaitedForForeverHoweverLongItWants() {
        var now = keepers.clock.instant();
        var far = new Refusal("limit", true, Optional.of(now.plus(Duration.ofDays(5000))), false);

        assertThat(new Schedule(new Random(1)).again(0, far, now))
                .isBetween(now.plus(Duration.ofDays(8)), now.plusMillis(CertificateStore.LONGEST_WAIT));
    }

    @Test
    void addressesAreNotOrdered() {
        for (var host : List.of("10.0.0.5", "[2001:db8::1]", "[::ffff:10.0.0.5]", "intranet")) {
            var names = Names.of(TestCatalog.empty(), new Hosts("example.org", Optional.of(host)), name -> false);

            assertThat(names.standing()).isEmpty();
            assertThat(names.known(host)).as(host).isFalse();
        }
    }

    @Test
    void whatClientsComeForLeavesHalfOfTheHourToProjects() {
        var projects = List.of("shop", "p1", "p2", "p3", "p4", "p5");
        var covered = new HashSet<>(Set.of(ADMIN, SHOP));
        projects.forEach(project -> covered.add(project + ".example.org"));
        var keeper = keepers.keeper(TestCatalog.of(projects, Map.of()), covered, 4, Runnable::run);
        projects.forEach(project -> keeper.asked(project + "--aaaaaaaaaa.example.org"));
        keeper.tick();
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(2);

        covered.remove(SHOP);
        keeper.tick();

        assertThat(keepers.authority.names()).hasSize(3).contains(SHOP);
    }

    @Test
    void theNamesOfARemovedProjectAreShownNoLongerAndForgottenAtTheirEnd() {
        var keeper = keepers.ofShop();
        keeper.tick();

        keeper.follow(TestCatalog.empty());
        keeper.tick();

        assertThat(keepers.shownNames()).isEmpty();
        assertThat(keepers.store.issued(DIRECTORY, SHOP)).isPresent();
        keeper.follow(TestCatalog.shop());
        keeper.tick();
        assertThat(keepers.authority.wishes).hasSize(1);
        assertThat(keepers.shownNames()).containsExactly(SHOP);
        keeper.follow(TestCatalog.empty());
        keepers.clock.advance(Duration.ofDays(91));
        keeper.tick();
        assertThat(keepers.store.states(DIRECTORY)).isEmpty();
    }

    @Test
    void whatIsKnownOfANameIsTold() {
        var keeper = keepers.keeper(TestCatalog.shop(), Set.of(ADMIN), 20, Runnable::run);

        assertThat(keeper.state(OWNED)).contains(new State(OWNED, Optional.empty(), Optional.empty()));
        assertThat(keeper.state(CLAIMED)).isEmpty();
        assertThat(keeper.state(ADMIN)).isEmpty();
        keepers.authority.scripts.add(ScriptedAuthority.refuses(Refusal.of("no")));
        keeper.tick();
        assertThat(keeper.states().stream().flatMap(state -> state.failure().stream()))
                .singleElement()
                .extracting(Failure::reason)
                .isEqualTo("no");
        assertThat(keeper.states().stream().flatMap(state -> state.validity().stream()))
                .singleElement()
                .extracting(Validity::notAfter)
                .isEqualTo(keepers.clock.instant().plus(ScriptedAuthority.LIFE).toEpochMilli());
        keepers.clock.advance(ScriptedAuthority.LIFE);
        assertThat(keeper.states()).noneMatch(state -> state.validity().isPresent());
    }

    @Test
    void moreNamesThanOrdersInAnHourWaitForTheNextOne() {
        var projects = IntStream.range(0, 12).mapToObj(i -> "p" + i).toList();
        var keeper = keepers.keeper(TestCatalog.of(projects, Map.of()), Set.of(ADMIN), 8, Runnable::run);
        for (int i = 0; i < 4; i++) {
            keeper.tick();
        }
        assertThat(keepers.authority.wishes).hasSize(8);
        assertThat(keeper.states().stream().filter(state -> state.failure().isPresent()))
                .isEmpty();

        keepers.clock.advance(Duration.ofMinutes(61));
        for (int i = 0; i < 4; i++) {
            keeper.tick();
        }

        assertThat(keepers.authority.names()).hasSize(12).doesNotHaveDuplicates();
    }
}
