package dev.mayfly.acme;

import java.net.URI;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Whom to ask for certificates, and how often.
 *
 * @param directory of the authority (RFC 8555, section 7.1.1)
 * @param email where it may write to
 * @param trusted whom to trust when talking to it; empty: the authorities that this Java trusts
 * @param ordersPerHour of all names together
 * @param plainPort whether clients of port 80 come to this server
 */
public record AcmeSettings(
        URI directory, Optional<String> email, Optional<SSLContext> trusted, int ordersPerHour, boolean plainPort) {}
