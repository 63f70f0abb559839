package dev.mayfly.model;

import java.util.HexFormat;

/**
 * Names one invocation; also the request id that errors and logs show. 42 bits of milliseconds since 1970 and 22 bits of a counter, so
 * ids sort by time. Never zero: zero means "no invocation" on the control channel.
 */
public record InvocationId(long value) implements Comparable<InvocationId> {
    public InvocationId {
        if (value == 0) {
            throw new IllegalArgumentException("invocation id: 0 (expected: any other number)");
        }
    }

    /** Builds an id; only the low 22 bits of {@code counter} count. */
    public static InvocationId of(long epochMillis, long counter) {
        return new InvocationId((epochMillis << 22) | (counter & 0x3FFFFF));
    }

    /** Reads what {@link #toString} wrote. */
    public static InvocationId parse(String text) {
        if (text.length() != 16) {
            throw new IllegalArgumentException("request id: " + text + " (expected: 16 hexadecimal digits)");
        }
        return new InvocationId(HexFormat.fromHexDigitsToLong(text));
    }

    @Override
    public int compareTo(InvocationId other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(value);
    }
}
