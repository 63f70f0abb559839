package dev.mayfly.acme;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** Pairs of keys on the curve P-256, which every authority and browser takes, as texts: both halves in PEM (RFC 7468), the private one first. */
final class Keys {
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private Keys() {}

    static KeyPair fresh() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has this curve", e);
        }
    }

    /** For certificates that are made here: what makes them signs with RSA alone. */
    static KeyPair rsa() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has RSA", e);
        }
    }

    static String text(KeyPair pair) {
        return privateText(pair) + block(PUBLIC, pair.getPublic().getEncoded());
    }

    static String privateText(KeyPair pair) {
        return block(PRIVATE, pair.getPrivate().getEncoded());
    }

    /** @throws IllegalArgumentException when that is not what {@link #text} made */
    static KeyPair read(String text) {
        try {
            var factory = KeyFactory.getInstance("EC");
            return new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(bytes(PUBLIC, text))),
                    factory.generatePrivate(new PKCS8EncodedKeySpec(bytes(PRIVATE, text))));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("a stored key is none", e);
        }
    }

    static String block(String label, byte[] bytes) {
        var lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(bytes);
        return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
    }

    private static byte[] bytes(String label, String text) {
        var begin = "-----BEGIN " + label + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + label + "-----");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("a stored key has no " + label);
        }
        return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
    }
}
