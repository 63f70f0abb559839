package dev.mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.store.CertificateStore.Claim;
import dev.mayfly.store.CertificateStore.Failure;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of certificates does. */
public abstract class CertificateStoreContract {
    private static final String AUTHORITY = "https://ca.example/directory";
    private static final String NAME = "shop.example.org";
    private static final Order ORDER = new Order("https://ca.example/order/1", "a key");
    private static final Issued ISSUED =
            new Issued(new Validity("https://ca.example/cert/1", 100, 900, 700), "a chain", "a key");
    private static final int MOST = 3;

    private CertificateStore store;

    /** An empty store; the test does not close it. */
    protected abstract CertificateStore open() throws Exception;

    /** The same store, closed and opened again. */
    protected abstract CertificateStore reopen() throws Exception;

    /** Whether {@code text} can be read in what is kept on disk. */
    protected abstract boolean isReadable(String text) throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @Test
    void theFirstAccountKeyOfAnAuthorityStays() throws Exception {
        assertThat(store.accountKey(AUTHORITY, () -> "first")).isEqualTo("first");
        store = reopen();
        assertThat(store.accountKey(AUTHORITY, () -> "second")).isEqualTo("first");
        assertThat(store.accountKey("https://other.example/", () -> "other")).isEqualTo("other");
    }

    @Test
    void aNameIsTakenByOneHolderUntilItsTimeIsOver() {
        assertThat(claim("one", 1000)).isEqualTo(new Claim.Taken(0, Optional.empty()));

        assertThat(claim("two", 1000)).isEqualTo(new Claim.Held());
        assertThat(claim("one", 1000)).isEqualTo(new Claim.Held());
        assertThat(store.hold(AUTHORITY, NAME, "one", 1200)).isTrue();
        assertThat(store.hold(AUTHORITY, NAME, "two", 1200)).isFalse();
        assertThat(claim("two", 1199)).isEqualTo(new Claim.Held());
        assertThat(claim("two", 1200)).isInstanceOf(Claim.Taken.class);
        assertThat(store.hold(AUTHORITY, NAME, "one", 2000)).isFalse();
    }

    @Test
    void whoHasLostTheNameChangesNothing() {
        claim("one", 1000);
        claim("two", 1100);

        assertThat(store.ordered(AUTHORITY, NAME, "one", ORDER)).isFalse();
        assertThat(store.succeeded(AUTHORITY, NAME, "one", ISSUED)).isFalse();
        assertThat(store.failed(AUTHORITY, NAME, "one", "no", 5000, true)).isFalse();
        assertThat(store.release(AUTHORITY, NAME, "one")).isFalse();
        assertThat(store.states(AUTHORITY)).containsExactly(new State(NAME, Optional.empty(), Optional.empty()));
    }

    @Test
    void oneOfManyThatClaimAtOnceHasTheName() throws Exception {
        var claims = new ArrayList<Future<Claim>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                var holder = "holder" + i;
                claims.add(threads.submit(() -> claim(holder, 1000)));
            }
        }

        assertThat(claims.stream().filter(claim -> claim.resultNow() instanceof Claim.Taken))
                .hasSize(1);
    }

    @Test
    void anOrderIsGoneOnWithByWhoeverComesNext() throws Exception {
        claim("one", 1000);
        assertThat(store.ordered(AUTHORITY, NAME, "one", ORDER)).isTrue();

        store = reopen();

        assertThat(claim("two", 1100)).isEqualTo(new Claim.Taken(0, Optional.of(ORDER)));
        assertThat(store.release(AUTHORITY, NAME, "two")).isTrue();
        assertThat(claim("three", 1100)).isEqualTo(new Claim.Taken(0, Optional.of(ORDER)));
        assertThat(store.failed(AUTHORITY, NAME, "three", "invalid", 0, true)).isTrue();
        assertThat(claim("four", 1100)).isEqualTo(new Claim.Taken(1, Optional.empty()));
    }

    @Test
    void aFailureIsKeptWithItsReasonUntilACertificateComes() throws Exception {
        claim("one", 1000);
        store.ordered(AUTHORITY, NAME, "one", ORDER);
        store.failed(AUTHORITY, NAME, "one", "slow", 5000, false);

        assertThat(claim("one", 4999)).isEqualTo(new Claim.Later(5000));
        assertThat(store.state(AUTHORITY, NAME))
                .contains(new State(NAME, Optional.empty(), Optional.of(new Failure(1, "slow", 5000))));
        assertThat(claim("one", 5000)).isEqualTo(new Claim.Taken(1, Optional.of(ORDER)));
        assertThat(store.succeeded(AUTHORITY, NAME, "one", ISSUED)).isTrue();
        store = reopen();
        assertThat(store.state(AUTHORITY, NAME))
                .contains(new State(NAME, Optional.of(ISSUED.validity()), Optional.empty()));
        assertThat(store.issued(AUTHORITY, NAME)).contains(ISSUED);
        assertThat(store.issued("https://other.example/", NAME)).isEmpty();
        assertThat(claim("one", 5000)).isEqualTo(new Claim.Taken(0, Optional.empty()));
    }

    @Test
    void aNameWhoseCertificateIsGoodIsNotTakenBeforeItIsToBeRenewed() {
        claim("one", 100);
        store.succeeded(AUTHORITY, NAME, "one", ISSUED);

        assertThat(claim("two", 699)).isEqualTo(new Claim.Good());
        assertThat(claim("two", 700)).isInstanceOf(Claim.Taken.class);
    }

    @Test
    void ordersOfAnHourAreCountedAcrossNamesAndHolders() {
        for (int i = 0; i < MOST; i++) {
            assertThat(claim("n" + i, "one", 1000 + i)).isInstanceOf(Claim.Taken.class);
        }

        assertThat(claim("more", "two", 2000)).isEqualTo(new Claim.Later(1000 + CertificateStore.HOUR));
        assertThat(claim("more", "two", 999 + CertificateStore.HOUR)).isInstanceOf(Claim.Later.class);
        assertThat(claim("more", "two", 1000 + CertificateStore.HOUR)).isInstanceOf(Claim.Taken.class);
        assertThat(store.claim("https://other.example/", NAME, "one", 2000, 2100, MOST))
                .isInstanceOf(Claim.Taken.class);
    }

    @Test
    void whatAClockThatWasFarAheadHasWrittenIsNotWaitedFor() {
        long ahead = 1000 + 2 * CertificateStore.LONGEST_WAIT;
        for (int i = 0; i < MOST; i++) {
            claim("n" + i, "one", ahead);
        }
        store.failed(AUTHORITY, "n0", "one", "no", ahead + 5000, true);

        for (int i = 0; i < MOST; i++) {
            assertThat(claim("n" + i, "two", 1000)).as("n" + i).isInstanceOf(Claim.Taken.class);
        }
        assertThat(claim("more", "two", 1000)).isInstanceOf(Claim.Later.class);
    }

    @Test
    void goingOnWithAnOrderCountsNothing() {
        claim("one", 1000);
        store.ordered(AUTHORITY, NAME, "one", ORDER);
        for (int i = 0; i < 10; i++) {
            assertThat(claim("one", 1100 + i * 100)).isInstanceOf(Claim.Taken.class);
        }

        assertThat(claim("other", "one", 3000)).isInstanceOf(Claim.Taken.class);
    }

    @Test
    void renewalIsMovedOnlyOfTheCertificateThatWasLookedAt() {
        claim("one", 1000);
        store.succeeded(AUTHORITY, NAME, "one", ISSUED);

        store.renewAt(AUTHORITY, NAME, "https://ca.example/cert/0", 1);
        assertThat(store.state(AUTHORITY, NAME).orElseThrow().validity()).contains(ISSUED.validity());
        store.renewAt(AUTHORITY, NAME, ISSUED.validity().url(), 500);
        assertThat(store.state(AUTHORITY, NAME)
                        .orElseThrow()
                        .validity()
                        .orElseThrow()
                        .renewAt())
                .isEqualTo(500);
    }

    @Test
    void whatIsForgottenIsGone() {
        claim("one", 1000);
        store.succeeded(AUTHORITY, NAME, "one", ISSUED);

        store.forget(AUTHORITY, NAME);

        assertThat(store.states(AUTHORITY)).isEqualTo(List.of());
        assertThat(store.issued(AUTHORITY, NAME)).isEmpty();
    }

    @Test
    void noKeyIsReadableOnDisk() throws Exception {
        store.accountKey(AUTHORITY, () -> "the-account's-key");
        claim("one", 1000);
        store.ordered(AUTHORITY, NAME, "one", new Order("https://ca.example/order/readable", "the-order's-key"));
        claim("other", "one", 1000);
        store.succeeded(AUTHORITY, "other", "one", new Issued(ISSUED.validity(), "a chain", "the-certificate's-key"));
        reopen();

        assertThat(isReadable("order/readable")).isTrue();
        for (var secret : List.of("the-account's-key", "the-order's-key", "the-certificate's-key")) {
            assertThat(isReadable(secret)).as(secret).isFalse();
        }
    }

    private Claim claim(String holder, long now) {
        return claim(NAME, holder, now);
    }

    private Claim claim(String name, String holder, long now) {
        return store.claim(AUTHORITY, name, holder, now, now + 100, MOST);
    }
}
