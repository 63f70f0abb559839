package dev.mayfly.acme;

import static dev.mayfly.acme.Asking.ACCOUNT;
import static dev.mayfly.acme.Asking.NAME;
import static dev.mayfly.acme.Asking.certified;
import static dev.mayfly.acme.Asking.pair;
import static dev.mayfly.acme.Asking.refused;
import static dev.mayfly.acme.Asking.renewing;
import static dev.mayfly.acme.Asking.wish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.store.CertificateStore.Order;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Orders from beginning to end, with an authority that is good, or has good reasons. */
class Acme4jAuthorityTest {
    private static final String WINDOW =
            "{\"suggestedWindow\":{\"start\":\"2099-01-01T00:00:00Z\",\"end\":\"2099-01-02T00:00:00Z\"}}";

    private Asking asking;

    @BeforeEach
    void start() throws Exception {
        asking = new Asking();
    }

    @AfterEach
    void stop() {
        asking.close();
    }

    @ParameterizedTest
    @CsvSource({"0, http-01, tls-alpn-01", "1, tls-alpn-01, http-01", "2, http-01, tls-alpn-01"})
    void aCertificateComesByEitherWayAndEachAttemptTakesTheOther(int attempt, String taken, String other)
            throws Exception {
        var issued = certified(asking.certify(wish(attempt)));

        assertThat(pair(issued).names()).containsExactly(NAME);
        assertThat(asking.acme.requests).anyMatch(path -> path.startsWith("/challenge/" + taken));
        assertThat(asking.acme.requests).noneMatch(path -> path.startsWith("/challenge/" + other));
        assertThat(asking.made).hasSize(1);
        assertThat(Keys.privateText(Keys.read(asking.made.getFirst().key()))).isEqualTo(issued.key());
        assertThat(issued.validity().notAfter()).isGreaterThan(System.currentTimeMillis());
        assertThat(asking.challenges.of(NAME)).isNull();
        assertThat(asking.challenges.at(NAME, "/.well-known/acme-challenge/token1"))
                .isNull();
    }

    @Test
    void withoutAListenerForClearTextTheHandshakeProves() throws Exception {
        certified(asking.authority(false).certify(wish(0), asking.made::add));

        assertThat(asking.acme.requests).anyMatch(path -> path.startsWith("/challenge/tls-alpn-01"));
    }

    @Test
    void whereNothingCanBeProvenTheReasonNamesTheOption() throws Exception {
        asking.acme.challengesOffered.remove("tls-alpn-01");

        assertThat(refused(asking.authority(false).certify(wish(0), asking.made::add))
                        .reason())
                .contains("--redirect-http");
    }

    @Test
    void aNonceThatIsNotGoodIsReplaced() throws Exception {
        asking.acme.badNonces.set(3);

        certified(asking.certify(wish(0)));

        assertThat(asking.acme.orders).hasValue(1);
    }

    @Test
    void aLimitIsToldWithItsWait() throws Exception {
        asking.acme.troubles.put("/order", Trouble.problem(429, "rateLimited", "too many", "Retry-After", "7200"));

        var refusal = refused(asking.certify(wish(0)));

        assertThat(refusal.limited()).isTrue();
        assertThat(refusal.reason()).contains("too many");
        assertThat(Duration.between(Instant.now(), refusal.retryAfter().orElseThrow()))
                .isBetween(Duration.ofMinutes(119), Duration.ofMinutes(121));
        assertThat(asking.made).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "connection, ports 80 and 443",
        "dns, point its A",
        "caa, CAA record of shop.example.org",
        "unauthorized, here and nowhere else",
        "rejectedIdentifier, --tls-certs",
        "somethingNew, it was looked for"
    })
    void aNameThatIsNotProvenIsToldWithTheFix(String type, String fix) throws Exception {
        asking.acme.challengeError = type;

        var refusal = refused(asking.certify(wish(0)));

        assertThat(refusal.reason()).contains(fix, "it was looked for");
        assertThat(refusal.orderOver()).isTrue();
        assertThat(asking.challenges.at(NAME, "/.well-known/acme-challenge/token1"))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({"externalAccountRequired, --acme-directory", "invalidContact, --acme on", "userActionRequired, terms"})
    void anAccountThatIsRefusedIsToldWithTheFix(String type, String fix) throws Exception {
        asking.acme.troubles.put("/account", Trouble.problem(403, type, "no"));

        assertThat(refused(asking.certify(wish(0))).reason()).contains(fix);
    }

    @Test
    void anOrderThatWasBegunIsGoneOnWithFromWhereverItIs() throws Exception {
        for (var stop : List.of("/authorization", "/challenge/http-01", "/finalize", "/certificate")) {
            asking.made.clear();
            int before = asking.acme.orders.get();
            asking.acme.troubles.put(stop, Trouble.says(500, "text/plain", "killed here"));
            refused(asking.certify(wish(0)));
            asking.acme.troubles.clear();

            var issued = certified(asking.certify(wish(0, asking.made.getFirst())));

            assertThat(pair(issued).names()).as(stop).containsExactly(NAME);
            assertThat(asking.acme.orders).as(stop).hasValue(before + 1);
            assertThat(asking.made).hasSize(1);
        }
    }

    @Test
    void anOrderThatCannotBeHadJustNowIsNotMadeAnew() throws Exception {
        asking.acme.troubles.put("/authorization", Trouble.says(500, "text/plain", "sorry"));
        refused(asking.certify(wish(0)));
        var begun = asking.made.getFirst();
        for (var trouble : List.of(
                Trouble.problem(429, "rateLimited", "too many"), Trouble.problem(500, "serverInternal", "sorry"))) {
            asking.acme.troubles.put("/order", trouble);

            assertThat(refused(asking.certify(wish(1, begun))).orderOver()).isFalse();
        }
        asking.acme.troubles.clear();

        certified(asking.certify(wish(2, begun)));

        assertThat(asking.made).hasSize(1);
        assertThat(asking.acme.orders).hasValue(1);
    }

    @Test
    void anOrderThatIsNoMoreIsMadeAnew() throws Exception {
        for (var gone : List.of(asking.base("/order/99"), "nonsense", asking.base("/none"))) {
            var known = new Order(gone, Keys.text(Keys.fresh()));

            certified(asking.certify(wish(0, known)));
        }
        asking.acme.challengeError = "dns";
        refused(asking.certify(wish(0)));
        asking.acme.challengeError = "";

        certified(asking.certify(wish(0, asking.made.getLast())));

        assertThat(asking.made).hasSize(5);
    }

    @Test
    void theAuthoritysWindowForRenewalIsTakenAndNonsenseInItIsNot() throws Exception {
        asking.acme.renewal = WINDOW;
        var outcome = asking.certify(wish(0));
        assertThat(((Outcome.Certified) outcome).renewal())
                .contains(new Authority.Window(
                        Instant.parse("2099-01-01T00:00:00Z"), Instant.parse("2099-01-02T00:00:00Z")));
        var chain = certified(outcome).chain();

        for (var nonsense : List.of(
                "",
                "{}",
                "[]",
                "{\"suggestedWindow\":{\"start\":\"soon\",\"end\":\"later\"}}",
                "{\"suggestedWindow\":{\"start\":\"2099-01-02T00:00:00Z\",\"end\":\"2099-01-01T00:00:00Z\"}}")) {
            asking.acme.renewal = nonsense;
            assertThat(asking.authority(true).renewal(ACCOUNT, chain))
                    .as(nonsense)
                    .isEmpty();
            certified(asking.certify(wish(0)));
        }
    }

    @Test
    void theOrderOfARenewalNamesTheCertificateBeforeWhereThatIsWelcome() throws Exception {
        var chain = certified(asking.certify(wish(0))).chain();
        asking.acme.renewal = WINDOW;

        certified(asking.certify(renewing(chain)));
        assertThat(asking.acme.replaced).singleElement().asString().startsWith("Bwc.");

        asking.acme.refusesReplacing = "it was replaced before";
        certified(asking.certify(renewing(chain)));
        assertThat(asking.acme.replaced).hasSize(2);
    }

    @Test
    void aCertificateThatCannotBeNamedIsRenewedAllTheSame() throws Exception {
        asking.acme.issuer.withoutKeyId = true;
        asking.acme.renewal = WINDOW;
        var chain = certified(asking.certify(wish(0))).chain();

        certified(asking.certify(renewing(chain)));

        assertThat(asking.acme.replaced).isEmpty();
        assertThat(asking.authority(true).renewal(ACCOUNT, chain)).isEmpty();
    }

    @Test
    void whoLosesTheNameInTheMiddleDoesNotGoOn() {
        assertThatThrownBy(() -> asking.authority(true).certify(wish(0), order -> {
                    throw new InterruptedException("another has it");
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(asking.acme.requests).noneMatch(path -> path.startsWith("/challenge"));
    }
}
