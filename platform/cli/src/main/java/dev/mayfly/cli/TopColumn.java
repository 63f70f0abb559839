package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Collectors;

/** A column of {@code mayfly top}: its heading, the key that sorts by it, and what it says of a function. */
enum TopColumn {
    NAME("FUNCTION", 'n'),
    RATE(">REQ/S", 'r'),
    P50(">P50", 'l'),
    P99(">P99", 'p'),
    INSTANCES(">INST", 'i'),
    QUEUE(">QUEUE", 'w'),
    CPU(">CPU", 'c'),
    MEMORY(">MEMORY", 'm'),
    ERRORS(">ERR/S", 'e'),
    COST(">$/HOUR", 'd');

    final String heading;
    final char key;

    TopColumn(String heading, char key) {
        this.heading = heading;
        this.key = key;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static String words() {
        return Arrays.stream(values()).map(TopColumn::word).collect(Collectors.joining(", "));
    }

    static TopColumn named(String word) {
        return Arrays.stream(values())
                .filter(column -> column.word().equals(word))
                .findFirst()
                .orElseThrow(
                        () -> Failure.usage("--sort: " + word + " (expected: one of " + words() + ")", "--sort rate"));
    }

    String cell(JsonObject function) {
        return switch (this) {
            case NAME -> function.text("project") + " " + function.text("function");
            case RATE -> tenths(function.decimal("requestsPerSecond"));
            case P50 -> span(function, "p50Micros");
            case P99 -> span(function, "p99Micros");
            case INSTANCES -> function.object("instances").number("busy") + "/" + instances(function);
            case QUEUE -> function.text("queued");
            case CPU ->
                function.decimal("cpu").setScale(2, RoundingMode.HALF_UP).toPlainString();
            case MEMORY -> memory(function);
            case ERRORS -> tenths(function.decimal("errorsPerSecond"));
            case COST ->
                function.decimal("pricePerHour")
                        .setScale(4, RoundingMode.HALF_UP)
                        .toPlainString();
        };
    }

    static String memory(JsonObject of) {
        return new DataSize(of.number("memoryBytes") >> 20 << 20).toString();
    }

    private static long instances(JsonObject function) {
        var states = function.object("instances");
        return states.number("starting") + states.number("idle") + states.number("busy") + states.number("draining");
    }

    private static String tenths(BigDecimal number) {
        return number.setScale(1, RoundingMode.HALF_UP).toPlainString();
    }

    private static String span(JsonObject function, String name) {
        return function.has(name) ? Amounts.fine(function.number(name)) : "-";
    }

    /** The most first; names from A to Z, which also decides between those that are alike. */
    Comparator<JsonObject> order() {
        var byName = Comparator.<JsonObject, String>comparing(NAME::cell);
        return this == NAME
                ? byName
                : Comparator.<JsonObject, BigDecimal>comparing(this::amount)
                        .reversed()
                        .thenComparing(byName);
    }

    private BigDecimal amount(JsonObject function) {
        return switch (this) {
            case NAME -> BigDecimal.ZERO;
            case RATE -> function.decimal("requestsPerSecond");
            case P50 -> function.decimal("p50Micros");
            case P99 -> function.decimal("p99Micros");
            case INSTANCES -> BigDecimal.valueOf(instances(function));
            case QUEUE -> function.decimal("queued");
            case CPU -> function.decimal("cpu");
            case MEMORY -> function.decimal("memoryBytes");
            case ERRORS -> function.decimal("errorsPerSecond");
            case COST -> function.decimal("pricePerHour");
        };
    }
}
