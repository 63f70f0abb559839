package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.model.ServingMode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The table of defaults that the documentation promises. */
final class DefaultsTest {
    private static final long MIB = 1024 * 1024;

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(Limits.DEFAULTS)
                .isEqualTo(new Limits(
                        512 * MIB,
                        1.0,
                        null,
                        0,
                        20,
                        Duration.ofSeconds(300),
                        Duration.ofSeconds(60),
                        1000,
                        Duration.ofSeconds(30),
                        100 * MIB,
                        64 * 1024,
                        256,
                        512 * MIB,
                        65_536,
                        MIB,
                        null,
                        Isolation.DEFAULT,
                        true,
                        null));
        assertThat(Limits.DEFAULTS.egressOr(new Egress.Internet())).hasToString("internet");
    }

    @Test
    void howManyRequestsAnInstanceTakesDependsOnWhatItServes() {
        assertThat(Limits.DEFAULTS.concurrencyFor(ServingMode.HANDLER)).isEqualTo(1);
        assertThat(Limits.DEFAULTS.concurrencyFor(ServingMode.SCRIPT)).isEqualTo(1);
        assertThat(Limits.DEFAULTS.concurrencyFor(ServingMode.WSGI)).isEqualTo(8);
        assertThat(Limits.DEFAULTS.concurrencyFor(ServingMode.ASGI)).isEqualTo(50);
        assertThat(Limits.DEFAULTS.concurrencyFor(ServingMode.PROVIDED)).isEqualTo(80);
    }

    @Test
    void startingIsNotBilledUnlessSoSet() {
        assertThat(EngineSettings.DEFAULTS)
                .isEqualTo(new EngineSettings(
                        false,
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(10),
                        Duration.ofMillis(500),
                        16,
                        EngineSettings.ANY,
                        EngineSettings.ANY));
    }
}
