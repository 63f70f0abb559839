package dev.mayfly.acme;

import dev.mayfly.gateway.Challenges;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.provider.GenericAcmeProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An authority on the network. Each call is a session of its own, so that none waits for another's nonce. */
final class Acme4jAuthority implements Authority {
    private static final Logger LOG = LoggerFactory.getLogger(Acme4jAuthority.class);

    private final URI directory;
    private final Optional<String> email;
    private final Provider provider;
    private final Duration timeout;
    private final Challenges challenges;
    private final boolean plainPort;
    private final Looks looks;

    /**
     * @param trusted null: the authorities that this Java trusts
     * @param plainPort whether this server answers in clear text what {@code challenges} show
     * @param timeout of one answer; a call has many
     */
    Acme4jAuthority(
            URI directory,
            Optional<String> email,
            @Nullable SSLContext trusted,
            Challenges challenges,
            boolean plainPort,
            Duration timeout,
            Looks looks) {
        this.directory = directory;
        this.email = email;
        this.provider = new Provider(trusted);
        this.challenges = challenges;
        this.plainPort = plainPort;
        this.timeout = timeout;
        this.looks = looks;
    }

    @Override
    public Outcome certify(Wish wish, OrderLog log) throws InterruptedException {
        var session = session();
        try {
            var login = login(session, Keys.read(wish.accountKey()));
            var proof = new Proof(wish.name(), challenges, plainPort, wish.attempt(), looks);
            return new OrderRun(login, wish, log, proof, looks).outcome();
        } catch (AcmeException
                | AcmeProtocolException
                | AcmeLazyLoadingException
                | IllegalArgumentException
                | IllegalStateException e) {
            // unchecked ones are thrown where an answer is not what it should be
            throwIfInterrupted(e);
            LOG.debug("no certificate for {}", wish.name(), e);
            return new Outcome.Failed(refusal(wish.name(), e));
        } finally {
            challenges.forget(wish.name());
            session.getHttpClient().shutdownNow(); // or its thread would live until somebody collects it
        }
    }

    private Refusal refusal(String name, Exception e) {
        var known = e instanceof AcmeLazyLoadingException ? e.getCause() : e;
        return known instanceof AcmeException said
                ? Refusal.of(directory.toString(), name, said)
                : Refusal.unanswered(directory.toString(), "this is not ACME: " + e.getMessage());
    }

    @Override
    public Optional<Window> renewal(String accountKey, String chain) {
        var session = session();
        try {
            return RenewalInformation.window(login(session, Keys.read(accountKey)), chain);
        } catch (AcmeException | RuntimeException e) {
            LOG.debug("{} does not say when to renew", directory, e);
            return Optional.empty();
        } finally {
            session.getHttpClient().shutdownNow();
        }
    }

    private Session session() {
        var session = new Session(directory, provider);
        session.networkSettings().setTimeout(timeout);
        return session;
    }

    private Login login(Session session, KeyPair account) throws AcmeException {
        var builder = new AccountBuilder().agreeToTermsOfService().useKeyPair(account);
        email.ifPresent(builder::addEmail);
        return builder.createLogin(session);
    }

    /** An interrupted call ends with whatever its parts make of that. */
    private static void throwIfInterrupted(Exception e) throws InterruptedException {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof InterruptedException) {
                throw (InterruptedException) new InterruptedException("while waiting for the authority").initCause(e);
            }
        }
        if (Thread.interrupted()) {
            throw (InterruptedException) new InterruptedException("while waiting for the authority").initCause(e);
        }
    }

    /** Any directory, and whom to trust beside what Java does. */
    private static final class Provider extends GenericAcmeProvider {
        private final @Nullable SSLContext trusted;

        Provider(@Nullable SSLContext trusted) {
            this.trusted = trusted;
        }

        @Override
        public Connection connect(URI server, NetworkSettings settings, HttpClient client) {
            return new WholeAnswers(createHttpConnector(settings, client), settings.getTimeout());
        }

        @Override
        public HttpClient createHttpClient(NetworkSettings settings) {
            var builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .connectTimeout(settings.getTimeout());
            if (trusted != null) {
                builder.sslContext(trusted);
            }
            return builder.build();
        }
    }
}
