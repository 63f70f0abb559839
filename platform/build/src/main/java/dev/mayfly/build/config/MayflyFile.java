package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads {@code mayfly.yaml} (DESIGN.md section 5). */
final class MayflyFile {
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int LONGEST = 65_536;
    private static final int MOST = 1000;

    private static final List<String> PROJECT_KEYS = keys(ProjectKey.values(), ProjectKey::key);
    private static final List<String> BUILD_KEYS = keys(BuildKey.values(), BuildKey::key);
    private static final List<String> SETTING_KEYS = keys(Setting.values(), Setting::key);

    private final String name;
    private final Unsupported unsupported;

    MayflyFile(String name, Unsupported unsupported) {
        this.name = name;
        this.unsupported = unsupported;
    }

    Content read(String text) {
        var rules = new ArrayList<Rule>();
        var environment = new LinkedHashMap<String, String>();
        var secrets = new ArrayList<String>();
        var build = new EnumMap<BuildKey, String>(BuildKey.class);
        var compression = new ArrayList<Boolean>(1);
        var concurrency = new ArrayList<Integer>(1);
        new NodeReader(name).yaml(text).entries().forEach((key, entry) -> {
            switch (known(key, entry, PROJECT_KEYS, ProjectKey.values())) {
                case FUNCTIONS -> mapping(key, entry).forEach((pattern, value) -> rules.add(rule(pattern, value)));
                case ENV -> {
                    mapping(key, entry).forEach((variable, value) -> {
                        checkVariable(variable, value.line());
                        environment.put(variable, variableValue(variable, value));
                    });
                    checkSize(key, environment.values(), entry.line());
                }
                case SECRETS -> secrets.addAll(names(entry));
                case BUILD ->
                    mapping(key, entry)
                            .forEach((each, value) ->
                                    build.put(known(each, value, BUILD_KEYS, BuildKey.values()), scalar(each, value)));
                case COMPRESSION ->
                    compression.add(ProjectSettings.isOn(key, scalar(key, entry), name + ":" + entry.line()));
                case MAX_CONCURRENCY ->
                    concurrency.add(ProjectSettings.maxConcurrency(key, scalar(key, entry), name + ":" + entry.line()));
                case ROUTES, DOMAINS, BUDGET, COMPAT -> unsupported.met(at(entry.line()) + key);
            }
        });
        return new Content(
                rules,
                environment,
                secrets,
                build,
                compression.stream().findFirst(),
                concurrency.stream().findFirst());
    }

    private Rule rule(String pattern, Node.Entry entry) {
        var values = new EnumMap<Setting, Rule.Value>(Setting.class);
        mapping(pattern, entry).forEach((key, value) -> {
            var setting = known(key, value, SETTING_KEYS, Setting.values());
            var origin = name + ":" + value.line();
            if (setting == Setting.COMMAND && value.value() instanceof Node.Items items) {
                values.put(setting, new Rule.Value(words(key, items), origin));
            } else {
                values.put(setting, SettingText.parse(setting, text(setting, value), origin));
            }
        });
        var glob = new Glob(pattern);
        if (values.containsKey(Setting.COMMAND) && glob.isPattern()) {
            throw fault(
                    entry.line(),
                    pattern + ": a pattern with a command (expected: the name of one function)",
                    "name it, as in app:");
        }
        return new Rule(glob, values, name + ":" + entry.line());
    }

    /** Addresses may be a list; every other setting is one value. */
    private String text(Setting setting, Node.Entry entry) {
        if (setting.kind() != Setting.Kind.EGRESS || !(entry.value() instanceof Node.Items items)) {
            return scalar(setting.key(), entry);
        }
        return items.nodes().stream()
                .map(node -> scalar(setting.key(), new Node.Entry(node.line(), node)))
                .collect(Collectors.joining(","));
    }

    /** A program and its arguments, each as it is. */
    private List<String> words(String key, Node.Items items) {
        var words = items.nodes().stream()
                .map(node -> scalar(key, new Node.Entry(node.line(), node)))
                .toList();
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw fault(
                    items.line(), key + ": (expected: " + Setting.COMMAND.kind().expected() + ")", "name the program");
        }
        checkSize(key, words, items.line());
        return words;
    }

    private List<String> names(Node.Entry entry) {
        if (!(entry.value() instanceof Node.Items items)) {
            throw fault(entry.line(), "secrets: (expected: a list of names)", "write secrets: [NAME]");
        }
        var names = new ArrayList<String>();
        for (Node node : items.nodes()) {
            if (!(node instanceof Node.Scalar scalar)) {
                throw fault(node.line(), "secrets: (expected: a list of names)", "write secrets: [NAME]");
            }
            checkVariable(scalar.text(), scalar.line());
            names.add(scalar.text());
        }
        return names;
    }

    private String variableValue(String variable, Node.Entry entry) {
        var value = scalar(variable, entry);
        if (value.indexOf('\0') >= 0) {
            throw fault(entry.line(), variable + " (expected: text without the character 0)", "encode it, as base64");
        }
        return value;
    }

    /** A sandbox is told of everything in one frame, and kernels take no more than so much either. */
    private void checkSize(String key, Collection<String> texts, int line) {
        long size = texts.stream().mapToLong(text -> text.length() + 1L).sum();
        if (size > LONGEST || texts.size() > MOST) {
            throw fault(
                    line,
                    "%s: %d of them, %d characters (expected: at most %d, and %d)"
                            .formatted(key, texts.size(), size, MOST, LONGEST),
                    "put what is long into a file of the project");
        }
    }

    private void checkVariable(String variable, int line) {
        if (!VARIABLE.matcher(variable).matches()) {
            throw fault(
                    line,
                    "variable: " + variable + " (expected: letters, digits and _, not starting with a digit)",
                    "rename it");
        }
    }

    private <K> K known(String key, Node.Entry entry, List<String> known, K[] values) {
        int index = known.indexOf(key);
        if (index < 0) {
            throw fault(entry.line(), "unknown key " + key, Nearest.fix(key, known));
        }
        return values[index];
    }

    private Map<String, Node.Entry> mapping(String key, Node.Entry entry) {
        return switch (entry.value()) {
            case Node.Mapping mapping -> mapping.entries();
            case Node.Scalar scalar when scalar.nothing() -> Map.of();
            case Node.Scalar scalar ->
                throw fault(scalar.line(), key + ": (expected: keys below it)", "indent the keys below " + key);
            case Node.Items items ->
                throw fault(items.line(), key + ": (expected: keys, not a list)", "remove the dashes");
        };
    }

    private String scalar(String key, Node.Entry entry) {
        if (entry.value() instanceof Node.Scalar scalar && !scalar.nothing()) {
            return scalar.text();
        }
        throw fault(entry.line(), key + ": (expected: one value)", "write a value after " + key + ":");
    }

    private RuntimeException fault(int line, String what, String fix) {
        return BuildFailure.of(at(line) + what, fix);
    }

    private String at(int line) {
        return name + ":" + line + ": ";
    }

    private static <K> List<String> keys(K[] values, Function<K, String> key) {
        return Arrays.stream(values).map(key).toList();
    }

    /** What the file says; all of it may be empty. */
    record Content(
            List<Rule> rules,
            Map<String, String> environment,
            List<String> secrets,
            Map<BuildKey, String> build,
            Optional<Boolean> compression,
            Optional<Integer> maxConcurrency) {
        static final Content EMPTY =
                new Content(List.of(), Map.of(), List.of(), Map.of(), Optional.empty(), Optional.empty());
    }
}
