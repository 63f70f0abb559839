package dev.mayfly.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * What listeners show to clients of TLS. A client that names a host is shown the first whose certificate is for it, any other the first of all.
 * Immutable.
 */
public record Certificates(List<Pair> pairs) {
    /** What is signed with which key: those that browsers take. */
    private static final Map<String, String> ALGORITHMS = Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA");

    private static final byte[] SIGNED = {1, 2, 3};
    private static final int DNS_NAME = 2;

    /** @throws IllegalArgumentException when there is none */
    public Certificates {
        pairs = List.copyOf(pairs);
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException("there is no certificate");
        }
    }

    /** @throws IllegalArgumentException when there is none, or saying what is wrong with which of them */
    public static Certificates of(List<Pem> content) {
        return new Certificates(content.stream().map(Pair::of).toList());
    }

    /**
     * A certificate with its key.
     *
     * @param names of hosts that it is for, some with a {@code *}
     * @param until when it ends
     */
    public record Pair(Pem pem, Set<String> names, Instant until) {

        /**
         * Reads both and tries whether they belong together.
         *
         * @throws IllegalArgumentException saying what is wrong with which of them
         */
        public static Pair of(Pem pem) {
            var certificate = certificate(pem);
            if (!ALGORITHMS.containsKey(certificate.getPublicKey().getAlgorithm())) {
                throw new IllegalArgumentException(
                        pem.chainName() + " (expected: a key of RSA or of an elliptic curve)");
            }
            if (!fits(pem, certificate.getPublicKey())) {
                throw new IllegalArgumentException(pem.keyName() + " (expected: the private key of " + pem.chainName()
                        + ", without a password, in PEM)");
            }
            return new Pair(pem, namesOf(certificate), certificate.getNotAfter().toInstant());
        }
    }

    /** Both as read from files, or from elsewhere; the names are for who is told of mistakes. */
    public record Pem(String chainName, Buffer chain, String keyName, Buffer key) {
        private PemKeyCertOptions options() {
            return new PemKeyCertOptions().addCertValue(chain).addKeyValue(key);
        }
    }

    /** Whether one of them is for {@code host}, by name or by a {@code *} in place of its first label. */
    public boolean covers(String host) {
        var parent = "*" + host.substring(Math.max(0, host.indexOf('.')));
        return pairs.stream()
                .flatMap(pair -> pair.names().stream())
                .anyMatch(name -> name.equalsIgnoreCase(host) || name.equalsIgnoreCase(parent));
    }

    /** The one that ends first. */
    public Pair first() {
        return pairs.stream().min(Comparator.comparing(Pair::until)).orElseThrow();
    }

    PemKeyCertOptions options() {
        var options = new PemKeyCertOptions();
        for (var pair : pairs) {
            options.addCertValue(pair.pem().chain()).addKeyValue(pair.pem().key());
        }
        return options;
    }

    private static X509Certificate certificate(Pem pem) {
        try {
            var all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.chain().getBytes()));
            if (!all.isEmpty()) {
                return (X509Certificate) all.iterator().next();
            }
        } catch (CertificateException e) {
            throw notOne(pem, e);
        }
        throw notOne(pem, null);
    }

    private static IllegalArgumentException notOne(Pem pem, @Nullable Exception cause) {
        return new IllegalArgumentException(
                pem.chainName() + " (expected: a certificate and those it rests on, in PEM)", cause);
    }

    private static boolean fits(Pem pem, PublicKey certified) {
        try {
            var manager =
                    (X509KeyManager) pem.options().getKeyManagerFactory(null).getKeyManagers()[0];
            var alias = manager.getServerAliases(certified.getAlgorithm(), null)[0];
            return signs(manager.getPrivateKey(alias), certified);
        } catch (Exception e) { // whatever its parts do not like
            return false;
        }
    }

    private static boolean signs(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        var algorithm = ALGORITHMS.get(certified.getAlgorithm());
        var signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(SIGNED);
        var signature = signing.sign();
        var verifying = Signature.getInstance(algorithm);
        verifying.initVerify(certified);
        verifying.update(SIGNED);
        return verifying.verify(signature);
    }

    private static Set<String> namesOf(X509Certificate certificate) {
        var names = new TreeSet<String>();
        try {
            var alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (var alternative : alternatives) {
                    if (Integer.valueOf(DNS_NAME).equals(alternative.get(0))) {
                        names.add((String) alternative.get(1));
                    }
                }
            }
        } catch (CertificateParsingException e) {
            throw new IllegalArgumentException("the certificate's names cannot be read", e);
        }
        return names;
    }
}
