package dev.mayfly.cli;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * What a server with {@code --acme} says of a domain's certificate.
 *
 * @param state empty: nothing
 * @param reason empty: nothing is wrong
 */
record DomainCertificate(String domain, String state, long until, String reason, long nextTry) {
    static DomainCertificate of(JsonObject domain) {
        var said = domain.object("certificate");
        return new DomainCertificate(
                domain.text("name"),
                said.text("state"),
                said.number("until"),
                said.text("reason"),
                said.number("nextTry"));
    }

    /** For a column. */
    String brief() {
        return switch (state) {
            case "issued" ->
                "until " + Instant.ofEpochMilli(until).atZone(ZoneOffset.UTC).toLocalDate();
            case "failed" -> "failed";
            case "pending" -> "on its way";
            default -> "";
        };
    }

    /** What is wrong, and when the server tries again. */
    Optional<String> trouble(long now) {
        if (reason.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("the certificate of " + domain
                + (state.equals("issued") ? " cannot be renewed: " : " cannot be had: ") + reason + "; next try "
                + (nextTry <= now ? "now" : "in " + Amounts.millis(nextTry - now)));
    }
}
