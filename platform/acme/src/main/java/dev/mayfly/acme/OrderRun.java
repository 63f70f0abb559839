package dev.mayfly.acme;

import dev.mayfly.acme.Authority.OrderLog;
import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Wish;
import dev.mayfly.store.CertificateStore;
import java.net.MalformedURLException;
import java.net.URI;
import java.security.KeyPair;
import java.util.Optional;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One order, from wherever it is to its end (RFC 8555, section 7.1.6): whatever state it says it is in, the one next step is taken. */
record OrderRun(Login login, Wish wish, OrderLog log, Proof proof, Looks looks) {
    private static final Logger LOG = LoggerFactory.getLogger(OrderRun.class);

    private record Begun(Order order, KeyPair key) {}

    Outcome outcome() throws AcmeException, InterruptedException {
        var begun = wish.begun().isPresent() ? resumed(wish.begun().get()) : Optional.<Begun>empty();
        var run = begun.isPresent() ? begun.get() : fresh();
        var order = run.order();
        boolean finalized = false;
        for (int i = 0; i < Looks.MOST; i++) {
            var status = order.getStatus();
            switch (status) {
                case PENDING -> {
                    for (var authorization : order.getAuthorizations()) {
                        var refusal = proof.give(authorization);
                        if (refusal.isPresent()) {
                            return new Outcome.Failed(refusal.get());
                        }
                    }
                }
                case READY -> {
                    if (!finalized) {
                        order.execute(run.key());
                        finalized = true;
                    }
                }
                case PROCESSING -> finalized = true;
                case VALID -> {
                    return ended(run);
                }
                default -> {
                    return new Outcome.Failed(Refusal.of(wish.name(), order.getError()));
                }
            }
            var retryAfter = order.fetch();
            if (order.getStatus() == status || order.getStatus() == Status.PROCESSING) {
                looks.rest(retryAfter);
            }
        }
        return new Outcome.Failed(Refusal.unfinished("the authority did not come to an end with its order"));
    }

    /** Empty where the authority knows nothing of it any more, or has given it up. */
    private Optional<Begun> resumed(CertificateStore.Order known) throws AcmeException {
        try {
            var order = login.bindOrder(URI.create(known.url()).toURL());
            order.fetch();
            if (order.getStatus() != Status.INVALID) {
                LOG.info("{}: going on with an order that was begun before", wish.name());
                return Optional.of(new Begun(order, Keys.read(known.key())));
            }
        } catch (AcmeServerException e) {
            if (Refusal.passes(e)) {
                throw e;
            }
            LOG.debug("{}: the order that was begun before is no more", wish.name(), e);
        } catch (MalformedURLException | IllegalArgumentException e) {
            LOG.debug("{}: the order that was begun before cannot be read", wish.name(), e);
        }
        return Optional.empty();
    }

    private Begun fresh() throws AcmeException, InterruptedException {
        var key = Keys.fresh();
        var order = created();
        log.made(new CertificateStore.Order(order.getLocation().toString(), Keys.text(key)));
        return new Begun(order, key);
    }

    /** An authority that does not want to hear that one certificate follows another is told nothing of it. */
    private Order created() throws AcmeException {
        var replaced = wish.replaced().isPresent()
                ? RenewalInformation.id(login, wish.replaced().get())
                : Optional.<String>empty();
        if (replaced.isPresent()) {
            try {
                return login.newOrder()
                        .domain(wish.name())
                        .replaces(replaced.get())
                        .create();
            } catch (AcmeServerException e) {
                if (Refusal.passes(e)) {
                    throw e;
                }
                LOG.debug("{}: ordered without the one before", wish.name(), e);
            }
        }
        return login.newOrder().domain(wish.name()).create();
    }

    private Outcome ended(Begun run) throws AcmeException {
        var certificate = run.order().getCertificate();
        var received = new Received(certificate.getLocation().toString(), certificate.getCertificateChain(), run.key());
        var wrong = received.wrong(wish.name(), looks.clock().instant());
        if (wrong.isPresent()) {
            return new Outcome.Failed(Refusal.of("the authority's certificate " + wrong.get() + ": it is asked again"));
        }
        var issued = received.issued();
        return new Outcome.Certified(issued, RenewalInformation.window(login, issued.chain()));
    }
}
