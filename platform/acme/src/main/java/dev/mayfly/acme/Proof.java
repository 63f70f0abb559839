package dev.mayfly.acme;

import dev.mayfly.gateway.Challenges;
import java.util.List;
import java.util.Optional;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Identifier;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.exception.AcmeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows an authority that a name leads here (RFC 8555, section 7.5). It is shown at that name alone, whatever name the authority says.
 *
 * @param plainPort whether this server answers in clear text what {@code shown} has
 * @param attempt how many went before: where both ways are possible they take turns, as what is wrong with one port may not be with the other
 */
record Proof(String name, Challenges shown, boolean plainPort, int attempt, Looks looks) {
    private static final Logger LOG = LoggerFactory.getLogger(Proof.class);

    /** Empty where the authority is content. */
    Optional<Refusal> give(Authorization authorization) throws AcmeException, InterruptedException {
        if (authorization.getStatus() == Status.PENDING) {
            var challenge = challenge(authorization);
            if (challenge.isEmpty()) {
                return Optional.of(Refusal.of("the authority offers no way to prove " + name
                        + " that works here: --redirect-http HOST:80 adds http-01"));
            }
            show(challenge.get());
            LOG.info(
                    "{}: the authority looks whether it leads here, by {}",
                    name,
                    challenge.get().getType());
            if (challenge.get().getStatus() == Status.PENDING) {
                challenge.get().trigger();
            }
            await(authorization);
        }
        return switch (authorization.getStatus()) {
            case VALID -> Optional.empty();
            case PENDING ->
                Optional.of(Refusal.unfinished("the authority did not say whether " + name + " leads here"));
            default ->
                Optional.of(Refusal.of(
                        name,
                        authorization.getChallenges().stream()
                                .flatMap(challenge -> challenge.getError().stream())
                                .findFirst()));
        };
    }

    private void await(Authorization authorization) throws AcmeException, InterruptedException {
        for (int i = 0; i < Looks.MOST; i++) {
            var retryAfter = authorization.fetch();
            if (authorization.getStatus() != Status.PENDING) {
                return;
            }
            looks.rest(retryAfter);
        }
    }

    private Optional<Challenge> challenge(Authorization authorization) {
        var http = authorization
                .findChallenge(Http01Challenge.class)
                .filter(found -> plainPort)
                .map(Challenge.class::cast);
        var alpn = authorization.findChallenge(TlsAlpn01Challenge.class).map(Challenge.class::cast);
        var usable = List.of(http, alpn).stream().flatMap(Optional::stream).toList();
        return usable.isEmpty() ? Optional.empty() : Optional.of(usable.get(attempt % usable.size()));
    }

    private void show(Challenge challenge) {
        switch (challenge) {
            case Http01Challenge http -> shown.answer(name, http.getToken(), http.getAuthorization());
            case TlsAlpn01Challenge alpn -> {
                var key = Keys.rsa();
                shown.show(name, alpn.createCertificate(key, Identifier.dns(name)), key.getPrivate());
            }
            default -> throw new IllegalStateException("no challenge of ours: " + challenge.getType());
        }
    }
}
