package dev.mayfly.acme;

import dev.mayfly.store.CertificateStore.Issued;
import dev.mayfly.store.CertificateStore.Order;
import dev.mayfly.store.CertificateStore.Validity;
import io.netty.pkitesting.CertificateBuilder;
import java.time.Clock;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** An authority that gives a certificate for ninety days at once, unless its script says otherwise. */
final class ScriptedAuthority implements Authority {
    static final Duration LIFE = Duration.ofDays(90);

    final List<Wish> wishes = new CopyOnWriteArrayList<>();
    final Deque<Script> scripts = new ConcurrentLinkedDeque<>();
    private final Clock clock;
    Optional<Window> window = Optional.empty();
    int asked;

    /** What happens instead. */
    @FunctionalInterface
    interface Script {
        Outcome answer(Wish wish, OrderLog log) throws InterruptedException;
    }

    ScriptedAuthority(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Outcome certify(Wish wish, OrderLog log) throws InterruptedException {
        wishes.add(wish);
        var script = scripts.poll();
        if (script != null) {
            return script.answer(wish, log);
        }
        if (wish.begun().isEmpty()) {
            log.made(new Order("https://ca.example/order/" + wishes.size(), Keys.text(Keys.fresh())));
        }
        return new Outcome.Certified(issued(wish.name()), Optional.empty());
    }

    @Override
    public Optional<Window> renewal(String accountKey, String chain) {
        asked++;
        return window;
    }

    Issued issued(String name) {
        var from = clock.instant();
        try {
            var bundle = new CertificateBuilder()
                    .algorithm(CertificateBuilder.Algorithm.ecp256)
                    .subject("CN=" + name)
                    .addSanDnsName(name)
                    .notBefore(from)
                    .notAfter(from.plus(LIFE))
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
            return new Issued(
                    new Validity(
                            "https://ca.example/certificate/" + wishes.size(),
                            from.toEpochMilli(),
                            from.plus(LIFE).toEpochMilli(),
                            0),
                    bundle.getCertificatePathPEM(),
                    bundle.getPrivateKeyPEM());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    List<String> names() {
        return wishes.stream().map(Wish::name).toList();
    }

    static Script refuses(Refusal refusal) {
        return (wish, log) -> new Outcome.Failed(refusal);
    }

    /** Never comes back by itself, and says when it has begun. */
    static Script hangs(CountDownLatch begun) {
        return (wish, log) -> {
            begun.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("nobody opens that latch");
        };
    }
}
