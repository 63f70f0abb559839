package dev.mayfly.provider.instance;

import dev.mayfly.provider.ProvidedInstance.Import;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * The {@code imports} of a worker's {@code ready}: pairs of a module's name and microseconds. They only explain, so what makes no sense is left
 * out rather than held against the worker; but they are shown to people and kept for months, so they are small and plain text.
 */
final class SlowImports {
    static final int MOST = 10;
    /** In UTF-16; a last character may take it one further. */
    static final int LONGEST_NAME = 100;

    static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);

    private SlowImports() {}

    /** Slowest first. */
    static List<Import> of(JsonNode said) {
        var imports = new ArrayList<Import>();
        for (var pair : said.isArray() ? said : List.<JsonNode>of()) {
            if (imports.size() == MOST) {
                break;
            }
            var module = pair.path(0);
            var micros = pair.path(1);
            if (pair.isArray() && module.isString() && micros.isNumber()) {
                var name = plain(module.asString());
                if (!name.isEmpty()) {
                    imports.add(new Import(name, clamped(micros)));
                }
            }
        }
        imports.sort(Comparator.comparingLong(Import::micros).reversed());
        return List.copyOf(imports);
    }

    /** As anything may take it: no control or invisible characters, no halves of characters, and not long. */
    private static String plain(String name) {
        var text = new StringBuilder();
        int next = 0;
        while (next < name.length() && text.length() < LONGEST_NAME) {
            int character = name.codePointAt(next);
            text.append(visible(character) ? Character.toString(character) : "?");
            next += Character.charCount(character);
        }
        return text.toString().strip();
    }

    private static boolean visible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static long clamped(JsonNode micros) {
        if (micros.isIntegralNumber() && !micros.canConvertToLong()) {
            return micros.bigIntegerValue().signum() < 0 ? 0 : LONGEST_MICROS;
        }
        long whole = micros.isIntegralNumber() ? micros.longValue() : (long) micros.doubleValue();
        return Math.clamp(whole, 0, LONGEST_MICROS);
    }
}
