package dev.mayfly.acme;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.exception.AcmeUserActionRequiredException;

/**
 * Why there is no certificate.
 *
 * @param reason in words that name the fix
 * @param limited whether it was too much for the authority
 * @param retryAfter when it wants to be asked again
 * @param orderOver whether its order cannot be gone on with
 */
record Refusal(String reason, boolean limited, Optional<Instant> retryAfter, boolean orderOver) {
    private static final int LONGEST = 300;
    private static final String TYPE = "urn:ietf:params:acme:error:";
    private static final Set<String> PASSING = Set.of(TYPE + "serverInternal", TYPE + "badNonce");

    static Refusal of(String reason) {
        return new Refusal(reason, false, Optional.empty(), true);
    }

    /** Nothing came of it so far; the order may be fine. */
    static Refusal unfinished(String reason) {
        return new Refusal(reason + ": it is asked again", false, Optional.empty(), false);
    }

    /** The authority, or the way to it, does not answer as it should; the order may be fine. */
    static Refusal unanswered(String authority, String why) {
        return new Refusal(
                "the authority " + authority + " did not answer: " + plain(why)
                        + "; this server must reach it by https",
                false,
                Optional.empty(),
                false);
    }

    /** An order or a proof of {@code name} was given up. */
    static Refusal of(String name, Optional<Problem> problem) {
        return of(problem.map(told -> says(
                        name,
                        told.getType().toString(),
                        told.getDetail().orElse(told.getType().toString())))
                .orElse("the authority gave the order up without a reason: it is asked again"));
    }

    /** Whether {@code e} says nothing against what was asked for: the same can be asked again. */
    static boolean passes(AcmeServerException e) {
        return e instanceof AcmeRateLimitedException
                || PASSING.contains(e.getType().toString());
    }

    static Refusal of(String authority, String name, AcmeException e) {
        return switch (e) {
            case AcmeRateLimitedException limited ->
                new Refusal(
                        "a limit of the authority is reached: " + plain(message(limited))
                                + "; it is asked again when that is over",
                        true,
                        limited.getRetryAfter(),
                        false);
            case AcmeUserActionRequiredException action ->
                of("the authority wants its terms of service agreed to again"
                        + action.getTermsOfServiceUri()
                                .map(uri -> " (" + plain(uri.toString()) + ")")
                                .orElse("")
                        + ": start the server again");
            case AcmeServerException server ->
                new Refusal(
                        says(name, server.getType().toString(), message(server)),
                        false,
                        Optional.empty(),
                        !passes(server));
            case AcmeNetworkException network -> unanswered(authority, message(network));
            default -> unanswered(authority, message(e));
        };
    }

    /** What the problem of an order or a challenge (RFC 8555, section 6.7) means for whoever runs this server. */
    static String says(String name, String type, String detail) {
        var told = " (" + plain(detail) + ")";
        return switch (type.startsWith(TYPE) ? type.substring(TYPE.length()) : type) {
            case "dns" ->
                "the authority finds no address of " + name + ": point its A, AAAA or CNAME record to this server"
                        + told;
            case "connection", "tls" ->
                "the authority does not reach this server at " + name
                        + ": its DNS must point here, and ports 80 and 443 must be open and lead to --redirect-http and --listen"
                        + told;
            case "unauthorized", "incorrectResponse" ->
                "the authority found no proof of this server at " + name
                        + ": its A, AAAA or CNAME record must point here and nowhere else, and ports 80 and 443 must"
                        + " lead to --redirect-http and --listen" + told;
            case "caa" ->
                "the CAA record of " + name + " forbids this authority: allow it there, or remove the record" + told;
            case "rejectedIdentifier", "unsupportedIdentifier" ->
                "the authority certifies no such name as " + name + ": give it a certificate with --tls-certs" + told;
            case "externalAccountRequired" ->
                "the authority wants an account that was made with it beforehand, which"
                        + " is not supported: choose another one with --acme-directory" + told;
            case "invalidContact", "unsupportedContact" ->
                "the authority does not take the address after --acme:" + " give another one, or none with --acme on"
                        + told;
            case "accountDoesNotExist", "userActionRequired" -> "the authority does not accept this account" + told;
            default -> "the authority refused" + told;
        };
    }

    private static String message(Throwable e) {
        var cause = e.getCause();
        var text = e instanceof AcmeNetworkException && cause != null ? cause.getMessage() : e.getMessage();
        return text == null ? (cause == null ? e : cause).getClass().getSimpleName() : text;
    }

    /** One short line without anything that a terminal would obey: it came from outside. */
    static String plain(String text) {
        var line = new StringBuilder();
        text.codePoints()
                .limit(LONGEST)
                .forEach(point -> line.appendCodePoint(
                        Character.isISOControl(point) || Character.getType(point) == Character.FORMAT ? ' ' : point));
        return line.toString().strip();
    }
}
