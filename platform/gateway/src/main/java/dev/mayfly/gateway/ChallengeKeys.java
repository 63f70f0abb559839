package dev.mayfly.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509KeyManager;

/** Certificates as {@code usual} chooses them by name, and in handshakes that look for a proof what {@code challenges} shows. */
record ChallengeKeys(PemKeyCertOptions usual, Challenges challenges) implements KeyCertOptions {
    @Override
    public KeyCertOptions copy() {
        return this; // nobody changes it
    }

    /** For names that {@code usual} has nothing for. */
    @Override
    public KeyManagerFactory getKeyManagerFactory(Vertx vertx) throws Exception {
        return over(usual.getKeyManagerFactory(vertx), false, vertx);
    }

    @Override
    @SuppressWarnings("NullAway") // no factory means the one for all other names
    public Function<String, KeyManagerFactory> keyManagerFactoryMapper(Vertx vertx) throws Exception {
        var byName = usual.keyManagerFactoryMapper(vertx);
        Map<KeyManagerFactory, KeyManagerFactory> made = new ConcurrentHashMap<>();
        return name -> {
            var factory = byName.apply(name);
            return factory == null
                    ? null
                    : made.computeIfAbsent(factory, known -> {
                        try {
                            return over(known, true, vertx);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    });
        };
    }

    private KeyManagerFactory over(KeyManagerFactory factory, boolean named, Vertx vertx) throws Exception {
        var keys = (X509KeyManager) factory.getKeyManagers()[0];
        return KeyCertOptions.wrap(new ChallengeKeyManager(keys, challenges, named))
                .getKeyManagerFactory(vertx);
    }
}
