package dev.mayfly.store.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.CertificateStore.Claim;
import dev.mayfly.store.CertificateStoreContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCertificateStoreTest extends CertificateStoreContract {
    private final Path home;
    private final TestStore store;

    LocalCertificateStoreTest(@TempDir Path home) throws IOException {
        this.home = home;
        store = new TestStore(home);
    }

    @Override
    protected CertificateStore open() {
        return store.store().certificates();
    }

    @Override
    protected CertificateStore reopen() throws IOException {
        return store.reopen().certificates();
    }

    @Override
    protected boolean isReadable(String text) throws IOException {
        try (var files = Files.list(home)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void whatAProcessHadThatEndedInTheMiddleIsFreeAtOnce() throws IOException {
        var authority = "https://ca.example/directory";
        open().claim(authority, "shop.example.org", "killed", 1000, 61_000, 20);

        assertThat(reopen().claim(authority, "shop.example.org", "next", 1001, 61_001, 20))
                .isInstanceOf(Claim.Taken.class);
        assertThat(open().claim(authority, "shop.example.org", "another", 1002, 61_002, 20))
                .isEqualTo(new Claim.Held());
    }

    @AfterEach
    void close() {
        store.close();
    }
}
