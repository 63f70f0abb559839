package dev.mayfly.gateway;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the edge shows to an authority that wants to see whether a host name leads here, before it certifies that (RFC 8555, section 8.3, and RFC
 * 8737). Nothing is shown to anybody where no certificate is being made. For many threads.
 */
public final class Challenges {
    /** The protocol of a handshake that only looks for a proof. */
    public static final String PROTOCOL = "acme-tls/1";

    static final String PATH = "/.well-known/acme-challenge/";

    private final Map<String, Token> tokens = new ConcurrentHashMap<>();
    private final Map<String, Proof> proofs = new ConcurrentHashMap<>();
    private volatile Consumer<String> told = name -> {};

    private record Token(String host, String answer) {}

    /** Shown in a handshake of {@link #PROTOCOL}. */
    public record Proof(X509Certificate certificate, PrivateKey key) {}

    /**
     * From now on {@code uncertified} is told of each name that a client asked for by TLS and that has no certificate, in lower case, whether anything is
     * known of it or not; on the thread of the handshake.
     */
    public void tell(Consumer<String> uncertified) {
        told = uncertified;
    }

    /** From now on {@code answer} is what is at {@code token}'s path of {@code host}. */
    public void answer(String host, String token, String answer) {
        tokens.put(token, new Token(host, answer));
    }

    /** From now on {@code certificate} is what {@code host} shows in a handshake of {@link #PROTOCOL}. */
    public void show(String host, X509Certificate certificate, PrivateKey key) {
        proofs.put(host, new Proof(certificate, key));
    }

    /** Whatever {@code host} was to show is shown no longer. */
    public void forget(String host) {
        tokens.values().removeIf(token -> token.host().equals(host));
        proofs.remove(host);
    }

    /** What {@code path} of {@code host} answers; null: it is no matter of this. */
    public @Nullable String at(String host, String path) {
        if (tokens.isEmpty() || !path.startsWith(PATH)) {
            return null;
        }
        var token = tokens.get(path.substring(PATH.length()));
        return token == null || !token.host().equals(host) ? null : token.answer();
    }

    /** Null: nothing is shown. */
    public @Nullable Proof of(String host) {
        return proofs.get(host.toLowerCase(Locale.ROOT));
    }

    void uncertified(String host) {
        told.accept(host.toLowerCase(Locale.ROOT));
    }
}
