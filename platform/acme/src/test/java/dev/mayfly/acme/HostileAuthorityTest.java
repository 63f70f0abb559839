package dev.mayfly.acme;

import static dev.mayfly.acme.Asking.NAME;
import static dev.mayfly.acme.Asking.certified;
import static dev.mayfly.acme.Asking.refused;
import static dev.mayfly.acme.Asking.wish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.acme.Authority.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders with authorities that are as bad as they can be: nothing comes of them, and nothing breaks. */
class HostileAuthorityTest {
    private Asking asking;

    @BeforeEach
    void start() throws Exception {
        asking = new Asking();
    }

    @AfterEach
    void stop() {
        asking.close();
    }

    @Test
    void anAuthorityThatLikesNoNonceIsGivenUp() throws Exception {
        asking.acme.badNonces.set(Integer.MAX_VALUE);

        assertThat(refused(asking.certify(wish(0))).reason()).contains("nonce");
        assertThat(asking.acme.requests).hasSizeLessThan(40);
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
            asking.acme.troubles.clear();
            for (var type : List.of("application/json", "text/html", "application/pem-certificate-chain")) {
                asking.acme.troubles.put(path, Trouble.says(200, type, body));
                var outcome = asking.certify(wish(0));
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
        asking.acme.troubles.put(path, Trouble.says(status, "text/plain", "sorry"));

        assertThat(refused(asking.certify(wish(0))).orderOver()).isFalse();
    }

    @Test
    void anAuthorityThatDoesNotListenIsToldByName() throws Exception {
        var directory = asking.acme.directory();
        asking.acme.close();

        assertThat(refused(asking.certify(wish(0))).reason()).contains("did not answer", directory.toString());
    }

    @Test
    void anAuthorityThatSaysNothingOrNeverComesToAnEndIsGivenUp() throws Exception {
        for (var trouble : List.of(Trouble.silent(), Trouble.halfAnAnswer(), Trouble.byteByByte())) {
            asking.acme.troubles.put("/order", trouble);

            assertThat(refused(asking.impatient()).reason()).contains("did not answer");
        }
    }

    @Test
    void anAnswerOfAnySizeFillsNoMemory() throws Exception {
        var sent = new AtomicLong();
        for (var path : List.of("/directory", "/account", "/order", "/certificate")) {
            asking.acme.troubles.clear();
            asking.acme.troubles.put(path, Trouble.endless(sent));

            assertThat(refused(asking.certify(wish(0))).reason()).as(path).contains("did not answer");
        }
        assertThat(sent).hasValueGreaterThan(WholeAnswers.MOST).hasValueLessThan(100L << 20);
    }

    @Test
    void anAnswerMayBeNestedHoweverDeep() throws Exception {
        for (var open : List.of("[", "{\"status\":")) {
            asking.acme.troubles.put("/order", Trouble.says(200, "application/json", open.repeat(20_000)));

            assertThat(refused(asking.certify(wish(0))).reason()).contains("this is not ACME");
        }
    }

    @Test
    void anAnswerIsNotUnpacked() throws Exception {
        asking.acme.troubles.put("/order", Trouble.packed(" ".repeat(20 << 20)));

        assertThat(refused(asking.certify(wish(0))).reason()).contains("was packed");
    }

    @Test
    void redirectionsAreFollowedOnlySoFar() throws Exception {
        for (var path : List.of("/directory", "/order")) {
            asking.acme.requests.clear();
            asking.acme.troubles.clear();
            asking.acme.troubles.put(path, Trouble.says(307, "text/plain", "", "Location", asking.base(path)));

            refused(asking.certify(wish(0)));

            assertThat(asking.acme.requests).as(path).hasSizeBetween(2, 20);
        }
    }

    @Test
    void aProofIsShownAtTheNameThatWasOrderedWhateverTheAuthoritySays() throws Exception {
        var found = new ArrayList<@Nullable String>();
        asking.acme.troubles.put("/authorization", Trouble.says(200, "application/json", """
                {"status":"pending","identifier":{"type":"dns","value":"other.example.org"},
                 "challenges":[{"type":"http-01","url":"%s","token":"abc","status":"pending"}]}
                """.formatted(
                        asking.base("/challenge/http-01/1"))));
        asking.acme.troubles.put("/challenge/http-01", exchange -> {
            for (var host : List.of(NAME, "other.example.org")) {
                found.add(asking.challenges.at(host, "/.well-known/acme-challenge/abc"));
            }
            Trouble.problem(400, "malformed", "seen").answer(exchange);
        });

        refused(asking.certify(wish(0)));

        assertThat(found.getFirst()).startsWith("abc.");
        assertThat(found.getLast()).isNull();
        assertThat(asking.challenges.at(NAME, "/.well-known/acme-challenge/abc"))
                .isNull();
    }

    @Test
    void tokensThatAreNoneAreShownNowhere() throws Exception {
        for (var token : List.of("../../admin", "a b", "<script>")) {
            asking.acme.troubles.put("/authorization", Trouble.says(200, "application/json", """
                    {"status":"pending","identifier":{"type":"dns","value":"shop.example.org"},
                     "challenges":[{"type":"http-01","url":"%s","token":"%s","status":"pending"}]}
                    """.formatted(
                            asking.base("/challenge/http-01/1"), token)));

            refused(asking.certify(wish(0)));

            assertThat(asking.acme.requests).as(token).noneMatch(path -> path.startsWith("/challenge"));
        }
    }

    @Test
    void anAnswerThatNeverEndsIsLeftWhenTheCallIsInterrupted() throws Exception {
        var half = Trouble.halfAnAnswer();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var call = threads.submit(() -> {
                var thread = Thread.currentThread();
                asking.acme.troubles.put("/authorization", exchange -> {
                    half.answer(exchange);
                    thread.interrupt();
                });
                return asking.certify(wish(0));
            });

            assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void aCertificateForAnotherKeyOrNameOrAnotherTimeIsNotTaken() throws Exception {
        asking.acme.issuer.otherKey = true;
        assertThat(refused(asking.certify(wish(0))).reason()).contains("another key");
        asking.acme.issuer.otherKey = false;
        asking.acme.issuer.otherName = true;
        assertThat(refused(asking.certify(wish(0))).reason()).contains("another name");
        asking.acme.issuer.otherName = false;
        asking.acme.issuer.ended = true;
        assertThat(refused(asking.certify(wish(0))).reason()).contains("ended on");
        asking.acme.issuer.ended = false;
        certified(asking.certify(wish(0)));
    }

    @Test
    void anOrderThatNeverEndsIsLeftAndGoneOnWithLater() throws Exception {
        asking.acme.neverDone = true;
        assertThat(refused(asking.certify(wish(0))).orderOver()).isFalse();

        asking.acme.neverDone = false;
        certified(asking.certify(wish(1, asking.made.getFirst())));

        assertThat(asking.acme.orders).hasValue(1);
        assertThat(asking.made).hasSize(1);
    }

    @Test
    void anAuthorizationThatNeverEndsOrAnOrderThatIsNeverReadyIsLeft() throws Exception {
        asking.acme.neverLooks = true;
        var undecided = refused(asking.certify(wish(0)));
        assertThat(undecided.reason()).contains("did not say whether shop.example.org leads here");
        assertThat(undecided.orderOver()).isFalse();

        asking.acme.neverLooks = false;
        asking.acme.neverReady = true;
        var unready = refused(asking.certify(wish(0)));
        assertThat(unready.reason()).contains("did not come to an end with its order");
        assertThat(unready.orderOver()).isFalse();
        assertThat(asking.acme.requests).hasSizeLessThan(400);
    }
}
