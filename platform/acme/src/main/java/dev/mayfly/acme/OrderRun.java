package dev.mayfly.acme;

import dev.mayfly.acme.Acme4jAuthority.Pause;
import dev.mayfly.acme.Authority.OrderLog;
import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Window;
import dev.mayfly.acme.Authority.Wish;
import dev.mayfly.gateway.Challenges;
import dev.mayfly.store.CertificateStore;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Identifier;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.toolbox.AcmeUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One order, from wherever it is to its end (RFC 8555, section 7.1.6): whatever state it says it is in, the one next step is taken. */
final class OrderRun {
    private static final Logger LOG = LoggerFactory.getLogger(OrderRun.class);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** Looks at an order or an authorization that is not over: with the pauses between them, some minutes. */
    private static final int MOST_LOOKS = 60;

    private final Login login;
    private final Wish wish;
    private final OrderLog log;
    private final Challenges challenges;
    private final boolean plainPort;
    private final Pause pause;
    private final Clock clock;

    OrderRun(Login login, Wish wish, OrderLog log, Challenges challenges, boolean plainPort, Pause pause, Clock clock) {
        this.login = login;
        this.wish = wish;
        this.log = log;
        this.challenges = challenges;
        this.plainPort = plainPort;
        this.pause = pause;
        this.clock = clock;
    }

    private record Begun(Order order, KeyPair key) {}

    Outcome outcome() throws AcmeException, InterruptedException {
        var begun = wish.begun().isPresent() ? resumed(wish.begun().get()) : Optional.<Begun>empty();
        var run = begun.isPresent() ? begun.get() : fresh();
        boolean finalized = false;
        for (int looks = 0; looks < MOST_LOOKS; looks++) {
            var order = run.order();
            switch (order.getStatus()) {
                case PENDING -> {
                    for (var authorization : order.getAuthorizations()) {
                        var refusal = proven(authorization);
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
                    return certified(run);
                }
                default -> {
                    return new Outcome.Failed(refused(order.getError()));
                }
            }
            rest(order.fetch());
        }
        return new Outcome.Failed(new Refusal(
                "the authority did not come to an end with its order: it is asked again",
                false,
                Optional.empty(),
                false));
    }

    /** Empty where the authority knows nothing of it any more, or has given it up. */
    private Optional<Begun> resumed(CertificateStore.Order known) throws AcmeException {
        try {
            var order = login.bindOrder(java.net.URI.create(known.url()).toURL());
            order.fetch();
            if (order.getStatus() != Status.INVALID) {
                LOG.info("{}: going on with an order that was begun before", wish.name());
                return Optional.of(new Begun(order, Keys.read(known.key())));
            }
        } catch (AcmeServerException | java.net.MalformedURLException | IllegalArgumentException e) {
            LOG.debug("{}: the order that was begun before is no more", wish.name(), e);
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
        var replaced = replaced();
        if (replaced.isPresent()) {
            try {
                return login.newOrder()
                        .domain(wish.name())
                        .replaces(replaced.get())
                        .create();
            } catch (AcmeRateLimitedException e) {
                throw e;
            } catch (AcmeServerException e) {
                LOG.debug("{}: ordered without the one before", wish.name(), e);
            }
        }
        return login.newOrder().domain(wish.name()).create();
    }

    /** How the authority knows the certificate that is to be renewed (RFC 9773, section 4.1); some have nothing to be known by. */
    private Optional<String> replaced() throws AcmeException {
        if (wish.replaced().isEmpty() || !saysWhenToRenew(login)) {
            return Optional.empty();
        }
        try {
            return Optional.of(AcmeUtils.getRenewalUniqueIdentifier(
                    Acme4jAuthority.first(wish.replaced().get())));
        } catch (CertificateException | AcmeProtocolException e) {
            LOG.debug("{}: the one before cannot be named", wish.name(), e);
            return Optional.empty();
        }
    }

    static boolean saysWhenToRenew(Login login) throws AcmeException {
        return login.getSession().resourceUrlOptional(Resource.RENEWAL_INFO).isPresent();
    }

    /** Shows the authority that the name leads here; empty where that went well. */
    private Optional<Refusal> proven(Authorization authorization) throws AcmeException, InterruptedException {
        if (authorization.getStatus() == Status.PENDING) {
            var found = challenge(authorization);
            if (found.isEmpty()) {
                return Optional.of(Refusal.of("the authority offers no way to prove " + wish.name()
                        + " that works here: --redirect-http HOST:80 adds http-01"));
            }
            var challenge = found.get();
            show(challenge);
            LOG.info("{}: the authority looks whether it leads here, by {}", wish.name(), challenge.getType());
            if (challenge.getStatus() == Status.PENDING) {
                challenge.trigger();
            }
            for (int looks = 0; looks < MOST_LOOKS && authorization.getStatus() == Status.PENDING; looks++) {
                rest(authorization.fetch());
            }
        }
        if (authorization.getStatus() == Status.VALID) {
            return Optional.empty();
        }
        if (authorization.getStatus() == Status.PENDING) {
            return Optional.of(new Refusal(
                    "the authority did not say whether " + wish.name() + " leads here: it is asked again",
                    false,
                    Optional.empty(),
                    false));
        }
        return Optional.of(refused(authorization.getChallenges().stream()
                .flatMap(challenge -> challenge.getError().stream())
                .findFirst()));
    }

    /** One after the other with each attempt, where both are possible: what is wrong with one port may not be with the other. */
    private Optional<Challenge> challenge(Authorization authorization) {
        var alpn = authorization.findChallenge(TlsAlpn01Challenge.class).map(found -> (Challenge) found);
        var http = authorization
                .findChallenge(Http01Challenge.class)
                .filter(found -> plainPort)
                .map(found -> (Challenge) found);
        var usable = List.of(http, alpn).stream().flatMap(Optional::stream).toList();
        return usable.isEmpty() ? Optional.empty() : Optional.of(usable.get(wish.attempt() % usable.size()));
    }

    private void show(Challenge challenge) {
        switch (challenge) {
            case Http01Challenge http -> challenges.answer(wish.name(), http.getToken(), http.getAuthorization());
            case TlsAlpn01Challenge alpn -> {
                var key = Keys.rsa();
                challenges.show(
                        wish.name(), alpn.createCertificate(key, Identifier.dns(wish.name())), key.getPrivate());
            }
            default -> throw new IllegalStateException("no challenge of ours: " + challenge.getType());
        }
    }

    private Outcome certified(Begun run) throws AcmeException {
        var certificate = run.order().getCertificate();
        var chain = certificate.getCertificateChain();
        if (chain.isEmpty()) {
            return new Outcome.Failed(Refusal.of("the authority sent no certificate: it is asked again"));
        }
        var leaf = chain.getFirst();
        var wrong = wrong(leaf, run.key());
        if (wrong.isPresent()) {
            return new Outcome.Failed(Refusal.of("the authority's certificate " + wrong.get() + ": it is asked again"));
        }
        var validity = new CertificateStore.Validity(
                certificate.getLocation().toString(),
                leaf.getNotBefore().toInstant().toEpochMilli(),
                leaf.getNotAfter().toInstant().toEpochMilli(),
                0);
        return new Outcome.Certified(
                new CertificateStore.Issued(validity, text(chain), Keys.privateText(run.key())), window(leaf));
    }

    private Optional<String> wrong(X509Certificate leaf, KeyPair key) {
        try {
            if (!leaf.getPublicKey().equals(key.getPublic())) {
                return Optional.of("is for another key");
            }
            var names = leaf.getSubjectAlternativeNames();
            if (names == null || names.stream().noneMatch(name -> wish.name().equals(name.get(1)))) {
                return Optional.of("is for another name");
            }
            return leaf.getNotAfter().toInstant().isAfter(clock.instant())
                    ? Optional.empty()
                    : Optional.of("ended on " + leaf.getNotAfter().toInstant());
        } catch (CertificateException e) {
            return Optional.of("has names that cannot be read");
        }
    }

    private Optional<Window> window(X509Certificate leaf) {
        try {
            return Acme4jAuthority.window(login, leaf);
        } catch (AcmeException
                | AcmeProtocolException
                | AcmeLazyLoadingException
                | IllegalArgumentException
                | IllegalStateException e) {
            LOG.debug("{}: the authority does not say when to renew", wish.name(), e);
            return Optional.empty();
        }
    }

    private static String text(List<X509Certificate> chain) {
        var text = new StringBuilder();
        for (var certificate : chain) {
            try {
                text.append(Keys.block("CERTIFICATE", certificate.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException(e);
            }
        }
        return text.toString();
    }

    private Refusal refused(Optional<Problem> problem) {
        return Refusal.of(problem.map(told -> Refusal.says(
                        wish.name(),
                        told.getType().toString(),
                        told.getDetail().orElse(told.getType().toString())))
                .orElse("the authority gave the order up without a reason: it is asked again"));
    }

    /** As long as the authority wants, within bounds. */
    private void rest(Optional<Instant> retryAfter) throws InterruptedException {
        var wanted = retryAfter.map(at -> Duration.between(clock.instant(), at)).orElse(Duration.ofSeconds(1));
        pause.pass(
                wanted.compareTo(SHORTEST_PAUSE) < 0
                        ? SHORTEST_PAUSE
                        : wanted.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wanted);
    }
}
