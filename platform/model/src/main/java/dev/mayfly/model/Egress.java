package dev.mayfly.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where an instance may connect to. {@code toString} is how it is stored and shown, and what {@link #parse} reads.
 */
public sealed interface Egress {
    /** How many ranges one function may name. */
    int MOST_RANGES = 100;

    /** Nowhere but to other functions. */
    record None() implements Egress {
        @Override
        public String toString() {
            return "none";
        }
    }

    /**
     * The public internet: never the host's loopback, link-local and metadata addresses, private ranges, or the platform's own ports.
     *
     * @param also ranges that are reached besides, most often of a private network
     */
    record Internet(List<Cidr> also) implements Egress {
        public Internet {
            also = distinct(also);
        }

        public Internet() {
            this(List.of());
        }

        @Override
        public String toString() {
            return Stream.concat(Stream.of("internet"), also.stream().map(Cidr::toString))
                    .collect(Collectors.joining(","));
        }
    }

    /** Everywhere that the machine itself can connect to, but for its own loopback and the platform's own ports. */
    record All() implements Egress {
        @Override
        public String toString() {
            return "all";
        }
    }

    /** These ranges and nothing else. */
    record Only(List<Cidr> ranges) implements Egress {
        public Only {
            ranges = distinct(ranges);
            if (ranges.isEmpty()) {
                throw new IllegalArgumentException("egress: an empty list (expected: none, or at least one address)");
            }
        }

        @Override
        public String toString() {
            return ranges.stream().map(Cidr::toString).collect(Collectors.joining(","));
        }
    }

    /**
     * Reads {@code none}, {@code internet}, {@code all}, or a list such as {@code 10.0.0.0/8,192.168.1.5}, also in brackets. A list may begin
     * with {@code internet}, which then holds besides.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    static Egress parse(String text) {
        var stripped = text.strip();
        if (stripped.startsWith("[") && stripped.endsWith("]")) {
            stripped = stripped.substring(1, stripped.length() - 1);
        }
        var items = Arrays.stream(stripped.split(",", -1)).map(String::strip).toList();
        if (items.size() == 1) {
            switch (items.getFirst()) {
                case "none" -> {
                    return new None();
                }
                case "all" -> {
                    return new All();
                }
                case "internet" -> {
                    return new Internet();
                }
                case "" ->
                    throw new IllegalArgumentException(
                            "egress: an empty list (expected: none, or at least one address)");
                default -> {}
            }
        }
        boolean internet = items.contains("internet");
        var ranges = items.stream()
                .filter(item -> !item.equals("internet"))
                .map(Egress::range)
                .toList();
        return internet ? new Internet(ranges) : new Only(ranges);
    }

    private static Cidr range(String item) {
        if (item.equals("none") || item.equals("all")) {
            throw new IllegalArgumentException("egress: " + item + " within a list (expected: " + item
                    + " alone, or addresses such as 10.0.0.5/32)");
        }
        try {
            return Cidr.parse(item);
        } catch (IllegalArgumentException e) {
            var message = String.valueOf(e.getMessage());
            throw new IllegalArgumentException("egress" + message.substring(message.indexOf(':')), e);
        }
    }

    private static List<Cidr> distinct(List<Cidr> ranges) {
        if (ranges.size() > MOST_RANGES) {
            throw new IllegalArgumentException("egress: " + ranges.size() + " ranges (expected: <= " + MOST_RANGES
                    + "; join neighbours into wider ones)");
        }
        return ranges.stream().distinct().toList();
    }
}
