package dev.mayfly.control;

import dev.mayfly.gateway.Hosts;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.store.Snapshot.Domain;

/**
 * Which names may be projects' own, and whether a project owns one. docs/decisions/0011-domains-by-dns.md says why only DNS counts.
 *
 * @param hosts the server's own names
 */
public record DomainChecks(Hosts hosts, DnsTxt dns) {

    /** @throws IllegalArgumentException saying what was expected */
    DomainName parse(String text) {
        var name = WrittenDomain.parse(text);
        if (name.value().endsWith("." + hosts.domain())) {
            throw new IllegalArgumentException("domain: " + name + " (expected: a name that is not below "
                    + hosts.domain() + ", where projects have theirs anyway)");
        }
        if (hosts.adminHost().filter(name.value()::equals).isPresent()) {
            throw new IllegalArgumentException(
                    "domain: " + name + " (expected: another name than that of the management API)");
        }
        return name;
    }

    static String expected(Domain domain) {
        return "mayfly-verify=" + domain.token();
    }

    /** @throws dev.mayfly.model.ProblemException when the owner of the name has not published the token */
    void requireProof(Domain domain) throws InterruptedException {
        var record = domain.name().proof();
        switch (dns.ask(record)) {
            case DnsTxt.Answer.Texts(var texts) when texts.contains(expected(domain)) -> {
                // it is theirs
            }
            case DnsTxt.Answer.Texts(var texts) ->
                throw new Problem(
                                ErrorCode.CONFLICT,
                                texts.isEmpty()
                                        ? "there is no TXT record " + record
                                        : "the TXT record " + record + " does not say " + expected(domain),
                                "publish " + record + " TXT " + expected(domain)
                                        + ", wait until it is seen everywhere, then mayfly domains verify "
                                        + domain.name())
                        .asException();
            case DnsTxt.Answer.Unanswered(var reason) ->
                throw new Problem(
                                ErrorCode.UNAVAILABLE,
                                "DNS did not tell the TXT record " + record + ": " + reason,
                                "try again; --dns HOST:PORT has the server ask another name server")
                        .asException();
        }
    }
}
