package dev.mayfly.build.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.build.Project;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.store.files.FileArtifacts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectSettingsTest {
    @TempDir
    private Path folder;

    private final List<String> warnings = new ArrayList<>();
    private FileArtifacts artifacts;

    @BeforeEach
    void open() throws IOException {
        artifacts = FileArtifacts.open(folder, Duration.ofHours(1), Clock.systemUTC(), new SplittableRandom(1));
    }

    @Test
    void anEmptyProjectHasTheDefaults() {
        assertThat(limits(read(project()), "api/a")).isEqualTo(Limits.DEFAULTS);
    }

    @Test
    void theNameOfAFunctionWinsOverPatternsAndTheyFillWhatItLeaves() {
        var settings = read(project()
                .file(
                        "mayfly.yaml",
                        "functions:",
                        "  '**': {memory: 64MiB, timeout: 1s}",
                        "  api/*.py: {memory: 96MiB, queue: 7}",
                        "  api/a: {memory: 128MiB}"));

        assertThat(limits(settings, "api/a").memory()).isEqualTo(128L << 20);
        assertThat(limits(settings, "api/a").queue()).isEqualTo(7);
        assertThat(limits(settings, "api/a").timeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(limits(settings, "api/b").memory()).isEqualTo(64L << 20);
        assertThat(limits(settings, "api/x/y").queue()).isEqualTo(1000);
    }

    @Test
    void inVercelJsonTheFirstPatternThatMatchesDecidesAlone() {
        var settings = read(project()
                .file(
                        "vercel.json",
                        "{\"functions\": {\"api/[id].py\": {\"memory\": 300},",
                        " \"api/**\": {\"memory\": 200, \"maxDuration\": \"max\"}}}"));

        assertThat(limits(settings, "api/[id]").memory()).isEqualTo(300L << 20);
        assertThat(limits(settings, "api/[id]").timeout()).isEqualTo(Limits.DEFAULTS.timeout());
        assertThat(limits(settings, "api/x").memory()).isEqualTo(200L << 20);
        assertThat(limits(settings, "api/x").timeout()).isEqualTo(Duration.ofMinutes(30));
    }

    @Test
    void anUnknownKeyNamesTheNearestWithItsLine() {
        assertProblem(
                "mayfly.yaml:3: unknown key memroy", "write memory", "functions:", "  api/a:", "    memroy: 1GiB");
        assertProblem("mayfly.yaml:2: unknown key function", "write functions", "# first", "function: {}");
        assertProblem("mayfly.yaml:1: unknown key pyhton", "write python", "build: {pyhton: '3.11'}");
        assertProblem(
                "mayfly.yaml:1: unknown key zzzzzz",
                "use one of functions, env, secrets, build, compression, maxConcurrency, routes, domains, budget, compat",
                "zzzzzz: 1");
    }

    @Test
    void aWrongValueIsToldWithItsLine() {
        assertProblem(
                "mayfly.yaml:3: timeout: soon (expected: a duration such as 200ms, 2s or 5m)",
                "correct the value of timeout",
                "functions:",
                "  api/a:",
                "    timeout: soon");
        assertProblem("mayfly.yaml:1: functions: (expected: keys, not a list)", "remove the dashes", "functions: [a]");
        assertProblem("mayfly.yaml:1: secrets: (expected: a list of names)", "write secrets: [NAME]", "secrets: KEY");
        assertProblem(
                "mayfly.yaml:2: variable: 1A (expected: letters, digits and _, not starting with a digit)",
                "rename it",
                "env:",
                "  1A: x");
        assertProblem("mayfly.yaml:2: A: (expected: one value)", "write a value after A:", "env:", "  A: [1]");
    }

    @Test
    void brokenYamlIsToldWithItsLine() {
        var problem = problem(project().file("mayfly.yaml", "functions:", "  a: [1", "b: 2"));

        assertThat(problem.message()).startsWith("mayfly.yaml:3 ");
        assertProblem("mayfly.yaml:2 sets env twice", "keep one of the two", "env: {}", "env: {}");
        assertProblem(
                "mayfly.yaml:1 is not a mapping of keys to values", "start it with a key such as functions:", "- a");
        assertProblem("mayfly.yaml:3 uses an alias (*name)", "write the value out", "env:", "  A: &x 1", "  B: *x");
    }

    @Test
    void whatIsNotHonouredYetFailsByNameUnlessIgnored() {
        var routes = project().file("mayfly.yaml", "routes: []");

        assertThat(problem(routes))
                .isEqualTo(new Problem(
                        ErrorCode.NOT_SUPPORTED,
                        "mayfly.yaml:1: routes is not supported yet",
                        "remove it, or deploy with --ignore-unsupported to go without"));
        read(routes.ignoringUnsupported());
        assertThat(warnings).containsExactly("mayfly.yaml:1: routes is not supported yet and was ignored");
    }

    @Test
    void noMoreInstancesCanBeKeptThanThereMayBe() {
        assertThat(limits(read(project().file("mayfly.yaml", "functions:", "  '**': {minInstances: 2}")), "api/a")
                        .minInstances())
                .isEqualTo(2);
        assertThatThrownBy(() -> limits(
                        read(project().file("mayfly.yaml", "functions:", "  '**': {minInstances: 3, maxInstances: 2}")),
                        "api/a"))
                .hasMessageContaining("maxInstances: 2 (expected: ");
    }

    @Test
    void aVariableThatNoProgramCouldBeGivenIsRefused() {
        assertProblem(
                "mayfly.yaml:2: A (expected: text without the character 0)",
                "encode it, as base64",
                "env:",
                "  A: \"x\\0y\"");
        assertProblem(
                "mayfly.yaml:1: env: 2 of them, 80002 characters (expected: at most 1000, and 65536)",
                "put what is long into a file of the project",
                "env:",
                "  A: " + "x".repeat(40_000),
                "  B: " + "x".repeat(40_000));
    }

    @Test
    void whereAFunctionMayConnectIsAWordOrAListOfAddresses() {
        var settings = read(project()
                .file(
                        "mayfly.yaml",
                        "functions:",
                        "  api/a: {egress: none, isolation: linux, tmp: 1MiB, inodes: 100}",
                        "  api/b: {egress: [10.0.0.5, 192.168.0.0/16]}",
                        "  api/c:",
                        "    egress:",
                        "      - internet",
                        "      - 10.0.0.5/32"));

        assertThat(limits(settings, "api/a").egress()).isEqualTo(new Egress.None());
        assertThat(limits(settings, "api/a").isolation()).isEqualTo(Isolation.LINUX);
        assertThat(limits(settings, "api/a").inodes()).isEqualTo(100);
        assertThat(limits(settings, "api/b").egress()).hasToString("10.0.0.5/32,192.168.0.0/16");
        assertThat(limits(settings, "api/c").egress()).hasToString("internet,10.0.0.5/32");
        assertThat(limits(settings, "api/d").egress()).isNull();
        assertProblem(
                "mayfly.yaml:2: egress: all within a list (expected: all alone, or addresses such as 10.0.0.5/32)",
                "correct the value of egress",
                "functions:",
                "  api/a: {egress: [10.0.0.5, all]}");
        assertProblem(
                "mayfly.yaml:2: egress: an empty list (expected: none, or at least one address)",
                "correct the value of egress",
                "functions:",
                "  api/a: {egress: []}");
        assertProblem(
                "mayfly.yaml:2: egress: (expected: one value)",
                "write a value after egress:",
                "functions:",
                "  api/a: {egress: [[10.0.0.5]]}");
    }

    @Test
    void instancesAreCopiedFromAWaitingProcessUnlessThatIsSwitchedOff() {
        var settings = read(project()
                .file("mayfly.yaml", "functions:", "  api/a:", "    zygotes: off", "  'api/b*':", "    zygotes: on"));

        assertThat(limits(settings, "api/a").zygotes()).isFalse();
        assertThat(limits(settings, "api/b").zygotes()).isTrue();
        assertThat(limits(settings, "api/c").zygotes()).isTrue();
        assertProblem(
                "mayfly.yaml:2: zygotes: some (expected: on or off)",
                "correct the value of zygotes",
                "functions:",
                "  api/a: {zygotes: some}");
        assertProblem(
                "mayfly.yaml:2: zygotes: (expected: one value)",
                "write a value after zygotes:",
                "functions:",
                "  api/a: {zygotes: }");
    }

    @Test
    void answersAreCompressedUnlessThatIsSwitchedOff() {
        assertThat(read(project()).compression()).isTrue();
        assertThat(read(project().file("mayfly.yaml", "compression: off")).compression())
                .isFalse();
        assertThat(read(project().file("mayfly.yaml", "compression: off").set("compression", "on"))
                        .compression())
                .isTrue();
        assertProblem(
                "mayfly.yaml:1: compression: some (expected: on or off)",
                "correct the value of compression",
                "compression: some");
        assertProblem(
                "mayfly.yaml:1: compression: (expected: one value)",
                "write a value after compression:",
                "compression: [on]");
        assertThat(problem(project().set("compression", "no")).message())
                .isEqualTo("command line: compression: no (expected: on or off)");
    }

    @Test
    void aProjectMayLimitWhatItRunsAtOnce() {
        assertThat(read(project()).maxConcurrency()).isNull();
        assertThat(read(project().file("mayfly.yaml", "maxConcurrency: 20")).maxConcurrency())
                .isEqualTo(20);
        assertThat(read(project().file("mayfly.yaml", "maxConcurrency: 20").set("maxConcurrency", "3"))
                        .maxConcurrency())
                .isEqualTo(3);
        assertProblem(
                "mayfly.yaml:1: maxConcurrency: 0 (expected: a whole number >= 1)",
                "correct the value of maxConcurrency",
                "maxConcurrency: 0");
        assertThat(problem(project().set("maxConcurrency", "many")).message())
                .isEqualTo("command line: maxConcurrency: many (expected: a whole number >= 1)");
    }

    @Test
    void fieldsOfVercelJsonThatAreNotHonouredAreNamed() {
        assertThat(problem(project().file("vercel.json", "{", "\"version\": 2,", "\"crons\": []}"))
                        .message())
                .isEqualTo("vercel.json:3: crons is not supported yet");
        assertThat(problem(project().file("vercel.json", "{\"functions\": {\"api/*.py\": {\"runtime\": \"x@1\"}}}"))
                        .message())
                .isEqualTo("vercel.json:1: functions.api/*.py.runtime is not supported yet");
        assertThat(problem(project().file("vercel.json", "{\"framework\": \"nextjs\"}"))
                        .message())
                .isEqualTo("vercel.json:1: framework nextjs is not supported yet");
        assertThat(problem(project().file("vercel.json", "{\"functions\": {\"api/a.py\": {\"memory\": \"much\"}}}"))
                        .message())
                .isEqualTo("vercel.json:1: memory: much (expected: a whole number)");
    }

    @Test
    void theFrameworkOfVercelJsonIsRead() {
        assertThat(read(project().file("vercel.json", "{\"framework\": null}")).saysFunctions())
                .isTrue();
        assertThat(read(project().file("vercel.json", "{\"framework\": \"flask\"}"))
                        .saysApplication())
                .isTrue();
        read(project().file("vercel.json", "{\"name\": \"x\", \"public\": true, \"$schema\": \"y\"}"));
        assertThat(warnings).containsExactly("vercel.json:1: name is ignored; name the project with --name");
    }

    @Test
    void theCommandLineWinsAndIsChecked() {
        var settings = read(project()
                .file("mayfly.yaml", "functions:", "  '**': {memory: 64MiB}")
                .set("memory", "32MiB"));

        assertThat(limits(settings, "api/a").memory()).isEqualTo(32L << 20);
        assertThat(problem(project().set("memroy", "1")))
                .isEqualTo(new Problem(ErrorCode.BUILD_FAILED, "command line: unknown setting memroy", "write memory"));
    }

    @Test
    void limitsThatContradictEachOtherAreTold() {
        var settings = read(project().file("mayfly.yaml", "functions:", "  '**': {maxInstances: 1}"));

        assertThat(limits(settings, "api/a").maxInstances()).isEqualTo(1);
        assertThat(settings.unused(Map.of()))
                .extracting(ProjectSettings.Unused::origin)
                .containsExactly("mayfly.yaml:2");
    }

    private void assertProblem(String message, String fix, String... lines) {
        assertThat(problem(project().file("mayfly.yaml", lines)))
                .isEqualTo(new Problem(ErrorCode.BUILD_FAILED, message, fix));
    }

    private Project project() {
        return new Project(artifacts);
    }

    private Problem problem(Project project) {
        return catchThrowableOfType(ProblemException.class, () -> read(project)).problem();
    }

    private ProjectSettings read(Project project) {
        var source = project.source();
        return ProjectSettings.read(
                SourceTree.of(source.files(), SourceTree.Bounds.DEFAULT),
                new Blobs(artifacts),
                source.settings(),
                new Unsupported(source.ignoreUnsupported(), warnings::add),
                warnings::add);
    }

    private Limits limits(ProjectSettings settings, String function) {
        return settings.limits(
                new FunctionName(function),
                new Entrypoint(Entrypoint.Kind.APP, function + ".py", "app"),
                warnings::add);
    }
}
