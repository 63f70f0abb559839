package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.build.tool.Account;
import dev.mayfly.build.tool.BuildLimits;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.linux.LauncherCommand;
import dev.mayfly.provider.linux.LinuxProvider;
import dev.mayfly.provider.linux.PlatformPorts;
import dev.mayfly.provider.linux.Warmth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Builds whose tools run in sandboxes; skipped where none can be made. */
final class SandboxedBuildTest extends BuildTest {
    private static final String APP = "def app(environ, start_response): pass";

    private LinuxProvider provider;
    private Path wheels;

    @BeforeEach
    void sandboxes() throws Exception {
        var program = Path.of(System.getProperty("mayfly.launcher", "none"));
        assertThat(program).as("the launcher: apt install gcc libc6-dev").isExecutable();
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        var directory = new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch"));
        provider = switch (LinuxProvider.open(
                new LauncherCommand(program, PlatformPorts.NONE, "localhost"),
                directory,
                WorkerFiles.bundled(),
                runtime -> Optional.empty(),
                new Egress.Internet(),
                Warmth.DEFAULT,
                System::nanoTime,
                System::currentTimeMillis)) {
            case LinuxProvider.Opening.Opened(LinuxProvider able) -> able;
            case LinuxProvider.Opening.Unable(var reason, var fix) ->
                throw new AssertionError("these tests need sandboxes: " + reason + fix);
        };
        assertThat(provider.tools().obstacle())
                .as("what keeps sandboxes from the network")
                .isEmpty();
        workshop = workshop(provider.tools(), false, BuildLimits.DEFAULTS);
        wheels = Files.createDirectory(folder.resolve("wheels"));
        Files.setPosixFilePermissions(wheels, PosixFilePermissions.fromString("rwxr-xr-x"));
        var wheel = Files.write(wheels.resolve("tiny-1.0-py3-none-any.whl"), TinyPackage.wheel());
        Files.setPosixFilePermissions(wheel, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @AfterEach
    void close() {
        if (provider != null) {
            provider.close();
        }
    }

    private static Optional<Account> account() {
        boolean root = "root".equals(System.getProperty("user.name"));
        return root ? Optional.of(new Account(64_321, 64_321)) : Optional.empty();
    }

    private Path layer(Deployment built) {
        return artifacts
                .layer(Objects.requireNonNull(built.functions().getFirst().dependencies()))
                .orElseThrow();
    }

    private Deployment build(Map<String, String> environment, Project project) throws InterruptedException {
        return builder(environment, systemPythons()).build(project.source(), events::add);
    }

    @Test
    void aPackageOfTheOperatorsFolderIsInstalled() throws Exception {
        var environment = Map.of("PIP_FIND_LINKS", wheels.toString(), "PIP_NO_INDEX", "1");

        var built =
                build(environment, project().file("app.py", "import tiny", APP).file("requirements.txt", "tiny"));

        assertThat(layer(built).resolve("tiny.py")).exists();
        assertThat(layer(built).resolve("__pycache__")).exists();
    }

    @Test
    void theOperatorsConfigurationFileIsFollowed() throws Exception {
        var home = folder.resolve("operator");
        Files.createDirectories(home.resolve(".config/pip"));
        Files.writeString(
                home.resolve(".config/pip/pip.conf"), "[global]\nno-index = true\nfind-links =\n    " + wheels + "\n");

        var built = build(
                Map.of("HOME", home.toString()),
                project().file("app.py", "import tiny", APP).file("requirements.txt", "tiny"));

        assertThat(layer(built).resolve("tiny.py")).as("%s", events).exists();
    }

    @Test
    void whatAPackageRunsWhileItIsBuiltSeesItsOwnWorldOnly() throws Exception {
        var secret = Files.writeString(folder.resolve("secret"), "open sesame");
        var environment = new HashMap<>(Map.of("PIP_NO_INDEX", "1", "PIP_NO_BUILD_ISOLATION", "1"));
        var project = project()
                .createdAt(5)
                .file("app.py", "import tiny", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file(
                        "pkg/backend.py",
                        TinyPackage.backend(
                                "seen = [os.path.exists(p) for p in ('" + secret + "', '" + folder
                                        + "', '/root/.bashrc')]",
                                "pids = [p for p in os.listdir('/proc') if p.isdigit()]",
                                "open('/build/cache/report', 'w').write(repr((seen, os.getuid(), len(pids) < 10)))"));

        build(environment, project);

        var report = workshop.kept("pip-cache").resolve("demo@5").resolve("report");
        assertThat(Files.readString(report)).isEqualTo("([False, False, False], 1000, True)");
    }

    private Workshop workshop(ToolRuns runs, boolean unisolated, BuildLimits limits) throws Exception {
        return new Workshop(folder.resolve("work"), account(), Optional.of(runs), unisolated, limits);
    }

    private Problem problem(Map<String, String> environment, Project project) {
        return catchThrowableOfType(ProblemException.class, () -> build(environment, project))
                .problem();
    }

    @Test
    void withoutAWayOutPackagesOfTheOperatorsFolderAreInstalledAllTheSame() throws Exception {
        workshop = workshop(new ClosedToolRuns(provider.tools()), false, BuildLimits.DEFAULTS);
        var environment = Map.of("PIP_FIND_LINKS", wheels.toString(), "PIP_NO_INDEX", "1");

        var built =
                build(environment, project().file("app.py", "import tiny", APP).file("requirements.txt", "tiny"));

        assertThat(layer(built).resolve("tiny.py")).exists();
    }

    @Test
    void withoutAWayOutABuildThatNeedsOneFailsAndSaysWhatWouldHelp() throws Exception {
        workshop = workshop(new ClosedToolRuns(provider.tools()), false, BuildLimits.DEFAULTS);

        var problem = problem(Map.of(), project().file("app.py", APP).file("requirements.txt", "six"));

        assertThat(problem.message())
                .startsWith("requirements.txt:1 cannot be installed: six\n")
                .endsWith(
                        "\nBuilds run in sandboxes, which reach nothing outside on this server: the kernel has no nf_tables");
        assertThat(problem.fix())
                .isEqualTo("Load nf_tables; or start the server with --allow-unisolated, if you trust all code that is"
                        + " deployed here");
    }

    @Test
    void withoutAWayOutPlainProcessesInstallWhereTheOperatorAllowsItAndThatIsSaid() throws Exception {
        workshop = workshop(new ClosedToolRuns(provider.tools()), true, BuildLimits.DEFAULTS);
        var environment = Map.of("PIP_NO_INDEX", "1", "PIP_NO_BUILD_ISOLATION", "1");
        var project = project()
                .createdAt(5)
                .file("app.py", "import tiny", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file(
                        "pkg/backend.py",
                        TinyPackage.backend("open(os.environ['PIP_CACHE_DIR'] + '/report', 'w').write(os.getcwd())"));

        build(environment, project);

        assertThat(Files.readString(workshop.kept("pip-cache").resolve("demo@5/report")))
                .startsWith(folder.toString());
        assertThat(events)
                .contains(
                        new BuildEvent.Warning(
                                "packages are installed by plain processes, as --allow-unisolated allows: the kernel has no nf_tables"));
    }

    private static BuildLimits small() {
        return new BuildLimits(1L << 30, 2, 64, Duration.ofMinutes(1), 4 << 20, 64 << 20, 8 << 20, 1000, 1 << 20);
    }

    private Project hostile(String... lines) {
        return project()
                .file("app.py", "import tiny", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file("pkg/backend.py", TinyPackage.backend(lines));
    }

    @Test
    void aBuildThatFillsTheDiskIsEndedAtItsLimit() throws Exception {
        workshop = workshop(provider.tools(), false, small());

        var problem = problem(
                Map.of("PIP_NO_INDEX", "1"),
                hostile(
                        "import time",
                        "for i in range(40):",
                        "    open('/build/tmp/%d' % i, 'wb').write(bytes(3 << 20))",
                        "time.sleep(600)"));

        assertThat(problem.message()).endsWith("ERROR: ended, because a build may have 64 MiB of files");
    }

    @Test
    void aFileThatIsTooLargeIsNamed() throws Exception {
        workshop = workshop(provider.tools(), false, small());

        var problem = problem(Map.of("PIP_NO_INDEX", "1"), hostile("open('/build/tmp/large', 'wb').truncate(1 << 50)"));

        assertThat(problem.message()).endsWith("ERROR: a file of a build may have 4 MiB");
    }

    @Test
    void tooManyProcessesAreNamed() throws Exception {
        workshop = workshop(provider.tools(), false, small());

        var problem = problem(
                Map.of("PIP_NO_INDEX", "1"),
                hostile("for i in range(100): subprocess.Popen(['/bin/sleep', '600'], stdout=-3, stderr=-3)"));

        assertThat(problem.message()).endsWith("ERROR: a build may have 64 processes and threads");
    }

    @Test
    void anIndexOnLoopbackIsNamed() {
        var environment = Map.of("PIP_INDEX_URL", "http://127.0.0.1:3141/simple");

        var problem = catchThrowableOfType(
                        ProblemException.class,
                        () -> build(environment, project().file("app.py", APP).file("requirements.txt", "tiny")))
                .problem();

        assertThat(problem.message()).startsWith("PIP_INDEX_URL names 127.0.0.1");
        assertThat(problem.fix()).contains("--isolation process");
    }

    @Test
    void aPackageThatIsNowhereIsSaidInPipsWords() {
        var environment = Map.of("PIP_FIND_LINKS", wheels.toString(), "PIP_NO_INDEX", "1");

        var problem = catchThrowableOfType(
                        ProblemException.class,
                        () -> build(
                                environment,
                                project().file("app.py", APP).file("requirements.txt", "mayfly-no-such-package")))
                .problem();

        assertThat(problem.message()).contains("requirements.txt:1", "mayfly-no-such-package");
    }

    @Test
    void codeIsCompiledInASandbox() throws Exception {
        var built = build(Map.of("PIP_NO_INDEX", "1"), project().file("app.py", APP));

        var code = artifacts.layer(built.functions().getFirst().code()).orElseThrow();
        assertThat(code.resolve("__pycache__")).isNotEmptyDirectory();
        assertThat(built.warnings()).isEmpty();
    }

    @Test
    void nothingOfAToolIsLeft() throws Exception {
        build(Map.of("PIP_NO_INDEX", "1"), project().file("app.py", APP));

        assertThat(provider.processes())
                .extracting(process -> process.role())
                .doesNotContain("building")
                .isSubsetOf(List.of("launcher", "network"));
    }
}
