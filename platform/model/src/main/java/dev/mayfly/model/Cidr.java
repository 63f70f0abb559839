package dev.mayfly.model;

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
    private static final Pattern GROUP = Pattern.compile("[0-9a-fA-F]{1,4}");
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};
    private static final byte[] NONE = {};
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
        var parsed = address.indexOf(':') < 0 ? version4(address) : version6(address);
        if (parsed.length == 0) {
            throw refused(whole, "an address or range such as 10.0.0.5 or 10.0.0.0/8");
        }
        if (parsed.length == 16 && Arrays.equals(parsed, 0, MAPPED.length, MAPPED, 0, MAPPED.length)) {
            // The kernel sends such a packet as version 4, where a rule for version 6 would not see it.
            throw refused(
                    whole,
                    text(Arrays.copyOfRange(parsed, MAPPED.length, 16)) + ", the version 4 address it stands for");
        }
        return parsed;
    }

    /** Four decimal numbers and no other form; empty where it is none. */
    private static byte[] version4(String address) {
        if (!VERSION_4.matcher(address).matches()) {
            return NONE;
        }
        var bytes = new byte[4];
        var parts = address.split("\\.", -1);
        for (int i = 0; i < bytes.length; i++) {
            int part = Integer.parseInt(parts[i]);
            if (part > 255) {
                return NONE;
            }
            bytes[i] = (byte) part;
        }
        return bytes;
    }

    /** RFC 4291 section 2.2, without a zone; empty where it is none. */
    private static byte[] version6(String address) {
        int gap = address.indexOf("::");
        if (gap < 0) {
            var whole = groups(address);
            return whole.length == 16 ? whole : NONE;
        }
        var before = address.substring(0, gap);
        var after = address.substring(gap + 2);
        var head = groups(before);
        var tail = groups(after);
        boolean broken = (head.length == 0 && !before.isEmpty()) || (tail.length == 0 && !after.isEmpty());
        if (broken || before.indexOf('.') >= 0 || head.length + tail.length > 14) {
            return NONE;
        }
        var bytes = Arrays.copyOf(head, 16);
        System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
        return bytes;
    }

    /** Groups of four hexadecimal digits, the last two perhaps as a version 4 address; empty where it is anything else. */
    private static byte[] groups(String text) {
        var parts = text.split(":", -1);
        if (parts.length > 8) {
            return NONE;
        }
        var bytes = new byte[16];
        int length = 0;
        for (int i = 0; i < parts.length; i++) {
            var group = parts[i];
            boolean dotted = group.indexOf('.') >= 0;
            var part = dotted ? version4(group) : group(group);
            if (part.length == 0 || (dotted && i < parts.length - 1) || length + part.length > 16) {
                return NONE;
            }
            System.arraycopy(part, 0, bytes, length, part.length);
            length += part.length;
        }
        return Arrays.copyOf(bytes, length);
    }

    private static byte[] group(String text) {
        if (!GROUP.matcher(text).matches()) {
            return NONE;
        }
        int value = Integer.parseInt(text, 16);
        return new byte[] {(byte) (value >> 8), (byte) value};
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
