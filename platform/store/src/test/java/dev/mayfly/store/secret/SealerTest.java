package dev.mayfly.store.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class SealerTest {
    private final SecureRandom random = new SecureRandom();
    private final Sealer sealer = sealer();

    @Test
    void whatIsSealedOpensUnderItsNameOnly() {
        var sealed = sealer.seal("hello", "KEY", "välue ✓");

        assertThat(sealer.open("hello", "KEY", sealed)).isEqualTo("välue ✓");
        assertThat(sealer.open("hello", "EMPTY", sealer.seal("hello", "EMPTY", "")))
                .isEmpty();
        broken(() -> sealer.open("other", "KEY", sealed));
        broken(() -> sealer.open("hello", "OTHER", sealed));
        broken(() -> sealer.open("hell", "oKEY", sealed));
        broken(() -> sealer().open("hello", "KEY", sealed));
    }

    @Test
    void everyChangedByteIsNoticed() {
        var sealed = sealer.seal("hello", "KEY", "value");

        for (int i = 0; i < sealed.length; i++) {
            var changed = sealed.clone();
            changed[i] ^= 1;
            broken(() -> sealer.open("hello", "KEY", changed));
        }
        broken(() -> sealer.open("hello", "KEY", new byte[0]));
    }

    @Test
    void theSameValueIsNeverSealedTheSameWayAndNeverShows() {
        var first = sealer.seal("hello", "KEY", "a long secret value");
        var second = sealer.seal("hello", "KEY", "a long secret value");

        assertThat(first).isNotEqualTo(second);
        assertThat(new String(first, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
    }

    @Test
    void aFailureDoesNotShowTheValue() {
        var sealed = sealer.seal("hello", "KEY", "hunter2");

        assertThatThrownBy(() -> sealer.open("other", "KEY", sealed))
                .hasMessageContaining("variable KEY of other")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void fingerprintsTellKeysApart() {
        assertThat(sealer.fingerprint()).isEqualTo(sealer.fingerprint()).isNotEqualTo(sealer().fingerprint());
    }

    private Sealer sealer() {
        var key = new byte[32];
        random.nextBytes(key);
        return new Sealer(new SecretKeySpec(key, "AES"), random);
    }

    private static void broken(Runnable open) {
        assertThatThrownBy(open::run).isInstanceOf(ProblemException.class);
    }
}
