package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Reads the part of {@code vercel.json} that is honoured, and names the rest (contracts: Vercel's own documentation of the file). */
final class VercelFile {
    static final String NAME = "vercel.json";

    private static final Set<String> PYTHON_FRAMEWORKS = Set.of("python", "flask", "fastapi", "django");

    private final Unsupported unsupported;
    private final Consumer<String> warnings;
    private final List<String> unknown = new ArrayList<>();

    VercelFile(Unsupported unsupported, Consumer<String> warnings) {
        this.unsupported = unsupported;
        this.warnings = warnings;
    }

    Content read(String text) {
        var rules = new ArrayList<Rule>();
        var framework = Framework.NOT_SAID;
        for (var field : new NodeReader(NAME).json(text).entries().entrySet()) {
            var entry = field.getValue();
            switch (field.getKey()) {
                case "$schema", "version", "public" -> {}
                case "name" ->
                    warnings.accept(NAME + ":" + entry.line() + ": name is ignored; name the project with --name");
                case "framework" -> framework = framework(entry);
                case "functions" -> fields("functions", entry).forEach((glob, value) -> rules.add(rule(glob, value)));
                default -> unknown.add(NAME + ":" + entry.line() + ": " + field.getKey());
            }
        }
        unsupported.met(unknown);
        return new Content(rules, framework);
    }

    private Framework framework(Node.Entry entry) {
        if (entry.value() instanceof Node.Scalar scalar) {
            if (scalar.nothing()) {
                return Framework.OTHER;
            }
            if (PYTHON_FRAMEWORKS.contains(scalar.text())) {
                return Framework.PYTHON;
            }
            unknown.add(NAME + ":" + entry.line() + ": framework " + scalar.text());
        } else {
            throw fault(entry.line(), "framework (expected: a name or null)");
        }
        return Framework.NOT_SAID;
    }

    private Rule rule(String glob, Node.Entry entry) {
        var values = new EnumMap<Setting, Rule.Value>(Setting.class);
        fields(glob, entry).forEach((field, value) -> {
            var origin = NAME + ":" + value.line();
            var setting = switch (field) {
                case "memory" -> Setting.MEMORY;
                case "maxDuration" -> Setting.TIMEOUT;
                case "maxConcurrency" -> Setting.CONCURRENCY;
                default -> null;
            };
            if (setting == null) {
                unknown.add(origin + ": functions." + glob + "." + field);
                return;
            }
            written(setting, field, value)
                    .map(text -> SettingText.parse(setting, text, origin))
                    .ifPresent(parsed -> values.put(setting, parsed));
        });
        return new Rule(new Glob(glob), values, NAME + ":" + entry.line());
    }

    /** The value in our own units: Vercel counts in MB and in seconds. */
    private Optional<String> written(Setting setting, String field, Node.Entry entry) {
        if (!(entry.value() instanceof Node.Scalar scalar)) {
            throw fault(entry.line(), field + " (expected: a whole number)");
        }
        if (setting == Setting.TIMEOUT && "max".equals(scalar.text())) {
            return Optional.of("1800s");
        }
        if (!scalar.text().matches("\\d{1,9}")) {
            throw fault(entry.line(), field + ": " + scalar.text() + " (expected: a whole number)");
        }
        return Optional.of(
                switch (setting) {
                    case MEMORY -> scalar.text() + "MiB";
                    case TIMEOUT -> scalar.text() + "s";
                    default -> scalar.text();
                });
    }

    private static Map<String, Node.Entry> fields(String name, Node.Entry entry) {
        if (entry.value() instanceof Node.Mapping mapping) {
            return mapping.entries();
        }
        throw fault(entry.line(), name + " (expected: an object)");
    }

    private static RuntimeException fault(int line, String what) {
        return BuildFailure.of(NAME + ":" + line + ": " + what, "correct the line");
    }

    /** What {@code framework} says. */
    enum Framework {
        NOT_SAID,
        /** {@code null}: every file below api/ is a function. */
        OTHER,
        PYTHON
    }

    record Content(List<Rule> rules, Framework framework) {
        static final Content EMPTY = new Content(List.of(), Framework.NOT_SAID);
    }
}
