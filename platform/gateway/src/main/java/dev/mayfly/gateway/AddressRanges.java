package dev.mayfly.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A set of addresses, as ranges of them (RFC 4632, section 3.1). */
public record AddressRanges(List<Range> ranges) {
    private static final Map<String, List<String>> NAMED = Map.of(
            "loopback", List.of("127.0.0.0/8", "::1"),
            "private", List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"));

    /** This machine itself. */
    public static final AddressRanges LOOPBACK = parse("loopback", "loopback");

    public static final AddressRanges NONE = new AddressRanges(List.of());

    /** All addresses that begin with the same {@code bits} bits, of 128. */
    record Range(IpAddress first, int bits) {
        boolean contains(IpAddress address) {
            long high = first.high() ^ address.high();
            if (bits <= 64) {
                return bits == 0 || high >>> (64 - bits) == 0;
            }
            return high == 0 && (first.low() ^ address.low()) >>> (128 - bits) == 0;
        }
    }

    public AddressRanges {
        ranges = List.copyOf(ranges);
    }

    /**
     * Reads a list with commas of addresses, ranges such as {@code 10.0.0.0/8} or {@code 2001:db8::/32}, {@code private} and {@code loopback}.
     *
     * @param option who is told what is wrong
     * @throws IllegalArgumentException naming the option and what it expects
     */
    public static AddressRanges parse(String option, String text) {
        var ranges = new ArrayList<Range>();
        for (var item : text.split(",", -1)) {
            for (var one : named(item.strip())) {
                var range = range(one);
                if (range == null) {
                    throw new IllegalArgumentException(option + ": " + one
                            + " (expected: addresses or ranges such as 10.0.0.0/8,2001:db8::/32, private or loopback)");
                }
                ranges.add(range);
            }
        }
        return new AddressRanges(ranges);
    }

    boolean contains(IpAddress address) {
        for (int i = 0; i < ranges.size(); i++) {
            if (ranges.get(i).contains(address)) {
                return true;
            }
        }
        return false;
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    private static List<String> named(String item) {
        return NAMED.getOrDefault(item, List.of(item));
    }

    private static @Nullable Range range(String text) {
        int slash = text.indexOf('/');
        var address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return null;
        }
        int most = address.isVersion4() ? 32 : 128;
        if (slash < 0) {
            return new Range(address, 128);
        }
        var digits = text.substring(slash + 1);
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        int bits = Integer.parseInt(digits);
        return bits > most ? null : new Range(address, 128 - most + bits);
    }
}
