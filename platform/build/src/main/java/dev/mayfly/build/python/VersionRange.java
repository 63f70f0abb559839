package dev.mayfly.build.python;

import dev.mayfly.provider.python.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Versions of Python that somebody allows, as PEP 440 writes them: {@code >=3.10,<3.13}; a bare {@code 3.11} or {@code 3.11.4} means 3.11. */
record VersionRange(String text, List<Clause> clauses) {
    private static final Pattern CLAUSE = Pattern.compile(
            "(~=|===?|!=|<=|>=|<|>)\\s*(\\d{1,4})(?:\\.(\\d{1,4}))?(?:\\.(\\d{1,4}))?(\\.\\*)?(?:[a-z]+\\d*)?");
    private static final Pattern BARE =
            Pattern.compile("(?:python|cpython)?[ -]?v?(\\d{1,4})(?:\\.(\\d{1,4}))?(?:\\.\\d{1,4})?");

    /** Empty when it cannot be understood. */
    static Optional<VersionRange> parse(String text) {
        var bare = BARE.matcher(text.strip());
        if (bare.matches()) {
            int minor = bare.group(2) == null ? -1 : Integer.parseInt(bare.group(2));
            return Optional.of(new VersionRange(
                    text.strip(), List.of(new Clause("==", Integer.parseInt(bare.group(1)), minor, -1))));
        }
        var clauses = new ArrayList<Clause>();
        for (String part : text.split(",", -1)) {
            var matcher = CLAUSE.matcher(part.strip());
            if (!matcher.matches()) {
                return Optional.empty();
            }
            boolean exact = matcher.group(5) == null && matcher.group(1).startsWith("==");
            clauses.add(new Clause(
                    matcher.group(1),
                    Integer.parseInt(matcher.group(2)),
                    number(matcher.group(3), exact),
                    number(matcher.group(4), exact)));
        }
        return Optional.of(new VersionRange(text.strip(), List.copyOf(clauses)));
    }

    boolean allows(Interpreter python) {
        return clauses.stream().allMatch(clause -> clause.allows(python.major(), python.minor(), python.micro()));
    }

    /** Whether a newer Python than this one could be what is asked for. */
    boolean isAbove(Interpreter python) {
        return clauses.stream()
                .anyMatch(clause -> (clause.is(">=") || clause.is(">") || clause.is("==") || clause.is("~="))
                        && clause.compare(python.major(), python.minor(), python.micro()) < 0);
    }

    private static int number(@Nullable String group, boolean exact) {
        return group == null ? (exact ? 0 : -1) : Integer.parseInt(group);
    }

    /** One bound; -1 stands for any number. */
    record Clause(String operator, int major, int minor, int micro) {
        boolean is(String other) {
            return operator.equals(other);
        }

        boolean allows(int a, int b, int c) {
            int order = compare(a, b, c);
            return switch (operator) {
                case "==", "===" -> order == 0;
                case "!=" -> order != 0;
                case ">=" -> order >= 0;
                case "<=" -> atMost(a, b, c);
                case ">" -> !atMost(a, b, c);
                case "<" -> order < 0;
                // At least this, with the same numbers but for the last one given.
                case "~=" -> order >= 0 && a == major && (micro < 0 || b == minor);
                default -> throw new IllegalStateException(operator);
            };
        }

        /** {@code <= 3.11} is {@code <= 3.11.0}: 3.11.2 is above it. */
        private boolean atMost(int a, int b, int c) {
            return new Clause(operator, major, Math.max(minor, 0), Math.max(micro, 0)).compare(a, b, c) <= 0;
        }

        int compare(int a, int b, int c) {
            if (a != major) {
                return Integer.compare(a, major);
            }
            if (minor >= 0 && b != minor) {
                return Integer.compare(b, minor);
            }
            return minor >= 0 && micro >= 0 ? Integer.compare(c, micro) : 0;
        }
    }
}
