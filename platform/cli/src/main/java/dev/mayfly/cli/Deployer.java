package dev.mayfly.cli;

import dev.mayfly.model.ProjectName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Sends a source, follows its build and hands back what came of it. */
final class Deployer {
    /** What the server answers when a removal swept away what was just uploaded. */
    private static final String SWEPT = "blobs_missing";

    private static final int ATTEMPTS = 3;

    private final Mayfly mayfly;
    private final Api api;
    private final Screen screen;

    Deployer(Mayfly mayfly, Api api) {
        this.mayfly = mayfly;
        this.api = api;
        this.screen = mayfly.screen();
    }

    /**
     * What the person asked for.
     *
     * @param name of the project; empty: what the folder or file is called
     */
    record Wish(
            String path, String name, boolean production, boolean ignoreUnsupported, Map<String, String> settings) {}

    /** What came of it. */
    record Deployed(JsonObject deployment, JsonObject project) {
        String url() {
            return deployment.flag("production") ? project.text("url") : deployment.text("url");
        }

        Object asJson() {
            return new JsonObject(Map.of("url", url(), "deployment", deployment, "project", project));
        }
    }

    Deployed deploy(Wish wish) {
        var path = mayfly.resolve(wish.path());
        var source = Source.read(path);
        var project = name(wish, path, source);
        sayWhatStays(project, source);
        for (int attempt = 1; ; attempt++) {
            var files = new Upload(api, screen).send(source);
            var request = new JsonObject(Map.of(
                    "files", files,
                    "skipped", source.skipped(),
                    "settings", wish.settings(),
                    "production", wish.production(),
                    "ignoreUnsupported", wish.ignoreUnsupported()));
            try {
                return build(project, request);
            } catch (Failure e) {
                if (!e.code().equals(SWEPT) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static ProjectName name(Wish wish, Path path, Source source) {
        try {
            if (!wish.name().isEmpty()) {
                var name = new ProjectName(wish.name());
                if (Files.isDirectory(path) && !Mayfly.projectOf(path).equals(name.value())) {
                    ProjectLink.write(path, name);
                }
                return name;
            }
        } catch (IllegalArgumentException e) {
            throw Failure.usage(
                    String.valueOf(e.getMessage()),
                    "--name " + ProjectName.suggest(wish.name()).value());
        }
        return Files.isDirectory(path) ? new ProjectName(Mayfly.projectOf(path)) : ProjectName.suggest(source.name());
    }

    private void sayWhatStays(ProjectName project, Source source) {
        var known = source.secrets().isEmpty() ? List.<String>of() : variables(project);
        for (var secret : source.secrets()) {
            var name = Source.fileName(secret);
            if (name.endsWith(".example") || name.endsWith(".sample") || name.endsWith(".template")) {
                continue;
            }
            var shown = mayfly.surroundings().show(secret);
            var missing = variables(secret);
            missing.removeAll(known);
            int count = missing.size();
            if (count > 0) {
                screen.say(Amounts.count(count, "variable") + " not sent: `mayfly env import " + shown + "`");
            }
        }
    }

    /** Names that the server has; none where the project is yet to be made. */
    private List<String> variables(ProjectName project) {
        try {
            return api.get(EnvCommand.path(project.value())).texts("names");
        } catch (Failure e) {
            if (e.code().equals("project_not_found")) {
                return List.of();
            }
            throw e;
        }
    }

    private static Set<String> variables(Path file) {
        try {
            return new HashSet<>(EnvFile.read(file).keySet());
        } catch (Failure e) {
            return new HashSet<>();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Deployed build(ProjectName project, JsonObject request) {
        var deployed = new AtomicReference<@Nullable Deployed>();
        var path = "/projects/" + project + "/deployments";
        api.lines("POST", path, request, event -> {
            switch (event.text("type")) {
                case "step" -> screen.say("  " + event.text("text"));
                case "output" -> screen.say(screen.errPaint().dim("  │ " + event.text("text")));
                case "warning" -> screen.warn(event.text("text"));
                case "ready" -> deployed.set(new Deployed(event.object("deployment"), event.object("project")));
                case "error" -> throw Api.failure(event.object("error"));
                default -> {} // a newer server may say more
            }
            return true;
        });
        var result = deployed.get();
        if (result == null) {
            throw new Failure("the server stopped in the middle of the build", "mayfly doctor, then deploy again");
        }
        return result;
    }
}
