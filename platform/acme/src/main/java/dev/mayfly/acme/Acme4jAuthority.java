package dev.mayfly.acme;

import dev.mayfly.gateway.Challenges;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Session;
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

    /** Of one answer; a call has many. */
    private final Duration timeout;

    private final URI directory;
    private final Optional<String> email;
    private final Provider provider;
    private final Challenges challenges;
    private final boolean plainPort;
    private final Pause pause;
    private final Clock clock;

    /** Passes time. */
    @FunctionalInterface
    interface Pause {
        void pass(Duration time) throws InterruptedException;
    }

    /**
     * @param trusted null: the authorities that this Java trusts
     * @param plainPort whether this server answers in clear text what {@code challenges} show
     */
    Acme4jAuthority(
            URI directory,
            Optional<String> email,
            @Nullable SSLContext trusted,
            Challenges challenges,
            boolean plainPort,
            Duration timeout,
            Pause pause,
            Clock clock) {
        this.directory = directory;
        this.email = email;
        this.provider = new Provider(trusted);
        this.challenges = challenges;
        this.plainPort = plainPort;
        this.timeout = timeout;
        this.pause = pause;
        this.clock = clock;
    }

    @Override
    public Outcome certify(Wish wish, OrderLog log) throws InterruptedException {
        var session = session();
        try {
            return new OrderRun(
                            login(session, Keys.read(wish.accountKey())),
                            wish,
                            log,
                            challenges,
                            plainPort,
                            pause,
                            clock)
                    .outcome();
        } catch (AcmeException e) {
            throwIfInterrupted(e);
            LOG.debug("no certificate for {}", wish.name(), e);
            return new Outcome.Failed(Refusal.of(directory.toString(), wish.name(), e));
        } catch (AcmeLazyLoadingException e) {
            throwIfInterrupted(e);
            LOG.debug("no certificate for {}", wish.name(), e);
            return new Outcome.Failed(
                    e.getCause() instanceof AcmeException cause
                            ? Refusal.of(directory.toString(), wish.name(), cause)
                            : noAcme(e));
        } catch (AcmeProtocolException | IllegalArgumentException | IllegalStateException e) {
            // what the client of the protocol throws where an answer is not what it should be
            throwIfInterrupted(e);
            LOG.debug("no certificate for {}", wish.name(), e);
            return new Outcome.Failed(noAcme(e));
        } finally {
            challenges.forget(wish.name());
            session.getHttpClient().shutdownNow(); // or its thread would live until somebody collects it
        }
    }

    @Override
    public Optional<Window> renewal(String accountKey, String chain) throws InterruptedException {
        var session = session();
        try {
            return window(login(session, Keys.read(accountKey)), first(chain));
        } catch (AcmeException
                | CertificateException
                | AcmeProtocolException
                | AcmeLazyLoadingException
                | IllegalArgumentException
                | IllegalStateException e) {
            throwIfInterrupted(e);
            LOG.debug("{} does not say when to renew", directory, e);
            return Optional.empty();
        } finally {
            session.getHttpClient().shutdownNow();
        }
    }

    private Refusal noAcme(RuntimeException e) {
        return Refusal.unanswered(directory.toString(), "this is not ACME: " + e.getMessage());
    }

    /** Empty where the authority does not offer that. */
    static Optional<Window> window(Login login, X509Certificate certificate) throws AcmeException {
        if (!OrderRun.saysWhenToRenew(login)) {
            return Optional.empty();
        }
        var info = login.bindRenewalInfo(certificate);
        var start = info.getSuggestedWindowStart();
        var end = info.getSuggestedWindowEnd();
        return end.isAfter(start) ? Optional.of(new Window(start, end)) : Optional.empty();
    }

    static X509Certificate first(String chain) throws CertificateException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(chain.getBytes(StandardCharsets.US_ASCII)));
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
            if (cause instanceof InterruptedException || cause instanceof java.io.InterruptedIOException) {
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
