package dev.mayfly.acme;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import org.shredzone.acme4j.util.CertificateUtils;

/** Certifies what a request asks for, unless it is told to do it wrong. */
final class FakeIssuer {
    volatile boolean otherKey;
    volatile boolean otherName;
    volatile boolean ended;
    volatile boolean withoutKeyId;

    private final Clock clock;
    private final X509Bundle root;

    FakeIssuer(Clock clock) {
        this.clock = clock;
        this.root = root(clock);
    }

    private static X509Bundle root(Clock clock) {
        try {
            return new CertificateBuilder()
                    .algorithm(CertificateBuilder.Algorithm.ecp256)
                    .subject("CN=fake")
                    .notBefore(clock.instant().minus(Duration.ofDays(1)))
                    .notAfter(clock.instant().plus(Duration.ofDays(1000)))
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A chain in PEM for a request in the form of RFC 8555, section 7.4. */
    String issue(String name, String csr) throws Exception {
        var request = CertificateUtils.readCSR(new ByteArrayInputStream(
                Keys.block("CERTIFICATE REQUEST", Base64.getUrlDecoder().decode(csr))
                        .getBytes(StandardCharsets.US_ASCII)));
        var wanted = KeyFactory.getInstance("EC")
                .generatePublic(
                        new X509EncodedKeySpec(request.getSubjectPublicKeyInfo().getEncoded()));
        var builder = new CertificateBuilder();
        if (!withoutKeyId) {
            builder.addExtensionOctetString("2.5.29.35", false, new byte[] {0x30, 4, (byte) 0x80, 2, 7, 7});
        }
        return builder.algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=issued")
                .addSanDnsName(otherName ? "other.example.org" : name)
                .publicKey(otherKey ? Keys.fresh().getPublic() : wanted)
                .notBefore(clock.instant().minus(Duration.ofHours(1)))
                .notAfter(clock.instant().plus(ended ? Duration.ofMinutes(-1) : Duration.ofDays(90)))
                .buildIssuedBy(root)
                .getCertificatePathPEM();
    }
}
