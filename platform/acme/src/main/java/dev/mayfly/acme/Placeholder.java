package dev.mayfly.acme;

import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Certificates.Pem;
import io.vertx.core.buffer.Buffer;
import java.security.cert.CertificateEncodingException;
import java.time.Clock;
import java.time.Duration;
import org.shredzone.acme4j.util.CertificateUtils;

/** What clients are shown while there is no certificate at all: one that nobody trusts, and that says so. */
public final class Placeholder {
    private static final Duration LIFE = Duration.ofDays(3650);

    private Placeholder() {}

    public static Pair make(Clock clock) {
        var keys = Keys.rsa();
        var now = clock.instant();
        var certificate = CertificateUtils.createTestRootCertificate(
                "CN=no certificate yet", now.minus(Duration.ofDays(1)), now.plus(LIFE), keys);
        try {
            return Pair.of(new Pem(
                    "the placeholder",
                    Buffer.buffer(Keys.block("CERTIFICATE", certificate.getEncoded())),
                    "the placeholder's key",
                    Buffer.buffer(Keys.privateText(keys))));
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }
}
