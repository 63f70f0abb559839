package dev.mayfly.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.acme.Authority.Outcome;
import dev.mayfly.acme.Authority.Wish;
import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.gateway.Certificates.Pem;
import dev.mayfly.gateway.Challenges;
import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Somebody who asks a {@link FakeAcme} for certificates, and whose pauses take no time. */
final class Asking implements AutoCloseable {
    static final String NAME = "shop.example.org";
    static final String ACCOUNT = Keys.text(Keys.fresh());

    final Challenges challenges = new Challenges();
    final List<Order> made = new ArrayList<>();
    final FakeAcme acme;

    Asking() throws IOException {
        acme = new FakeAcme(challenges, Clock.systemUTC());
    }

    Outcome certify(Wish wish) throws InterruptedException {
        return authority(true).certify(wish, made::add);
    }

    Authority authority(boolean plainPort) {
        return authority(acme.directory(), plainPort, Duration.ofSeconds(20));
    }

    /** With somebody who waits for an answer for a second. */
    Outcome impatient() throws InterruptedException {
        return authority(acme.directory(), true, Duration.ofSeconds(1)).certify(wish(0), made::add);
    }

    private Authority authority(URI directory, boolean plainPort, Duration timeout) {
        return new Acme4jAuthority(
                directory,
                Optional.of("ops@example.org"),
                null,
                challenges,
                plainPort,
                timeout,
                new Looks(Clock.systemUTC(), time -> {}));
    }

    String base(String path) {
        return acme.directory().resolve(path).toString();
    }

    static Wish wish(int attempt) {
        return new Wish(NAME, ACCOUNT, Optional.empty(), Optional.empty(), attempt);
    }

    static Wish wish(int attempt, Order begun) {
        return new Wish(NAME, ACCOUNT, Optional.of(begun), Optional.empty(), attempt);
    }

    static Wish renewing(String chain) {
        return new Wish(NAME, ACCOUNT, Optional.empty(), Optional.of(chain), 0);
    }

    static Issued certified(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Certified.class);
        return ((Outcome.Certified) outcome).issued();
    }

    static Refusal refused(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome).refusal();
    }

    static Pair pair(Issued issued) {
        return Pair.of(new Pem("chain", Buffer.buffer(issued.chain()), "key", Buffer.buffer(issued.key())));
    }

    @Override
    public void close() {
        acme.close();
    }
}
