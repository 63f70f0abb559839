package dev.mayfly.model;

import java.util.Locale;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 256MiB}, {@code 1GB}, {@code 64KiB} or {@code 512}. */
public record DataSize(long bytes) {
    private static final Pattern SHAPE = Pattern.compile("(\\d{1,15})\\s*(B|KB|KiB|MB|MiB|GB|GiB|TB|TiB)?");

    public static DataSize parse(String text) {
        var matcher = SHAPE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "size: " + text + " (expected: a number with B, KiB, MiB, GiB, KB, MB or GB, as in 256MiB)");
        }
        var unit = matcher.group(2) == null ? "B" : matcher.group(2);
        return new DataSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor(unit)));
    }

    private static long factor(String unit) {
        long base = unit.endsWith("iB") ? 1024 : 1000;
        return switch (unit.charAt(0)) {
            case 'K' -> base;
            case 'M' -> base * base;
            case 'G' -> base * base * base;
            case 'T' -> base * base * base * base;
            default -> 1;
        };
    }

    /** Rounded to three digits with a binary unit, for people. */
    @Override
    public String toString() {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int step = -1;
        while (value >= 1024 && step < 3) {
            value /= 1024;
            step++;
        }
        var digits = value >= 100 || value == Math.rint(value) ? "%.0f %s" : "%.1f %s";
        return String.format(Locale.ROOT, digits, value, new String[] {"KiB", "MiB", "GiB", "TiB"}[step]);
    }
}
