package dev.mayfly.acme;

import dev.mayfly.gateway.Certificates.Pair;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.local.LocalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/** Keepers of certificates over one store, with a clock that the test moves and an authority that it scripts. */
final class TestKeepers implements AutoCloseable {
    static final String DIRECTORY = "https://ca.example/directory";
    static final String ADMIN = "admin.example.net";

    /** All but {@link TestCatalog#SHOP}. */
    static final Set<String> OTHERS = Set.of(ADMIN, TestCatalog.OWNED);

    final TestClock clock = new TestClock(Instant.parse("2026-11-27T12:00:00Z"));
    final ScriptedAuthority authority = new ScriptedAuthority(clock);
    final List<List<Pair>> shown = new CopyOnWriteArrayList<>();
    final CertificateStore store;
    private final LocalStore local;
    private final List<CertificateKeeper> keepers = new ArrayList<>();

    TestKeepers(Path home) throws IOException {
        local = LocalStore.open(home, home.resolve("artifacts"), clock);
        store = local.certificates();
    }

    CertificateKeeper keeper(Snapshot snapshot) {
        return keeper(snapshot, Set.of(), 20, Runnable::run);
    }

    /** Of {@link TestCatalog#SHOP} alone. */
    CertificateKeeper ofShop() {
        return ofShop(Runnable::run);
    }

    CertificateKeeper ofShop(Executor work) {
        return keeper(TestCatalog.shop(), OTHERS, 20, work);
    }

    CertificateKeeper keeper(Snapshot snapshot, Set<String> covered, int most, Executor work) {
        var keeper = new CertificateKeeper(
                DIRECTORY,
                most,
                store,
                authority,
                TestCatalog.HOSTS,
                covered::contains,
                snapshot,
                shown::add,
                clock,
                new Random(keepers.size()),
                work);
        keepers.add(keeper);
        return keeper;
    }

    List<String> shownNames() {
        return shown.getLast().stream().flatMap(pair -> pair.names().stream()).toList();
    }

    State stored(String name) {
        return store.state(DIRECTORY, name).orElseThrow();
    }

    @Override
    public void close() {
        keepers.forEach(CertificateKeeper::close);
        local.close();
    }
}
