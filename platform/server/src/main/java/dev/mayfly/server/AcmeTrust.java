package dev.mayfly.server;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whom to trust when talking to an authority that the public ones do not certify. */
final class AcmeTrust {
    private AcmeTrust() {}

    /** @throws ProblemException when {@code file} holds no certificates */
    static SSLContext read(Path file) {
        try (var in = Files.newInputStream(file)) {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("root" + number++, certificate);
            }
            if (number == 0) {
                throw none(file);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw none(file);
        }
    }

    private static ProblemException none(Path file) {
        return new Problem(ErrorCode.BAD_REQUEST, "--acme-ca: " + file + " (expected: a file with certificates in PEM)")
                .asException();
    }
}
