package dev.mayfly.build.config;

import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Protocol;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything that is set for a project: by the command line, else by mayfly.yaml, else by vercel.json, else by default. */
public final class ProjectSettings {
    private static final List<String> MAYFLY_FILES = List.of("mayfly.yaml", "mayfly.yml");
    private static final String COMMAND_LINE = "command line";

    private final MayflyFile.Content mayfly;
    private final VercelFile.Content vercel;
    private final Map<Setting, Rule.Value> flags = new EnumMap<>(Setting.class);
    private final Map<BuildKey, String> build = new EnumMap<>(BuildKey.class);
    private boolean compression;
    private @Nullable Integer maxConcurrency;

    private ProjectSettings(MayflyFile.Content mayfly, VercelFile.Content vercel) {
        this.mayfly = mayfly;
        this.vercel = vercel;
        build.putAll(mayfly.build());
        compression = mayfly.compression().orElse(true);
        maxConcurrency = mayfly.maxConcurrency().orElse(null);
    }

    /**
     * Reads the files of a project.
     *
     * @param flags settings of the command line
     * @throws dev.mayfly.model.ProblemException build_failed or not_supported, naming file and line
     */
    public static ProjectSettings read(
            SourceTree tree,
            Blobs blobs,
            Map<String, String> flags,
            Unsupported unsupported,
            Consumer<String> warnings) {
        var mayfly = MAYFLY_FILES.stream()
                .flatMap(name -> tree.file(name).stream())
                .findFirst()
                .map(file -> new MayflyFile(file.path(), unsupported).read(blobs.text(file)))
                .orElse(MayflyFile.Content.EMPTY);
        var vercel = tree.file(VercelFile.NAME)
                .map(file -> new VercelFile(unsupported, warnings).read(blobs.text(file)))
                .orElse(VercelFile.Content.EMPTY);
        var settings = new ProjectSettings(mayfly, vercel);
        flags.forEach(settings::flag);
        return settings;
    }

    private void flag(String key, String text) {
        var setting = Setting.of(key);
        if (setting != null) {
            flags.put(setting, SettingText.parse(setting, text, COMMAND_LINE));
            return;
        }
        if (key.equals(ProjectKey.COMPRESSION.key())) {
            compression = isOn(key, text, COMMAND_LINE);
            return;
        }
        if (key.equals(ProjectKey.MAX_CONCURRENCY.key())) {
            maxConcurrency = maxConcurrency(key, text, COMMAND_LINE);
            return;
        }
        var buildKey = Arrays.stream(BuildKey.values())
                .filter(each -> each.key().equals(key))
                .findFirst()
                .orElseThrow(() -> BuildFailure.of(
                        COMMAND_LINE + ": unknown setting " + key,
                        Nearest.fix(
                                key,
                                Stream.of(
                                                Arrays.stream(Setting.values()).map(Setting::key),
                                                Arrays.stream(BuildKey.values()).map(BuildKey::key),
                                                Stream.of(
                                                        ProjectKey.COMPRESSION.key(), ProjectKey.MAX_CONCURRENCY.key()))
                                        .flatMap(each -> each)
                                        .toList())));
        build.put(buildKey, text);
    }

    /** What a key below {@code build} is set to. */
    public Optional<String> build(BuildKey key) {
        return Optional.ofNullable(build.get(key));
    }

    /** Whether answers may be compressed. */
    public boolean compression() {
        return compression;
    }

    /** Requests of the whole project that run at once; null: any number. */
    public @Nullable Integer maxConcurrency() {
        return maxConcurrency;
    }

    static int maxConcurrency(String key, String text, String origin) {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // told below
        }
        throw BuildFailure.of(
                origin + ": " + key + ": " + text + " (expected: a whole number >= 1)", "correct the value of " + key);
    }

    static boolean isOn(String key, String text, String origin) {
        return switch (text.strip()) {
            case "on" -> true;
            case "off" -> false;
            default ->
                throw BuildFailure.of(
                        origin + ": " + key + ": " + text + " (expected: " + Setting.Kind.SWITCH.expected() + ")",
                        "correct the value of " + key);
        };
    }

    /** Whether vercel.json says that the project is an application of a Python framework. */
    public boolean saysApplication() {
        return vercel.framework() == VercelFile.Framework.PYTHON;
    }

    /** Whether vercel.json says that the project is none of any framework. */
    public boolean saysFunctions() {
        return vercel.framework() == VercelFile.Framework.OTHER;
    }

    public Map<String, String> environment() {
        return mayfly.environment();
    }

    public List<String> secrets() {
        return mayfly.secrets();
    }

    /** The program that serves the whole project, where one is set. */
    public Optional<Command> command() {
        var set = mayfly.rules().stream()
                .filter(rule -> rule.values().containsKey(Setting.COMMAND))
                .toList();
        if (set.size() > 1) {
            throw BuildFailure.of(
                    set.get(1).origin() + ": a command for "
                            + set.get(1).pattern().text() + " beside the one for "
                            + set.getFirst().pattern().text() + " (expected: one, which serves the whole project)",
                    "deploy them as two projects");
        }
        var value = flags.containsKey(Setting.COMMAND)
                ? flags.get(Setting.COMMAND)
                : set.isEmpty() ? null : set.getFirst().values().get(Setting.COMMAND);
        var function = set.isEmpty() ? "app" : set.getFirst().pattern().text();
        return Optional.ofNullable(value).map(each -> Command.of(function, each));
    }

    /** The limits of a function; a setting that both files make is reported with its winner. */
    public Limits limits(FunctionName function, Entrypoint entrypoint, Consumer<String> warnings) {
        var chosen = new HashMap<Setting, Rule.Value>(flags);
        mayflyRules(function, entrypoint)
                .forEach(rule -> rule.values().forEach((setting, value) -> chosen.putIfAbsent(setting, value)));
        vercel.rules().stream()
                .filter(rule -> rule.matches(function, entrypoint))
                .findFirst()
                .ifPresent(rule -> rule.values().forEach((setting, value) -> {
                    var winner = chosen.putIfAbsent(setting, value);
                    if (winner != null) {
                        warnings.accept(setting.key() + " of " + function + " is set by " + winner.origin() + " and "
                                + value.origin() + "; " + winner.origin() + " wins");
                    }
                }));
        var values = new HashMap<Setting, Object>();
        chosen.forEach((setting, value) -> values.put(setting, value.value()));
        try {
            return Setting.limits(values);
        } catch (IllegalArgumentException e) {
            throw BuildFailure.of("settings of " + function + ": " + e.getMessage(), "correct the value");
        }
    }

    /** What the instances of a function speak. The workers of languages speak HTTP/1.1, so only a program may be told otherwise. */
    public Protocol protocol(FunctionName function, Entrypoint entrypoint) {
        var set = flags.containsKey(Setting.PROTOCOL)
                ? Optional.of(flags.get(Setting.PROTOCOL))
                : mayflyRules(function, entrypoint)
                        .flatMap(rule -> Stream.ofNullable(rule.values().get(Setting.PROTOCOL)))
                        .findFirst();
        var protocol = set.map(value -> (Protocol) value.value()).orElse(Protocol.HTTP1);
        if (protocol != Protocol.HTTP1 && entrypoint.kind() != Entrypoint.Kind.COMMAND) {
            throw BuildFailure.of(
                    set.map(Rule.Value::origin).orElseThrow() + ": protocol: " + protocol + " for " + function
                            + " (expected: http1, which Python functions are called with)",
                    "remove it, or name the program that listens on $PORT with command");
        }
        return protocol;
    }

    /** The patterns of {@code functions} that match none of these, each with file and line. */
    public List<Unused> unused(Map<FunctionName, Entrypoint> functions) {
        return Stream.concat(mayfly.rules().stream(), vercel.rules().stream())
                .filter(rule ->
                        functions.entrySet().stream().noneMatch(each -> rule.matches(each.getKey(), each.getValue())))
                .map(rule -> new Unused(
                        rule.pattern().text(),
                        rule.origin(),
                        Nearest.fix(
                                rule.pattern().text(),
                                functions.keySet().stream()
                                        .map(FunctionName::value)
                                        .toList())))
                .toList();
    }

    /** Those that name the function first, then the patterns, each in the order of the file. */
    private Stream<Rule> mayflyRules(FunctionName function, Entrypoint entrypoint) {
        var matching = mayfly.rules().stream()
                .filter(rule -> rule.matches(function, entrypoint))
                .toList();
        return Stream.concat(
                matching.stream().filter(rule -> names(rule, function, entrypoint)),
                matching.stream().filter(rule -> !names(rule, function, entrypoint)));
    }

    private static boolean names(Rule rule, FunctionName function, Entrypoint entrypoint) {
        var text = rule.pattern().text();
        return text.equals(function.value()) || text.equals(entrypoint.file());
    }

    /**
     * A program that somebody named.
     *
     * @param words the program and its arguments
     */
    public record Command(FunctionName function, List<String> words, String origin) {
        private static Command of(String function, Rule.Value value) {
            var words =
                    ((List<?>) value.value()).stream().map(String.class::cast).toList();
            try {
                return new Command(new FunctionName(function), words, value.origin());
            } catch (IllegalArgumentException e) {
                throw BuildFailure.of(value.origin() + ": " + e.getMessage(), "name it, as in app:");
            }
        }
    }

    /** A pattern that matches nothing. */
    public record Unused(String pattern, String origin, String fix) {
        public boolean inVercelFile() {
            return origin.startsWith(VercelFile.NAME);
        }
    }
}
