package dev.mayfly.build.python;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.build.config.ProjectSettings;
import dev.mayfly.build.config.Unsupported;
import dev.mayfly.build.program.Programs;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.build.tool.Owner;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.provider.python.Interpreter;
import dev.mayfly.provider.python.Interpreters;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads a folder as a Python project, or as one that needs no Python. */
public final class PythonProject {
    private static final Pattern FRAMEWORK = Pattern.compile("(?i)^(fastapi|flask|django|starlette)\\b");

    private final Interpreters pythons;
    private final Workshop workshop;
    private final PipSettings pip;

    public PythonProject(Interpreters pythons, Workshop workshop, PipSettings pip) {
        this.pythons = pythons;
        this.workshop = workshop;
        this.pip = pip;
    }

    /**
     * Understands the project and installs what it depends on.
     *
     * @param skipped what the client left out
     * @throws dev.mayfly.model.ProblemException build_failed with the author's mistake and its fix
     */
    public Understood understand(
            Owner owner,
            SourceTree tree,
            Blobs blobs,
            ProjectSettings settings,
            List<String> skipped,
            Unsupported unsupported,
            Consumer<BuildEvent> log)
            throws IOException, InterruptedException {
        var programs = new Programs(tree, blobs, settings);
        var declared = programs.declared();
        if (declared.isPresent()) {
            return served(Plan.of(declared.get()), skipped, unsupported, log);
        }
        var manifests = new Manifests(tree, blobs, unsupported, unsupported.warnings());
        var candidates = new Candidates(tree, blobs);
        var pyproject = manifests.pyproject();
        var choice = new PythonChoice(pythons, unsupported.warnings());
        if (candidates.python("").isEmpty()) {
            var nothing = new Analysis(Map.of(), null);
            var plan = new Detection(tree, candidates, settings, pyproject, "", nothing, programs)
                    .plan()
                    .orElseThrow(() -> new NothingDeployable(tree, nothing).asException());
            return served(plan, skipped, unsupported, log);
        }
        var chosen = choice.choose(tree, blobs, settings, pyproject);
        var python = chosen.python();
        try (var scratch = workshop.open()) {
            blobs.write(
                    tree.files().stream()
                            .filter(file -> file.path().endsWith(".py"))
                            .toList(),
                    scratch.tree());
            var analyzer = new Analyzer(scratch, python);
            var files = new LinkedHashSet<>(candidates.all());
            files.addAll(Detection.declared(tree, settings, pyproject));
            var analysis = analyzer.analyze(files);
            var framework = framework(manifests);
            var detected = new Detection(tree, candidates, settings, pyproject, framework, analysis, programs).plan();
            if (detected.isEmpty()) {
                throw new NothingDeployable(tree, analyzer.analyze(candidates.python(""))).asException();
            }
            var plan = detected.get();
            if (plan.mode() == Plan.Mode.SERVER) {
                return served(plan, skipped, unsupported, log);
            }
            if (plan.mode() == Plan.Mode.FUNCTIONS) {
                candidates.foreignFunctions().forEach(file -> unsupported.met(file + ": a function in this language"));
            }
            log.accept(new BuildEvent.Step(plan.reason() + (plan.functions().isEmpty() ? "" : ", " + chosen.text())));
            if (plan.functions().isEmpty()) {
                return understood(plan, "");
            }
            return install(owner, tree, blobs, plan, python, manifests, new Undeclared(analyzer, skipped), log);
        }
    }

    /** A project that no Python has to load. */
    private static Understood served(
            Plan plan, List<String> skipped, Unsupported unsupported, Consumer<BuildEvent> log) {
        log.accept(new BuildEvent.Step(plan.reason()));
        if (plan.mode() == Plan.Mode.SERVER && skipped.stream().anyMatch(path -> path.matches("node_modules/?"))) {
            unsupported
                    .warnings()
                    .accept(
                            "node_modules was not sent, and nothing is installed for a program: bundle its packages into it");
        }
        return understood(plan, plan.functions().isEmpty() ? "" : Function.PROVIDED);
    }

    private static Understood understood(Plan plan, String runtime) {
        return new Understood(plan.mode().word(), plan.reason(), runtime, Optional.empty(), plan.functions(), Map.of());
    }

    private Understood install(
            Owner owner,
            SourceTree tree,
            Blobs blobs,
            Plan plan,
            Interpreter python,
            Manifests manifests,
            Undeclared undeclared,
            Consumer<BuildEvent> log)
            throws IOException, InterruptedException {
        var layers = new DependencyLayers(blobs, workshop, pip, owner);
        var byManifest = new LinkedHashMap<Optional<Manifest>, Map<FunctionName, String>>();
        plan.functions()
                .forEach((name, entrypoint) -> byManifest
                        .computeIfAbsent(manifests.of(entrypoint.file()), any -> new LinkedHashMap<>())
                        .put(name, entrypoint.file()));
        var dependencies = new HashMap<FunctionName, Digest>();
        for (var group : byManifest.entrySet()) {
            var manifest = group.getKey();
            var layer = manifest.isEmpty() ? Optional.<Digest>empty() : layers.layer(tree, manifest.get(), python, log);
            undeclared.check(group.getValue().values(), manifest, layer.flatMap(blobs.artifacts()::layer));
            layer.ifPresent(each -> group.getValue().keySet().forEach(name -> dependencies.put(name, each)));
        }
        return new Understood(
                plan.mode().word(),
                plan.reason(),
                python.runtime(),
                Optional.of(new Compilation(workshop, python, log)),
                plan.functions(),
                dependencies);
    }

    /** The framework that a manifest names, for people. */
    private static String framework(Manifests manifests) {
        var manifest = manifests.of("app.py");
        if (manifest.isEmpty()) {
            return "";
        }
        for (Requirement each : manifest.get().requirements()) {
            var matcher = FRAMEWORK.matcher(each.text());
            if (matcher.find()) {
                return each.name() + " in " + each.file();
            }
        }
        return "";
    }

    /**
     * A project as it was understood.
     *
     * @param mode {@code app}, {@code functions}, {@code script}, {@code server} or {@code static}
     * @param runtime empty when nothing runs
     * @param compilation of its files, where a Python runs them
     * @param functions in the order of their files
     * @param dependencies layers of those functions that have one
     */
    public record Understood(
            String mode,
            String reason,
            String runtime,
            Optional<Compilation> compilation,
            SequencedMap<FunctionName, Entrypoint> functions,
            Map<FunctionName, Digest> dependencies) {}
}
