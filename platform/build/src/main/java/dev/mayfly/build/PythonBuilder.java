package dev.mayfly.build;

import dev.mayfly.build.config.ProjectSettings;
import dev.mayfly.build.config.Reservations;
import dev.mayfly.build.config.Unsupported;
import dev.mayfly.build.encoding.Precompression;
import dev.mayfly.build.python.PipSettings;
import dev.mayfly.build.python.PythonProject;
import dev.mayfly.build.routing.FunctionRoutes;
import dev.mayfly.build.routing.StaticFiles;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.Route;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.store.Artifacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Builds folders of Python, of a program of any language, and of plain files. Safe for use by many threads. */
public final class PythonBuilder implements Builder {
    private final Blobs blobs;
    private final PythonProject python;
    private final SourceTree.Bounds bounds;
    private final InstantSource clock;
    private final Semaphore compressing = new Semaphore(1, true);

    /**
     * @param workshop where tools run
     * @param pip the operator's settings
     * @param bounds of a project
     */
    public PythonBuilder(
            Artifacts artifacts,
            Interpreters pythons,
            Workshop workshop,
            PipSettings pip,
            SourceTree.Bounds bounds,
            InstantSource clock) {
        this.blobs = new Blobs(artifacts);
        this.python = new PythonProject(pythons, workshop, pip);
        this.bounds = bounds;
        this.clock = clock;
    }

    @Override
    public Deployment build(Source source, Consumer<BuildEvent> log) throws InterruptedException {
        var warnings = new ArrayList<String>();
        Consumer<String> warn = text -> {
            if (!warnings.contains(text)) {
                warnings.add(text);
                log.accept(new BuildEvent.Warning(text));
            }
        };
        try {
            return build(source, log, new Unsupported(source.ignoreUnsupported(), warn), warnings);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No space left on device")) {
                throw new Problem(ErrorCode.INSUFFICIENT_STORAGE, "the disk is full", "free some space on the server")
                        .asException();
            }
            throw new UncheckedIOException(e);
        }
    }

    private Deployment build(Source source, Consumer<BuildEvent> log, Unsupported unsupported, List<String> warnings)
            throws IOException, InterruptedException {
        var tree = SourceTree.of(source.files(), bounds);
        var settings = ProjectSettings.read(tree, blobs, source.settings(), unsupported, unsupported.warnings());
        var understood = python.understand(source.owner(), tree, blobs, settings, source.skipped(), unsupported, log);
        var functions = functions(tree, settings, understood, unsupported.warnings());
        Reservations.check(functions, settings.maxConcurrency());
        boolean plain =
                understood.mode().equals("functions") || understood.mode().equals("static");
        var files = StaticFiles.of(tree, plain);
        if (settings.compression()) {
            files = new Precompression(
                            blobs, source.compressed(), compressing, step -> log.accept(new BuildEvent.Step(step)))
                    .of(files);
        }
        return new Deployment(
                Deployment.VERSION,
                source.id(),
                source.project(),
                clock.millis(),
                understood.mode(),
                understood.reason(),
                functions,
                routes(understood),
                files,
                settings.environment(),
                settings.secrets(),
                List.copyOf(warnings),
                tree.files().size(),
                tree.bytes(),
                settings.compression(),
                settings.maxConcurrency());
    }

    private List<Function> functions(
            SourceTree tree, ProjectSettings settings, PythonProject.Understood understood, Consumer<String> warnings)
            throws IOException, InterruptedException {
        checkUnused(settings, understood, warnings);
        if (understood.functions().isEmpty()) {
            return List.of();
        }
        boolean whole = understood.runtime().equals(Function.PROVIDED);
        var code = new CodeLayer(tree, blobs, whole, understood.compilation()).store();
        var functions = new ArrayList<Function>();
        understood
                .functions()
                .forEach((name, entrypoint) -> functions.add(new Function(
                        name,
                        understood.runtime(),
                        entrypoint,
                        settings.limits(name, entrypoint, warnings),
                        code,
                        understood.dependencies().get(name),
                        settings.protocol(name, entrypoint))));
        return functions;
    }

    /** Patterns for other modes of the same project are common in vercel.json, so there they are only mentioned. */
    private static void checkUnused(
            ProjectSettings settings, PythonProject.Understood understood, Consumer<String> warnings) {
        for (var unused : settings.unused(understood.functions())) {
            var message = unused.origin() + ": " + unused.pattern() + " matches no function";
            if (unused.inVercelFile() && !understood.mode().equals("functions")) {
                warnings.accept(message);
            } else {
                throw BuildFailure.of(message, unused.fix());
            }
        }
    }

    private static List<Route> routes(PythonProject.Understood understood) {
        return switch (understood.mode()) {
            case "functions" ->
                FunctionRoutes.of(understood.functions().keySet().stream()
                        .map(name -> name.value() + ".py")
                        .toList());
            case "static" -> List.of();
            default -> List.of(new Route(Route.EVERYTHING, first(understood)));
        };
    }

    private static FunctionName first(PythonProject.Understood understood) {
        return understood.functions().firstEntry().getKey();
    }
}
