package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.build.tool.Account;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Egress;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.linux.LauncherCommand;
import dev.mayfly.provider.linux.LinuxProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** Builds whose tools run in sandboxes; skipped where none can be made. */
final class SandboxedBuildTest extends BuildTest {
    private static final String APP = "def app(environ, start_response): pass";

    private LinuxProvider provider;
    private Path wheels;

    @BeforeEach
    void sandboxes() throws Exception {
        var program = Path.of(System.getProperty("mayfly.launcher", "none"));
        Assumptions.assumeTrue(Files.isExecutable(program), "there is no launcher");
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        var directory = new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch"));
        provider = switch (LinuxProvider.open(
                new LauncherCommand(program, "", "localhost"),
                directory,
                WorkerFiles.bundled(),
                runtime -> Optional.empty(),
                new Egress.Internet(),
                System::nanoTime,
                System::currentTimeMillis)) {
            case LinuxProvider.Opening.Opened(LinuxProvider able) -> able;
            case LinuxProvider.Opening.Unable(var reason, var fix) -> throw new TestAbortedException(reason + fix);
        };
        Assumptions.assumeTrue(provider.tools().egress(), "sandboxes reach nothing here");
        boolean root = "root".equals(System.getProperty("user.name"));
        workshop = new Workshop(
                folder.resolve("work"),
                root ? Optional.of(new Account(64_321, 64_321)) : Optional.empty(),
                Optional.of(provider.tools()));
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

        var report = workshop.kept("pip-cache")
                .resolve(project.source().project().value())
                .resolve("report");
        assertThat(Files.readString(report)).isEqualTo("([False, False, False], 1000, True)");
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
    void nothingOfAToolIsLeft() throws Exception {
        build(Map.of("PIP_NO_INDEX", "1"), project().file("app.py", APP));

        assertThat(provider.processes())
                .extracting(process -> process.role())
                .doesNotContain("building")
                .isSubsetOf(List.of("launcher", "network"));
    }
}
