package dev.mayfly.acme;

import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import java.time.Instant;
import java.util.Optional;

/** Whoever certifies names. Blocking; a call ends soon after its thread is interrupted. */
interface Authority {
    /** One attempt to get a certificate. */
    Outcome certify(Wish wish, OrderLog log) throws InterruptedException;

    /** When the authority wants a certificate to be renewed (RFC 9773); empty: it does not say. */
    Optional<Window> renewal(String accountKey, String chain);

    /**
     * What is wanted.
     *
     * @param accountKey in PEM
     * @param begun an order to go on with
     * @param replaced chain of the certificate that this is to renew
     * @param attempt how many went before; the way to prove the name changes with it
     */
    record Wish(String name, String accountKey, Optional<Order> begun, Optional<String> replaced, int attempt) {}

    /** Keeps orders, before anything is done with them. */
    @FunctionalInterface
    interface OrderLog {
        /** @throws InterruptedException when somebody else has the name by now */
        void made(Order order) throws InterruptedException;
    }

    /** How it went. */
    sealed interface Outcome {
        /** Its renewal is not yet planned. */
        record Certified(Issued issued, Optional<Window> renewal) implements Outcome {}

        record Failed(Refusal refusal) implements Outcome {}
    }

    /** Between these. */
    record Window(Instant start, Instant end) {}
}
