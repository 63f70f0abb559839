package dev.mayfly.build.python;

import dev.mayfly.build.config.BuildKey;
import dev.mayfly.build.config.ProjectSettings;
import dev.mayfly.build.program.Programs;
import dev.mayfly.build.routing.FunctionRoutes;
import dev.mayfly.build.routing.StaticFiles;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * Decides how a project is meant: what its settings say; else an application outside of api/; else functions below api/; else a program that
 * starts its own server; else a program of another language; else files.
 */
final class Detection {
    private static final FunctionName APP = new FunctionName("app");

    private final SourceTree tree;
    private final Candidates candidates;
    private final ProjectSettings settings;
    private final Optional<PyProject> pyproject;
    private final String framework;
    private final Analysis analysis;
    private final Programs programs;

    /** @param framework such as {@code Flask in requirements.txt}; empty when no manifest names one */
    Detection(
            SourceTree tree,
            Candidates candidates,
            ProjectSettings settings,
            Optional<PyProject> pyproject,
            String framework,
            Analysis analysis,
            Programs programs) {
        this.tree = tree;
        this.candidates = candidates;
        this.settings = settings;
        this.pyproject = pyproject;
        this.framework = framework;
        this.analysis = analysis;
        this.programs = programs;
    }

    /** The files to analyze before a mode can be chosen, beyond those with usual names. */
    static List<String> declared(SourceTree tree, ProjectSettings settings, Optional<PyProject> pyproject) {
        return Stream.concat(
                        settings.build(BuildKey.ENTRYPOINT).stream(),
                        pyproject.stream()
                                .flatMap(each -> Stream.concat(each.entrypoint().stream(), each.appScript().stream())))
                .flatMap(text -> DeclaredEntrypoint.find(tree, text).stream())
                .map(DeclaredEntrypoint::file)
                .toList();
    }

    /** Empty when there is nothing to deploy. */
    Optional<Plan> plan() {
        return settings.build(BuildKey.MODE).map(this::asTold).orElseGet(this::asFound);
    }

    private Optional<Plan> asTold(String mode) {
        var plan = switch (mode) {
            case "app" -> declaredApplication().or(() -> application(true));
            case "functions" -> functions();
            case "script" -> declaredScript().or(this::script);
            case Programs.MODE -> program();
            case "static" -> files(StaticFiles.of(tree, false).isEmpty() ? "the settings say so" : "");
            default ->
                throw BuildFailure.of(
                        "mode: " + mode + " (expected: app, functions, script, server or static)",
                        "correct build.mode");
        };
        return plan.map(each -> new Plan(each.mode(), each.reason() + ", as the settings say", each.functions()));
    }

    private Optional<Plan> asFound() {
        if (settings.saysFunctions() && settings.build(BuildKey.ENTRYPOINT).isEmpty()) {
            return functions().or(this::script).or(this::program).or(this::plainFiles);
        }
        return declaredApplication()
                .or(() -> application(settings.saysApplication()))
                .or(this::scriptOfProject)
                .or(this::functions)
                .or(this::script)
                .or(this::onlyFile)
                .or(this::program)
                .or(this::plainFiles);
    }

    private Optional<Plan> declaredApplication() {
        var setting = settings.build(BuildKey.ENTRYPOINT);
        if (setting.isPresent()) {
            return Optional.of(declared(setting.get(), "the settings name " + setting.get()));
        }
        var vercel = pyproject.flatMap(PyProject::entrypoint);
        return vercel.map(text -> declared(text, "pyproject.toml names " + text));
    }

    private Optional<Plan> declaredScript() {
        return settings.build(BuildKey.ENTRYPOINT)
                .map(text -> DeclaredEntrypoint.require(tree, text))
                .map(found -> one(Plan.Mode.SCRIPT, "the settings name " + found.file(), script(found.file())));
    }

    private Optional<Plan> scriptOfProject() {
        return pyproject
                .flatMap(PyProject::appScript)
                .filter(text -> DeclaredEntrypoint.find(tree, text).isPresent())
                .map(text -> declared(text, "pyproject.toml names " + text));
    }

    private Plan declared(String text, String why) {
        var declared = DeclaredEntrypoint.require(tree, text);
        var report = parsed(declared.file());
        if (declared.symbol().isEmpty() && report.entrypoints().isEmpty() && report.servesItself()) {
            return one(Plan.Mode.SCRIPT, why + ", which starts its own server", script(declared.file()));
        }
        var kind = report.entrypoints().stream()
                .filter(found -> found.symbol().equals(declared.symbol()))
                .findFirst()
                .map(found -> entrypoint(declared.file(), found))
                .orElseGet(() -> declared.symbol().isEmpty()
                        ? report.entrypoints().stream()
                                .findFirst()
                                .map(found -> entrypoint(declared.file(), found))
                                .orElseThrow(() -> BuildFailure.of(
                                        why + ", which has no entrypoint",
                                        "define app in " + declared.file() + ", or name it as in module:name"))
                        : new Entrypoint(Entrypoint.Kind.APP, declared.file(), declared.symbol()));
        return one(Plan.Mode.APP, why, kind);
    }

    private Optional<Plan> application(boolean api) {
        for (String file : candidates.applications(api)) {
            var report = parsed(file);
            if (!report.entrypoints().isEmpty()) {
                return Optional.of(report.servesWhenLoaded() ? selfServing(file) : application(file, report));
            }
        }
        return Optional.empty();
    }

    private Plan application(String file, Analysis.Report report) {
        var found = report.entrypoints().getFirst();
        var why = file + " defines " + found.symbol() + (framework.isEmpty() ? "" : " (" + framework + ")");
        return one(Plan.Mode.APP, why, entrypoint(file, found));
    }

    private Optional<Plan> functions() {
        var functions = new LinkedHashMap<FunctionName, Entrypoint>();
        for (String file : candidates.functions()) {
            var report = parsed(file);
            if (!report.entrypoints().isEmpty()) {
                var name = file.substring(0, file.length() - ".py".length());
                functions.put(name(name), entrypoint(file, report.entrypoints().getFirst()));
            }
        }
        if (functions.isEmpty()) {
            return Optional.empty();
        }
        // Conflicts are better told now than after everything is installed.
        FunctionRoutes.of(functions.values().stream().map(Entrypoint::file).toList());
        var first = functions.firstEntry().getValue();
        var why = functions.size() == 1
                ? first.file() + " defines " + first.symbol()
                : functions.size() + " files below api/ define a handler or an app";
        return Optional.of(new Plan(Plan.Mode.FUNCTIONS, "functions mode: " + why, functions));
    }

    private Optional<Plan> script() {
        var found = candidates.scripts().stream()
                .filter(file -> analysis.file(file).servesItself())
                .findFirst();
        if (found.isEmpty()
                && tree.below("").stream().noneMatch(file -> file.path().equals("index.html"))) {
            candidates.scripts().forEach(this::parsed);
        }
        return found.map(this::selfServing);
    }

    private Plan selfServing(String file) {
        return one(Plan.Mode.SCRIPT, file + " starts its own server", script(file));
    }

    /** {@code mayfly up FILE.py}: a single file is meant, whatever its name. */
    private Optional<Plan> onlyFile() {
        if (tree.files().size() != 1) {
            return Optional.empty();
        }
        return candidates.scripts().stream()
                .filter(file -> !analysis.file(file).entrypoints().isEmpty())
                .findFirst()
                .map(file -> application(file, analysis.file(file)));
    }

    private Optional<Plan> program() {
        return programs.find().map(Plan::of);
    }

    private Optional<Plan> plainFiles() {
        boolean meant = tree.hasFolder("public")
                || tree.has("index.html")
                || candidates.python("").isEmpty();
        return meant && !StaticFiles.of(tree, true).isEmpty() ? files("") : Optional.empty();
    }

    private Optional<Plan> files(String told) {
        var why =
                tree.hasFolder("public") ? "public/ has files" : tree.has("index.html") ? "index.html" : "plain files";
        return Optional.of(new Plan(
                Plan.Mode.STATIC,
                "static mode: " + (told.isEmpty() ? why + ", and nothing to run" : told),
                new LinkedHashMap<>()));
    }

    private Plan one(Plan.Mode mode, String why, Entrypoint entrypoint) {
        SequencedMap<FunctionName, Entrypoint> functions = new LinkedHashMap<>();
        functions.put(APP, entrypoint);
        return new Plan(mode, mode.word() + " mode: " + why, functions);
    }

    private static Entrypoint script(String file) {
        return new Entrypoint(Entrypoint.Kind.SCRIPT, file, "");
    }

    private static Entrypoint entrypoint(String file, Analysis.Found found) {
        var kind = "handler".equals(found.kind()) ? Entrypoint.Kind.HANDLER : Entrypoint.Kind.APP;
        return new Entrypoint(kind, file, found.symbol());
    }

    private static FunctionName name(String path) {
        try {
            return new FunctionName(path);
        } catch (IllegalArgumentException e) {
            throw BuildFailure.of(String.valueOf(e.getMessage()), "shorten the path");
        }
    }

    /** The report on a file that the choice depends on, so that a mistake in it must be told. */
    private Analysis.Report parsed(String file) {
        var report = analysis.file(file);
        var fault = report.syntaxError();
        if (fault != null) {
            throw SyntaxProblem.of(file, fault);
        }
        return report;
    }
}
