package dev.mayfly.server;

import dev.mayfly.gateway.Hosts;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which authority is asked for certificates, and how.
 *
 * @param directory URL of what it offers
 * @param email where it may write to; empty: nowhere
 * @param roots certificates of its own authority, in PEM; empty: those that Java trusts
 */
record AcmeOptions(URI directory, Optional<String> email, Optional<Path> roots, int ordersPerHour) {
    static final URI LETS_ENCRYPT = URI.create("https://acme-v02.api.letsencrypt.org/directory");
    static final int DEFAULT_ORDERS = 20;

    private static final int MOST_ORDERS = 1000;
    private static final Pattern EMAIL = Pattern.compile("[^\\s@,?<>]+@[^\\s@,?<>]+");
    private static final List<String> ONLY_WITH_ACME =
            List.of("--acme-directory", "--acme-ca", "--acme-orders", "--acme-agree-terms");

    /** Empty: no authority is asked. */
    static Optional<AcmeOptions> parse(RawOptions raw) {
        var acme = raw.value("--acme");
        var directory = raw.value("--acme-directory");
        var roots = raw.value("--acme-ca");
        var orders = raw.value("--acme-orders");
        boolean agreed = raw.flag("--acme-agree-terms");
        if (acme.isEmpty()) {
            var given = List.of(directory.isPresent(), roots.isPresent(), orders.isPresent(), agreed);
            if (given.contains(true)) {
                throw new IllegalArgumentException(
                        ONLY_WITH_ACME.get(given.indexOf(true)) + " (expected: with --acme EMAIL or --acme on)");
            }
            return Optional.empty();
        }
        var email = acme.filter(text -> !text.equals("on"));
        if (email.isPresent() && !EMAIL.matcher(email.get()).matches()) {
            throw new IllegalArgumentException(
                    "--acme: " + email.get() + " (expected: an address that the authority may write to, or on)");
        }
        if (!agreed) {
            throw new IllegalArgumentException("--acme: " + acme.get()
                    + " (expected: with --acme-agree-terms, which says that you agree to the terms of service of the"
                    + " authority; those of Let's Encrypt are at https://letsencrypt.org/repository/)");
        }
        return Optional.of(new AcmeOptions(
                directory.map(AcmeOptions::url).orElse(LETS_ENCRYPT),
                email,
                roots.map(text -> Path.of(text).toAbsolutePath().normalize()),
                orders.map(text -> ServerOptions.number("--acme-orders", text, "a number", MOST_ORDERS))
                        .orElse(DEFAULT_ORDERS)));
    }

    /** @throws IllegalArgumentException when the names of this server are not such as anybody certifies */
    void requirePublic(Hosts hosts) {
        if (directory.equals(LETS_ENCRYPT) && !hosts.domain().contains(".")) {
            throw new IllegalArgumentException("--acme (expected: with --domain NAME, a name in the public DNS below"
                    + " which projects answer; nobody certifies names below " + hosts.domain() + ")");
        }
    }

    private static URI url(String text) {
        try {
            var url = URI.create(text);
            if ("https".equals(url.getScheme()) && url.getHost() != null && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException notOne) {
            // told below
        }
        throw new IllegalArgumentException("--acme-directory: " + text
                + " (expected: the https URL of an authority's directory, as in " + LETS_ENCRYPT + ")");
    }
}
