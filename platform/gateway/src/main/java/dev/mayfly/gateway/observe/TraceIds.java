package dev.mayfly.gateway.observe;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Makes ids of traces and spans (W3C Trace Context, sections 3.2.2.3 and 3.2.2.4): random, and never all zeros. */
public final class TraceIds {
    private static final HexFormat HEX = HexFormat.of();

    private TraceIds() {}

    public static String trace(RandomGenerator random) {
        return HEX.toHexDigits(random.nextLong()) + span(random);
    }

    public static String span(RandomGenerator random) {
        long value = random.nextLong();
        return HEX.toHexDigits(value == 0 ? 1 : value);
    }
}
