package dev.mayfly.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Wish;
import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Certificates.Pem;
import dev.mayfly.gateway.Challenges;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders from beginning to end, with an authority that is good, and with ones that are as bad as they can be. */
class Acme4jAuthorityTest {
    private static final String NAME = "shop.example.org";
    private static final String ACCOUNT = Keys.text(Keys.fresh());

    private static final String WINDOW =
            "{\"suggestedWindow\":{\"start\":\"2099-01-01T00:00:00Z\",\"end\":\"2099-01-02T00:00:00Z\"}}";

    private final Challenges challenges = new Challenges(name -> {});
    private final List<Order> made = new ArrayList<>();
    private FakeAcme acme;

    @BeforeEach
    void start() throws Exception {
        acme = new FakeAcme(challenges, Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        acme.close();
    }

    @ParameterizedTest
    @CsvSource({"0, http-01, tls-alpn-01", "1, tls-alpn-01, http-01", "2, http-01, tls-alpn-01"})
    void aCertificateComesByEitherWayAndEachAttemptTakesTheOther(int attempt, String taken, String other)
            throws Exception {
        var issued = certified(authority(true).certify(wish(attempt), made::add));

        assertThat(pair(issued).names()).containsExactly(NAME);
        assertThat(acme.requests).anyMatch(path -> path.startsWith("/challenge/" + taken));
        assertThat(acme.requests).noneMatch(path -> path.startsWith("/challenge/" + other));
        assertThat(made).hasSize(1);
        assertThat(Keys.privateText(Keys.read(made.getFirst().key()))).isEqualTo(issued.key());
        assertThat(issued.validity().notAfter()).isGreaterThan(System.currentTimeMillis());
        assertThat(challenges.of(NAME)).isNull();
        assertThat(challenges.at(NAME, "/.well-known/acme-challenge/token1")).isNull();
    }

    @Test
    void withoutAListenerForClearTextTheHandshakeProves() throws Exception {
        certified(authority(false).certify(wish(0), made::add));

        assertThat(acme.requests).anyMatch(path -> path.startsWith("/challenge/tls-alpn-01"));
    }

    @Test
    void whereNothingCanBeProvenTheReasonNamesTheOption() throws Exception {
        acme.challengesOffered.remove("tls-alpn-01");

        assertThat(refused(authority(false).certify(wish(0), made::add)).reason())
                .contains("--redirect-http");
    }

    @Test
    void aNonceThatIsNotGoodIsReplaced() throws Exception {
        acme.badNonces.set(3);

        certified(authority(true).certify(wish(0), made::add));

        assertThat(acme.orders).hasValue(1);
    }

    @Test
    void anAuthorityThatLikesNoNonceIsGivenUp() throws Exception {
        acme.badNonces.set(Integer.MAX_VALUE);

        assertThat(refused(authority(true).certify(wish(0), made::add)).reason())
                .contains("nonce");
        assertThat(acme.requests).hasSizeLessThan(40);
    }

    @Test
    void aLimitIsToldWithItsWait() throws Exception {
        acme.troubles.put("/order", FakeAcme.problem(429, "rateLimited", "too many", "Retry-After", "7200"));

        var refusal = refused(authority(true).certify(wish(0), made::add));

        assertThat(refusal.limited()).isTrue();
        assertThat(refusal.reason()).contains("too many");
        assertThat(Duration.between(Instant.now(), refusal.retryAfter().orElseThrow()))
                .isBetween(Duration.ofMinutes(119), Duration.ofMinutes(121));
        assertThat(made).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "connection, ports 80 and 443",
        "dns, point its A",
        "caa, CAA record of shop.example.org",
        "unauthorized, another server",
        "rejectedIdentifier, --tls-certs",
        "somethingNew, it was looked for"
    })
    void aNameThatIsNotProvenIsToldWithTheFix(String type, String fix) throws Exception {
        acme.challengeError = type;

        var refusal = refused(authority(true).certify(wish(0), made::add));

        assertThat(refusal.reason()).contains(fix, "it was looked for");
        assertThat(refusal.orderOver()).isTrue();
        assertThat(challenges.at(NAME, "/.well-known/acme-challenge/token1")).isNull();
    }

    @ParameterizedTest
    @CsvSource({"externalAccountRequired, --acme-directory", "invalidContact, --acme on", "userActionRequired, terms"})
    void anAccountThatIsRefusedIsToldWithTheFix(String type, String fix) throws Exception {
        acme.troubles.put("/account", FakeAcme.problem(403, type, "no"));

        assertThat(refused(authority(true).certify(wish(0), made::add)).reason())
                .contains(fix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "42",
                "{\"newNonce\":1}",
                "{\"newNonce\":\"nonsense\",\"newAccount\":\"::\",\"newOrder\":\"\"}",
                "{\"status\":\"valid\"}",
                "<html>\u001b[31m</html>"
            })
    void nonsenseIsAFailureWhereverItComes(String body) throws Exception {
        for (var path : List.of("/directory", "/account", "/order", "/authorization", "/certificate")) {
            acme.troubles.clear();
            for (var type : List.of("application/json", "text/html", "application/pem-certificate-chain")) {
                acme.troubles.put(path, FakeAcme.says(200, type, body));
                var outcome = authority(true).certify(wish(0), made::add);
                if (path.equals("/account") && outcome instanceof Outcome.Certified) {
                    continue; // where an account is, its header tells; what is in it does not matter
                }
                assertThat(refused(outcome).reason())
                        .as(path + " " + type)
                        .isNotBlank()
                        .doesNotContain("\u001b", "\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"/directory, 500", "/account, 503", "/order, 502", "/finalize, 500", "/certificate, 404"})
    void anAuthorityThatIsOutOfOrderIsAFailure(String path, int status) throws Exception {
        acme.troubles.put(path, FakeAcme.says(status, "text/plain", "sorry"));

        assertThat(refused(authority(true).certify(wish(0), made::add)).orderOver())
                .isFalse();
    }

    @Test
    void anAuthorityThatDoesNotListenIsToldByName() throws Exception {
        var directory = acme.directory();
        acme.close();

        assertThat(refused(authority(directory, true).certify(wish(0), made::add))
                        .reason())
                .contains("did not answer", directory.toString());
    }

    @Test
    void anAuthorityThatSaysNothingIsGivenUp() throws Exception {
        acme.troubles.put("/order", acme.silent());

        assertThat(refused(authority(true).certify(wish(0), made::add)).reason())
                .contains("did not answer");
    }

    @Test
    void anAnswerThatNeverEndsIsLeftWhenTheCallIsInterrupted() throws Exception {
        acme.troubles.put("/authorization", acme.halfAnAnswer());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var call = threads.submit(() -> {
                var thread = Thread.currentThread();
                Thread.ofVirtual().start(() -> {
                    while (!acme.requests.contains("/authorization/1")) {
                        Thread.onSpinWait();
                    }
                    thread.interrupt();
                });
                return authority(true).certify(wish(0), made::add);
            });

            assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void aCertificateForAnotherKeyOrNameIsNotTaken() throws Exception {
        acme.otherKey = true;
        assertThat(refused(authority(true).certify(wish(0), made::add)).reason())
                .contains("another key");

        acme.otherKey = false;
        acme.otherName = true;
        assertThat(refused(authority(true).certify(wish(0), made::add)).reason())
                .contains("another");
    }

    @Test
    void anOrderThatNeverEndsIsLeftAndGoneOnWithLater() throws Exception {
        acme.neverDone = true;
        assertThat(refused(authority(true).certify(wish(0), made::add)).orderOver())
                .isFalse();

        acme.neverDone = false;
        certified(authority(true).certify(wish(1, made.getFirst()), made::add));

        assertThat(acme.orders).hasValue(1);
        assertThat(made).hasSize(1);
    }

    @Test
    void anAuthorizationThatNeverEndsIsLeft() throws Exception {
        acme.neverReady = true;

        assertThat(refused(authority(true).certify(wish(0), made::add)).orderOver())
                .isFalse();
    }

    @Test
    void anOrderThatWasBegunIsGoneOnWithFromWhereverItIs() throws Exception {
        for (var stop : List.of("/authorization", "/challenge/http-01", "/finalize", "/certificate")) {
            made.clear();
            int before = acme.orders.get();
            acme.troubles.put(stop, FakeAcme.says(500, "text/plain", "killed here"));
            refused(authority(true).certify(wish(0), made::add));
            acme.troubles.clear();

            var issued = certified(authority(true).certify(wish(0, made.getFirst()), made::add));

            assertThat(pair(issued).names()).as(stop).containsExactly(NAME);
            assertThat(acme.orders).as(stop).hasValue(before + 1);
            assertThat(made).hasSize(1);
        }
    }

    @Test
    void anOrderThatIsNoMoreIsMadeAnew() throws Exception {
        for (var gone : List.of(base("/order/99"), "nonsense", base("/none"))) {
            var known = new Order(gone, Keys.text(Keys.fresh()));

            certified(authority(true).certify(wish(0, known), made::add));
        }
        acme.challengeError = "dns";
        refused(authority(true).certify(wish(0), made::add));
        acme.challengeError = "";

        certified(authority(true).certify(wish(0, made.getLast()), made::add));

        assertThat(made).hasSize(5);
    }

    @Test
    void theAuthoritysWindowForRenewalIsTakenAndNonsenseInItIsNot() throws Exception {
        acme.renewal = WINDOW;
        var outcome = authority(true).certify(wish(0), made::add);
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
            acme.renewal = nonsense;
            assertThat(authority(true).renewal(ACCOUNT, chain)).as(nonsense).isEmpty();
            certified(authority(true).certify(wish(0), made::add));
        }
    }

    @Test
    void theOrderOfARenewalNamesTheCertificateBeforeWhereThatIsWelcome() throws Exception {
        var chain = certified(authority(true).certify(wish(0), made::add)).chain();
        acme.renewal = WINDOW;

        certified(authority(true).certify(renewing(chain), made::add));
        assertThat(acme.replaced).singleElement().asString().startsWith("Bwc.");

        acme.refusesReplacing = "it was replaced before";
        certified(authority(true).certify(renewing(chain), made::add));
        assertThat(acme.replaced).hasSize(2);
    }

    @Test
    void aCertificateThatCannotBeNamedIsRenewedAllTheSame() throws Exception {
        acme.withoutKeyId = true;
        acme.renewal = WINDOW;
        var chain = certified(authority(true).certify(wish(0), made::add)).chain();

        certified(authority(true).certify(renewing(chain), made::add));

        assertThat(acme.replaced).isEmpty();
        assertThat(authority(true).renewal(ACCOUNT, chain)).isEmpty();
    }

    @Test
    void whoLosesTheNameInTheMiddleDoesNotGoOn() {
        assertThatThrownBy(() -> authority(true).certify(wish(0), order -> {
                    throw new InterruptedException("another has it");
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(acme.requests).noneMatch(path -> path.startsWith("/challenge"));
    }

    private Authority authority(boolean plainPort) {
        return authority(acme.directory(), plainPort);
    }

    private Authority authority(URI directory, boolean plainPort) {
        return new Acme4jAuthority(
                directory,
                Optional.of("ops@example.org"),
                null,
                challenges,
                plainPort,
                Duration.ofSeconds(2),
                time -> {},
                Clock.systemUTC());
    }

    private String base(String path) {
        return acme.directory().resolve(path).toString();
    }

    private static Wish wish(int attempt) {
        return new Wish(NAME, ACCOUNT, Optional.empty(), Optional.empty(), attempt);
    }

    private static Wish renewing(String chain) {
        return new Wish(NAME, ACCOUNT, Optional.empty(), Optional.of(chain), 0);
    }

    private static Wish wish(int attempt, Order begun) {
        return new Wish(NAME, ACCOUNT, Optional.of(begun), Optional.empty(), attempt);
    }

    private static Issued certified(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Certified.class);
        return ((Outcome.Certified) outcome).issued();
    }

    private static Refusal refused(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome).refusal();
    }

    private static Pair pair(Issued issued) {
        return Pair.of(new Pem("chain", Buffer.buffer(issued.chain()), "key", Buffer.buffer(issued.key())));
    }
}
