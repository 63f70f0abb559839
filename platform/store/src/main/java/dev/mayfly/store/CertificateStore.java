package dev.mayfly.store;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Certificates that an authority was asked for: what it gave, what is under way, what went wrong and when to try again. An authority is named by
 * the URL of its directory. Keys and chains are texts in PEM; keys are encrypted at rest. Times are milliseconds since 1970. Blocking; never called
 * from an event loop.
 *
 * <p>Any number of servers may share one: whoever wants to order first claims the name, for a while that it prolongs, and what it then says counts
 * only as long as it still has it.
 */
public interface CertificateStore {
    /** How long an order counts against the most of an hour. */
    long HOUR = 3_600_000;

    /** Nobody plans to wait for longer after a failure: where it looks so, the clock was wrong when that was written. */
    long LONGEST_WAIT = 9 * 24 * HOUR;

    /** The private key of this platform's account with {@code authority}: the one that is there, else {@code fresh}, which is from now on. */
    String accountKey(String authority, Supplier<String> fresh);

    /** What is known of each name, without any key. */
    List<State> states(String authority);

    /** What is known of {@code name}, without any key. */
    Optional<State> state(String authority, String name);

    /** The certificate of {@code name} with its key. */
    Optional<Issued> issued(String authority, String name);

    /**
     * Takes {@code name} for {@code holder}, so that no other orders for it meanwhile, and counts the order that will be made, unless one is there
     * that can be gone on with.
     *
     * <p>What was written by a clock that was far ahead counts for nothing.
     *
     * @param until when it is anybody's again, if {@code holder} is not heard of before
     * @param mostInAnHour orders of all names together
     */
    Claim claim(String authority, String name, String holder, long now, long until, int mostInAnHour);

    /** Prolongs a claim. Like all below: whether {@code holder} still has it; otherwise nothing is changed. */
    boolean hold(String authority, String name, String holder, long until);

    /** An order was made; whoever claims the name next can go on with it. */
    boolean ordered(String authority, String name, String holder, Order order);

    /** The order led to a certificate. Ends the claim. */
    boolean succeeded(String authority, String name, String holder, Issued issued);

    /**
     * The attempt failed. Ends the claim.
     *
     * @param orderOver whether the order cannot be gone on with
     */
    boolean failed(String authority, String name, String holder, String reason, long nextTry, boolean orderOver);

    /** Ends the claim as if nothing had happened; the order, if one was made, can be gone on with. */
    boolean release(String authority, String name, String holder);

    /** The authority says when to renew; nothing is changed where the certificate is another one by now. */
    void renewAt(String authority, String name, String url, long at);

    /** Nobody needs what is known of {@code name}. */
    void forget(String authority, String name);

    /** How a claim went. */
    sealed interface Claim {
        /** The name is the holder's. */
        record Taken(int failures, Optional<Order> order) implements Claim {}

        /** There is a certificate that is not to be renewed yet: somebody else was quicker. */
        record Good() implements Claim {}

        /** Some server has it. */
        record Held() implements Claim {}

        /** Not before then. */
        record Later(long at) implements Claim {}
    }

    /**
     * An order that is not over.
     *
     * @param key what the certificate is for
     */
    record Order(String url, String key) {}

    /** A certificate with those it rests on, and its key. */
    record Issued(Validity validity, String chain, String key) {}

    /**
     * When a certificate is good.
     *
     * @param url of the certificate at its authority
     */
    record Validity(String url, long notBefore, long notAfter, long renewAt) {}

    /**
     * What went wrong last.
     *
     * @param times in a row
     */
    record Failure(int times, String reason, long nextTry) {
        public boolean waits(long now) {
            return nextTry > now && nextTry - now <= LONGEST_WAIT;
        }
    }

    /** What is known of one name: a certificate may be there while getting the next one fails. */
    record State(String name, Optional<Validity> validity, Optional<Failure> failure) {}
}
