package dev.mayfly.gateway;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The rule from host names to what answers (DESIGN.md, section 9). Management answers only to exact names that are never below the function
 * domain, so a page of a function, or of a stranger whose name resolves to this machine, has no name to call it by.
 *
 * @param domain functions are one label below it
 * @param adminHost a further exact name of the management API; empty: none
 */
public record Hosts(String domain, Optional<String> adminHost) {
    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    /** Checks both names and their relation. */
    public Hosts {
        domain = host("--domain", domain);
        adminHost = adminHost.map(name -> host("--admin-host", name));
        var suffix = "." + domain;
        if (adminHost.filter(name -> name.endsWith(suffix)).isPresent()) {
            throw new IllegalArgumentException("--admin-host: " + adminHost.get()
                    + " (expected: a host that is not below --domain " + domain + ")");
        }
    }

    /** What {@code host} asks for on a listener with this port, which is {@code usual} where nobody says any. */
    Asked asked(Authority host, int port, int usual) {
        if ((LOCAL.contains(host.host()) && host.portOr(usual) == port)
                || adminHost.filter(host.host()::equals).isPresent()) {
            return new Asked.Management();
        }
        int label = host.host().length() - domain.length() - 1;
        if (label > 0 && host.host().endsWith(domain) && host.host().charAt(label) == '.') {
            return new Asked.Function(host.host().substring(0, label));
        }
        return new Asked.Unknown();
    }

    /** What a host name asks for. */
    sealed interface Asked {
        record Management() implements Asked {}

        record Function(String label) implements Asked {}

        record Unknown() implements Asked {}
    }

    private static String host(String option, String text) {
        return Authority.parse(text)
                .filter(authority -> authority.port() < 0)
                .map(authority -> authority.host().toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new IllegalArgumentException(
                        option + ": " + text + " (expected: a host name without a port, as in example.org)"));
    }
}
