package dev.mayfly.acme;

import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Validity;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What came at the end of an order, the certificate first. It is looked at before it is believed.
 *
 * @param url where it came from
 * @param key what it was ordered for
 */
record Received(String url, List<X509Certificate> chain, KeyPair key) {
    /** What is wrong with it, in words that go on after "the authority's certificate"; empty: nothing. */
    Optional<String> wrong(String name, Instant now) {
        if (chain.isEmpty()) {
            return Optional.of("is missing");
        }
        var leaf = chain.getFirst();
        try {
            if (!leaf.getPublicKey().equals(key.getPublic())) {
                return Optional.of("is for another key");
            }
            var names = leaf.getSubjectAlternativeNames();
            if (names == null || names.stream().noneMatch(each -> name.equals(each.get(1)))) {
                return Optional.of("is for another name");
            }
        } catch (CertificateException e) {
            return Optional.of("has names that cannot be read");
        }
        var end = leaf.getNotAfter().toInstant();
        return end.isAfter(now) ? Optional.empty() : Optional.of("ended on " + end);
    }

    /** For keeping; when it is to be renewed is not yet said. */
    Issued issued() {
        var leaf = chain.getFirst();
        var validity = new Validity(
                url,
                leaf.getNotBefore().toInstant().toEpochMilli(),
                leaf.getNotAfter().toInstant().toEpochMilli(),
                0);
        var text = new StringBuilder();
        for (var certificate : chain) {
            try {
                text.append(Keys.block("CERTIFICATE", certificate.getEncoded()));
            } catch (CertificateException e) {
                throw new IllegalArgumentException(e);
            }
        }
        return new Issued(validity, text.toString(), Keys.privateText(key));
    }
}
