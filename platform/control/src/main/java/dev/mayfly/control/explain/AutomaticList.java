package dev.mayfly.control.explain;

import dev.mayfly.build.config.BuildKey;
import dev.mayfly.build.config.ProjectKey;
import dev.mayfly.build.config.Setting;
import dev.mayfly.control.explain.Automatic.Own;
import dev.mayfly.control.explain.Automatic.Place;
import dev.mayfly.engine.Fixed;
import dev.mayfly.model.Alias;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Function;
import dev.mayfly.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Everything that the platform decides by itself. What can be set has its owner elsewhere, and comes from there: settings of functions, projects and
 * builds from the tables that their parser reads, options of a server from that of the server ({@code server}), what cannot be set from the engine.
 *
 * @param server what the options of this server say
 */
public record AutomaticList(List<Automatic> server) {
    /** By hand, and by the deploy that makes a project. */
    public static final String ALIAS = "mayfly alias";

    /** What decisions name that is no setting, and why nothing overrules it. */
    public static final Map<String, String> BEYOND = Map.of(
            "the function's code", "only the code can change that: mayfly logs has what it said",
            "the deployment", "somebody deleted the deployment or stopped the server");

    private static final String ANY_NUMBER = "any number";

    public AutomaticList {
        server = List.copyOf(server);
    }

    /** As it is where nothing is deployed. */
    public List<Automatic> all() {
        var all = new ArrayList<Automatic>();
        for (var setting : Setting.values()) {
            all.add(new Automatic(
                    setting.key(),
                    Place.FUNCTION,
                    "",
                    setting.meaning(),
                    setting.defaultText(),
                    Automatic.DEFAULT,
                    List.of()));
        }
        for (var key : BuildKey.values()) {
            all.add(new Automatic(
                    "build." + key.key(),
                    Place.PROJECT,
                    "",
                    key.meaning(),
                    "found out at each deploy",
                    Automatic.DEFAULT,
                    List.of()));
        }
        all.add(new Automatic(
                ProjectKey.COMPRESSION.key(),
                Place.PROJECT,
                "",
                ProjectKey.COMPRESSION.meaning(),
                "on",
                Automatic.DEFAULT,
                List.of()));
        all.add(new Automatic(
                ProjectKey.MAX_CONCURRENCY.key(),
                Place.PROJECT,
                "",
                ProjectKey.MAX_CONCURRENCY.meaning(),
                ANY_NUMBER,
                Automatic.DEFAULT,
                List.of()));
        all.add(new Automatic(
                ALIAS,
                Place.COMMAND,
                "",
                "which deployments requests go to, by which weights, and whether a client stays with one",
                "production leads to what is deployed",
                Automatic.DEFAULT,
                List.of()));
        all.addAll(server);
        for (var fixed : Fixed.values()) {
            all.add(new Automatic(
                    "", Place.FIXED, "", fixed.decides(), fixed.value(), "the platform's code", List.of()));
        }
        return all;
    }

    /** With what the production of {@code project} has. */
    public List<Automatic> of(Snapshot.Project project) {
        return all().stream().map(each -> each.with(own(each, project))).toList();
    }

    private static List<Own> own(Automatic each, Snapshot.Project project) {
        if (each.key().equals(ALIAS)) {
            return project.aliases().values().stream()
                    .map(alias -> new Own(alias.name().value(), shares(alias), "mayfly history " + project.name()))
                    .toList();
        }
        var production = project.production();
        if (production.isEmpty() || (each.place() != Place.FUNCTION && each.place() != Place.PROJECT)) {
            return List.of();
        }
        var deployment = production.get();
        if (each.place() == Place.PROJECT) {
            return ofProject(each.key(), deployment);
        }
        return setting(each.key())
                .map(setting -> ofFunctions(setting, deployment))
                .orElse(List.of());
    }

    private static List<Own> ofProject(String key, Deployment deployment) {
        var from = deployed(deployment);
        if (key.equals(ProjectKey.COMPRESSION.key())) {
            return List.of(new Own(
                    "", deployment.compression() ? "on" : "off", deployment.compression() ? Automatic.DEFAULT : from));
        }
        if (key.equals(ProjectKey.MAX_CONCURRENCY.key())) {
            return List.of(
                    deployment.maxConcurrency() == null
                            ? new Own("", ANY_NUMBER, Automatic.DEFAULT)
                            : new Own("", deployment.maxConcurrency().toString(), from));
        }
        if (key.equals("build." + BuildKey.MODE.key())) {
            return List.of(new Own("", deployment.mode() + " (" + deployment.reason() + ")", from));
        }
        return deployment.functions().stream()
                .map(function -> new Own(
                        function.name().value(),
                        key.equals("build." + BuildKey.PYTHON.key())
                                ? function.runtime()
                                : function.entrypoint().file(),
                        from))
                .toList();
    }

    /** One for all, where all have the same. */
    private static List<Own> ofFunctions(Setting setting, Deployment deployment) {
        var values = new LinkedHashMap<String, Own>();
        for (var function : deployment.functions()) {
            var value = SettingValue.of(setting, function);
            values.put(
                    function.name().value(),
                    new Own(function.name().value(), value, from(setting, function, deployment)));
        }
        var different = values.values().stream()
                .map(own -> new Own("", own.value(), own.from()))
                .distinct()
                .toList();
        return different.size() == 1 ? different : List.copyOf(values.values());
    }

    private static String from(Setting setting, Function function, Deployment deployment) {
        return SettingValue.isDefault(setting, function) ? Automatic.DEFAULT : deployed(deployment);
    }

    /** Files and command line have been read by then, and made one. */
    private static String deployed(Deployment deployment) {
        return "deployment " + deployment.id();
    }

    /** What a setting that a decision names is for {@code function}. */
    public Optional<Own> value(String key, Deployment deployment, Function function) {
        return setting(key)
                .map(setting -> new Own(
                        function.name().value(),
                        SettingValue.of(setting, function),
                        from(setting, function, deployment)))
                .or(() -> key.equals(ProjectKey.MAX_CONCURRENCY.key())
                        ? ofProject(key, deployment).stream().findFirst()
                        : Optional.empty())
                .or(() -> server.stream()
                        .filter(each -> each.key().equals(key))
                        .findFirst()
                        .map(each -> new Own("", each.value(), each.from())));
    }

    private static Optional<Setting> setting(String key) {
        return Arrays.stream(Setting.values())
                .filter(each -> each.key().equals(key))
                .findFirst();
    }

    private static String shares(Alias alias) {
        var total = alias.shares().stream().mapToInt(share -> share.weight()).sum();
        var shares = alias.shares().stream()
                .map(share -> share.deployment() + "=" + share.weight())
                .collect(Collectors.joining(" "));
        return alias.shares().size() == 1
                ? alias.main().value()
                : String.format(Locale.ROOT, "%s of %d, sticky %s", shares, total, alias.stickiness());
    }
}
