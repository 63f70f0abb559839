package dev.mayfly.model;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A range of addresses, written {@code 10.0.0.0/8} or {@code 2001:db8::/32} (RFC 4632, RFC 4291).
 *
 * @param address the first of the range, as RFC 5952 writes it
 * @param prefix how many leading bits all of the range share
 */
public record Cidr(String address, int prefix) {
    private static final Pattern SHAPE = Pattern.compile("([0-9a-fA-F:.]{2,45})(?:/(\\d{1,3}))?");
    private static final String PART = "(?:0|[1-9]\\d{0,2})";
    private static final Pattern VERSION_4 = Pattern.compile(PART + "(?:\\." + PART + "){3}");

    /** @throws IllegalArgumentException unless it is written as {@link #parse} would write it */
    public Cidr {
        var bytes = bytes(address, address + "/" + prefix);
        if (prefix < 0 || prefix > bytes.length * 8) {
            throw refused(
                    address + "/" + prefix,
                    "a length from 0 to " + bytes.length * 8 + ", as in " + address + "/" + bytes.length * 8);
        }
        var first = text(masked(bytes, prefix));
        if (!first.equals(text(bytes))) {
            throw refused(
                    address + "/" + prefix,
                    first + "/" + prefix + " for the range, or " + text(bytes) + "/" + bytes.length * 8
                            + " for that address alone");
        }
        address = first;
    }

    /**
     * Reads a range; an address without a length stands for itself alone. Nothing is looked up.
     *
     * @throws IllegalArgumentException saying what was expected, with the corrected range where bits are set beyond the length
     */
    public static Cidr parse(String text) {
        var matcher = SHAPE.matcher(text.strip());
        if (!matcher.matches()) {
            throw refused(text.strip(), "an address or range such as 10.0.0.5 or 10.0.0.0/8");
        }
        var address = matcher.group(1);
        int prefix =
                matcher.group(2) == null ? bytes(address, text.strip()).length * 8 : Integer.parseInt(matcher.group(2));
        return new Cidr(address, prefix);
    }

    private static byte[] bytes(String address, String whole) {
        if (address.indexOf(':') < 0 && !VERSION_4.matcher(address).matches()) {
            throw refused(whole, "an address or range such as 10.0.0.5 or 10.0.0.0/8");
        }
        InetAddress parsed;
        try {
            parsed = InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw refused(whole, "an address or range such as 10.0.0.5 or 10.0.0.0/8");
        }
        if (address.indexOf(':') >= 0 && parsed.getAddress().length == 4) {
            // The kernel sends such a packet as version 4, where a rule for version 6 would not see it.
            throw refused(whole, parsed.getHostAddress() + ", the version 4 address it stands for");
        }
        return parsed.getAddress();
    }

    private static byte[] masked(byte[] bytes, int prefix) {
        var masked = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(prefix - 8L * i, 0, 8);
            masked[i] = (byte) (bytes[i] & (0xff00 >> kept));
        }
        return masked;
    }

    private static String text(byte[] bytes) {
        if (bytes.length == 4) {
            return (bytes[0] & 0xff) + "." + (bytes[1] & 0xff) + "." + (bytes[2] & 0xff) + "." + (bytes[3] & 0xff);
        }
        var groups = new int[8];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
        }
        return text(groups);
    }

    /** RFC 5952: the longest run of zero groups, the first of equals, is left out; one zero group alone is not. */
    private static String text(int[] groups) {
        int from = 0;
        int to = 0;
        for (int start = 0; start < groups.length; start++) {
            int end = start;
            while (end < groups.length && groups[end] == 0) {
                end++;
            }
            if (end - start > Math.max(1, to - from)) {
                from = start;
                to = end;
            }
        }
        if (to == 0) {
            return joined(groups);
        }
        return joined(Arrays.copyOf(groups, from)) + "::" + joined(Arrays.copyOfRange(groups, to, groups.length));
    }

    private static String joined(int[] groups) {
        var text = new StringBuilder();
        for (int group : groups) {
            text.append(text.isEmpty() ? "" : ":").append(Integer.toHexString(group));
        }
        return text.toString();
    }

    private static IllegalArgumentException refused(String text, String expected) {
        return new IllegalArgumentException("address: " + text + " (expected: " + expected + ")");
    }

    @Override
    public String toString() {
        return address + "/" + prefix;
    }
}
