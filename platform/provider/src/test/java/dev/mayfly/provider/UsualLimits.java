package dev.mayfly.provider;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The limits of most functions, but for one. */
public final class UsualLimits {
    private static final Limits USUAL = Limits.DEFAULTS;

    private UsualLimits() {}

    public static Limits memory(long bytes) {
        return but(bytes, USUAL.timeout(), USUAL.egress(), USUAL.isolation());
    }

    public static Limits timeout(Duration timeout) {
        return but(USUAL.memory(), timeout, USUAL.egress(), USUAL.isolation());
    }

    public static Limits egress(Egress egress) {
        return but(USUAL.memory(), USUAL.timeout(), egress, USUAL.isolation());
    }

    public static Limits isolation(Isolation isolation) {
        return but(USUAL.memory(), USUAL.timeout(), USUAL.egress(), isolation);
    }

    private static Limits but(long memory, Duration timeout, @Nullable Egress egress, Isolation isolation) {
        return new Limits(
                memory,
                USUAL.cpu(),
                USUAL.concurrency(),
                USUAL.minInstances(),
                USUAL.maxInstances(),
                timeout,
                USUAL.idleTimeout(),
                USUAL.queue(),
                USUAL.queueTimeout(),
                USUAL.requestBody(),
                USUAL.requestHeaders(),
                USUAL.pids(),
                USUAL.tmp(),
                USUAL.inodes(),
                USUAL.logRate(),
                egress,
                isolation,
                USUAL.zygotes());
    }
}
