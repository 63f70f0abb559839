package dev.mayfly.gateway;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows a proof where a handshake looks for one, and nothing where there is none, so that such a handshake fails (RFC 8737, section 3). In every other
 * handshake it is as if it were not there.
 */
final class ChallengeKeyManager extends X509ExtendedKeyManager {
    private static final String PROOF = "acme:";

    private final X509KeyManager usual;
    private final Challenges challenges;
    private final boolean named;

    /** @param named whether what {@code usual} shows is for the name that was asked for */
    ChallengeKeyManager(X509KeyManager usual, Challenges challenges, boolean named) {
        this.usual = usual;
        this.challenges = challenges;
        this.named = named;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        if (Challenges.PROTOCOL.equals(engine.getHandshakeApplicationProtocol())) {
            var host = host(engine);
            var proof = host == null ? null : challenges.of(host);
            return proof != null && proof.key().getAlgorithm().equals(keyType) ? PROOF + host : null;
        }
        if (!named) {
            var host = host(engine);
            if (host != null) {
                challenges.uncertified(host);
            }
        }
        return usual instanceof X509ExtendedKeyManager extended
                ? extended.chooseEngineServerAlias(keyType, issuers, engine)
                : usual.chooseServerAlias(keyType, issuers, null);
    }

    private static @Nullable String host(SSLEngine engine) {
        if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
            for (var name : session.getRequestedServerNames()) {
                if (name instanceof SNIHostName host) {
                    return host.getAsciiName();
                }
            }
        }
        return null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        if (!alias.startsWith(PROOF)) {
            return usual.getCertificateChain(alias);
        }
        var proof = challenges.of(alias.substring(PROOF.length()));
        return proof == null ? null : new X509Certificate[] {proof.certificate()};
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        if (!alias.startsWith(PROOF)) {
            return usual.getPrivateKey(alias);
        }
        var proof = challenges.of(alias.substring(PROOF.length()));
        return proof == null ? null : proof.key();
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return usual.chooseServerAlias(keyType, issuers, socket);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return usual.getServerAliases(keyType, issuers);
    }

    // --- it is nobody's client

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }
}
