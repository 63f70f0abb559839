package dev.mayfly.acme;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.shredzone.acme4j.toolbox.JSON;
import org.shredzone.acme4j.toolbox.JoseUtils;

/** What a client asks of an authority, with the key that has signed it (RFC 8555, section 6.2). */
record SignedRequest(String nonce, String url, String payload, PublicKey key) {
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    /**
     * @param accounts their keys, by URL
     * @throws IllegalArgumentException when it is not signed with the key that it names
     */
    static SignedRequest read(String body, Map<String, PublicKey> accounts) throws Exception {
        var outer = JSON.parse(body);
        var header = JSON.parse(text(outer, "protected"));
        var key = header.contains("jwk")
                ? key(header.get("jwk").asObject())
                : Optional.ofNullable(accounts.get(header.get("kid").asString()))
                        .orElseThrow(() -> new IllegalArgumentException("kid"));
        var verifying = Signature.getInstance("SHA256withECDSAinP1363Format");
        verifying.initVerify(key);
        verifying.update(
                (outer.get("protected").asString() + "." + outer.get("payload").asString())
                        .getBytes(StandardCharsets.US_ASCII));
        if (!verifying.verify(DECODER.decode(outer.get("signature").asString()))) {
            throw new IllegalArgumentException("signature");
        }
        return new SignedRequest(
                header.get("nonce").asString(), header.get("url").asString(), text(outer, "payload"), key);
    }

    /** What has to be shown for {@code token} (section 8.1). */
    String proof(String token) {
        return token + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(JoseUtils.thumbprint(key));
    }

    private static PublicKey key(JSON jwk) throws Exception {
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(
                        new ECPoint(
                                new BigInteger(1, DECODER.decode(jwk.get("x").asString())),
                                new BigInteger(1, DECODER.decode(jwk.get("y").asString()))),
                        parameters.getParameterSpec(ECParameterSpec.class)));
    }

    private static String text(JSON json, String field) {
        return new String(DECODER.decode(json.get(field).asString()), StandardCharsets.UTF_8);
    }
}
