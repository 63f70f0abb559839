package dev.mayfly.gateway;

import java.util.regex.Pattern;

/** What a Range header asks of a file (RFC 9110, section 14.2): a single range is honoured, several and unknown units are ignored. */
sealed interface ByteRange {
    Pattern SHAPE = Pattern.compile("bytes=\\s*(\\d{0,18})-(\\d{0,18})\\s*");

    record Whole() implements ByteRange {}

    /** @param last inclusive */
    record Part(long first, long last) implements ByteRange {}

    record Unsatisfiable() implements ByteRange {}

    static ByteRange of(String header, long size) {
        var matcher = SHAPE.matcher(header);
        if (!matcher.matches()) {
            return new Whole();
        }
        var from = matcher.group(1);
        var to = matcher.group(2);
        if (from.isEmpty()) {
            if (to.isEmpty()) {
                return new Whole();
            }
            long suffix = Long.parseLong(to);
            return suffix == 0 || size == 0 ? new Unsatisfiable() : new Part(Math.max(0, size - suffix), size - 1);
        }
        long first = Long.parseLong(from);
        long last = to.isEmpty() ? size - 1 : Math.min(Long.parseLong(to), size - 1);
        if (!to.isEmpty() && Long.parseLong(to) < first) {
            return new Whole();
        }
        return first >= size ? new Unsatisfiable() : new Part(first, last);
    }
}
