package dev.mayfly.gateway;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/** Certificates made here, with their keys. */
final class TestCertificates {
    private TestCertificates() {}

    static X509Bundle bundle(CertificateBuilder.Algorithm algorithm, String... names) {
        var builder = new CertificateBuilder()
                .algorithm(algorithm)
                .subject("CN=" + names[0])
                .notBefore(Instant.now().minus(1, ChronoUnit.DAYS))
                .notAfter(Instant.now().plus(40, ChronoUnit.DAYS))
                .setIsCertificateAuthority(true);
        builder.addExtensionOctetString("2.5.29.17", false, alternativeNames(names));
        try {
            return builder.buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** RFC 5280, section 4.2.1.6, of short names: the builder's own method takes none with a star. */
    private static byte[] alternativeNames(String... names) {
        var all = new ByteArrayOutputStream();
        for (var name : names) {
            all.write(0x82);
            all.write(name.length());
            all.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        }
        var sequence = new ByteArrayOutputStream();
        sequence.write(0x30);
        sequence.write(all.size());
        sequence.writeBytes(all.toByteArray());
        return sequence.toByteArray();
    }

    static X509Bundle bundle(String... names) {
        return bundle(CertificateBuilder.Algorithm.ecp256, names);
    }

    /** One for each of {@code names}. */
    static Certificates all(String... names) {
        return new Certificates(
                Arrays.stream(names).map(name -> pair(bundle(name))).toList());
    }

    static Certificates.Pair pair(X509Bundle bundle) {
        return Certificates.Pair.of(new Certificates.Pem(
                "chain",
                Buffer.buffer(bundle.getCertificatePathPEM()),
                "key",
                Buffer.buffer(bundle.getPrivateKeyPEM())));
    }

    static void write(X509Bundle bundle, Path chain, Path key) throws IOException {
        Files.writeString(chain, bundle.getCertificatePathPEM());
        Files.writeString(key, bundle.getPrivateKeyPEM());
    }
}
