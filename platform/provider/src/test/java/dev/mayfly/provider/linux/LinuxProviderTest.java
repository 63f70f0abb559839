package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ProviderContract;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.UnixHttp;
import dev.mayfly.provider.UsualLimits;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LinuxProviderTest extends ProviderContract {
    @TempDir
    private Path folder;

    private LinuxFixture fixture;
    private LinuxProvider provider;
    private Path code;

    @BeforeEach
    void start() throws Exception {
        fixture = new LinuxFixture(folder);
        code = Files.createDirectory(folder.resolve("code"));
        Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rwxr-xr-x"));
        provider = fixture.provider();
    }

    @AfterEach
    void nothingIsLeft() {
        if (provider != null) {
            provider.close();
            assertThat(fixture.processes()).isEmpty();
            assertThat(fixture.directory.root()).doesNotExist();
        }
    }

    @Override
    protected Provider provider() {
        return provider;
    }

    @Override
    protected Path code() {
        return code;
    }

    @Test
    void aFunctionSeesItsOwnWorldOnly() throws Exception {
        var instance = started(
                handler("answer = '|'.join([os.getcwd(), str(os.getuid()), os.environ['HOME'], str(os.getppid()),"
                        + " str(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())),"
                        + " str(os.path.exists('" + folder + "'))])"),
                new ReportLog());

        var answer = UnixHttp.get(instance.address(), "/", 1).body();

        assertThat(answer).isEqualTo("/var/task|1000|/tmp|1|[2]|False");
    }

    @Test
    void runningOutOfMemoryIsNamed() throws Exception {
        Assumptions.assumeFalse(provider.missingLimits().contains("memory"), "no limit of memory here");
        limits = UsualLimits.memory(64L << 20);
        var reports = new ReportLog();
        var instance = started(handler("x = bytearray(256 << 20)"), reports);

        UnixHttp.open(instance.address(), "/", 1).close();

        assertThat(reports.exit.get().how().memory()).isEqualTo(ExitStatus.Memory.EXCEEDED);
        assertThat(reports.texts())
                .anySatisfy(text ->
                        assertThat(text).startsWith("out of memory: it used more than its memory of 64MiB; raise"));
    }

    @Test
    void aKillFromInsideIsNotCalledOutOfMemory() throws Exception {
        Assumptions.assumeFalse(provider.missingLimits().contains("memory"), "no limit of memory here");
        var reports = new ReportLog();
        var instance = started(handler("os.kill(os.getpid(), signal.SIGKILL)"), reports);

        UnixHttp.open(instance.address(), "/", 1).close();

        assertThat(reports.exit.get().how()).isEqualTo(new ExitStatus(137, ExitStatus.Memory.KEPT));
    }

    @Test
    void theCounterIsTheKernelsWhereThereIsOne() throws Exception {
        Assumptions.assumeTrue(
                provider.findings().stream().anyMatch(each -> each.detail().contains("one counter")), "no counter");

        var instance = started(handler("pass"), new ReportLog());

        assertThat(instance.cpuSource()).isEqualTo(CpuSource.CGROUP);
    }

    @Test
    void anyProgramThatListensIsServed() throws Exception {
        Files.writeString(code.resolve("serve.sh"), """
                #!/bin/sh
                echo "listening on $PORT for $WHO"
                exec python3 -m http.server --bind 127.0.0.1 "$PORT"
                """);
        Files.setPosixFilePermissions(code.resolve("serve.sh"), PosixFilePermissions.fromString("rwxr-xr-x"));
        var spec = spec("greeting = 'from the file'\n");
        var reports = new ReportLog();
        environment.put("WHO", "everyone");

        var claim = provider.claim(
                new InstanceSpec(
                        spec.id(),
                        spec.function(),
                        "provided",
                        Entrypoint.command("", List.of("./serve.sh")),
                        spec.code(),
                        null,
                        "",
                        environment,
                        limits,
                        startTimeout),
                reports);

        assertThat(claim).as("%s", reports.texts()).isInstanceOf(Claim.Ready.class);
        var instance = ((Claim.Ready) claim).instance();
        assertThat(instance.mode()).isEqualTo(ServingMode.PROVIDED);
        assertThat(UnixHttp.get(instance.address(), "/api.py", 1).body()).contains("from the file");
        await().untilAsserted(() -> assertThat(reports.texts()).contains("listening on 8080 for everyone"));
        await().untilAsserted(() -> assertThat(reports.ended).containsExactly(1L));
    }

    @Test
    void aPythonOutsideOfTheSystemIsGivenToItsFunctions() throws Exception {
        var system = new Interpreters(Map.of("PATH", "/usr/bin"), Reach.ofThisUser())
                .preferred()
                .orElseThrow();
        var prefix = folder.resolve("prefix");
        Files.createDirectories(prefix.resolve("bin"));
        Files.createDirectories(prefix.resolve("lib"));
        copy(system.executable(), prefix.resolve("bin/python3"));
        copy(system.library(), prefix.resolve("lib").resolve(system.library().getFileName()));
        provider.close();
        fixture = new LinuxFixture(folder);
        provider = fixture.provider(prefix.resolve("bin").toString());

        var instance = started(handler("answer = sys.executable + ' ' + os.__file__"), new ReportLog());

        assertThat(UnixHttp.get(instance.address(), "/", 1).body())
                .startsWith("/opt/runtime/bin/python3 /opt/runtime/lib/");
    }

    private static void copy(Path from, Path to) throws Exception {
        assertThat(new ProcessBuilder("cp", "-rL", from.toString(), to.toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void aKilledLauncherIsBackAndItsInstancesAreReported() throws Exception {
        var reports = new ReportLog();
        started(handler("pass"), reports);
        long launcher = provider.processes().stream()
                .filter(process -> process.role().equals("launcher"))
                .findFirst()
                .orElseThrow()
                .pid();

        ProcessHandle.of(launcher).orElseThrow().destroyForcibly();

        assertThat(reports.exit.get().status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
        var next = started(handler("pass"), new ReportLog());
        assertThat(UnixHttp.get(next.address(), "/", 1).body()).isEqualTo("hello");
    }

    @Test
    void aKilledInitIsReportedAndLeavesNothing() throws Exception {
        var reports = new ReportLog();
        started(handler("pass"), reports);
        long init = provider.processes().stream()
                .filter(process -> process.role().equals("init"))
                .findFirst()
                .orElseThrow()
                .pid();

        ProcessHandle.of(init).orElseThrow().destroyForcibly();

        assertThat(reports.exit.get().status()).isEqualTo(137);
        assertThat(fixture.directory.instances()).isEmptyDirectory();
    }

    private static ToolRuns.Tool tool(List<String> command, List<ToolRuns.Mount> mounts, Duration timeout) {
        Integer user = "root".equals(System.getProperty("user.name")) ? 64_322 : null;
        return new ToolRuns.Tool(
                command,
                Map.of("PATH", "/usr/bin:/bin"),
                "/build",
                mounts,
                user,
                UsualLimits.timeout(timeout),
                1 << 20,
                List.of());
    }

    @Test
    void aToolRunsAndTellsItsLinesAndItsStatus() throws Exception {
        var place = Files.createDirectory(folder.resolve("place"));
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        var lines = new ArrayList<String>();

        var outcome = provider.tools()
                .run(
                        tool(
                                List.of("/bin/sh", "-c", "echo one; echo two >&2; echo made >/build/file; exit 3"),
                                List.of(new ToolRuns.Mount(place, "/build", true)),
                                Duration.ofMinutes(1)),
                        () -> false,
                        lines::add);

        assertThat(outcome).isEqualTo(new ToolRuns.Outcome(3, false, false, false));
        assertThat(lines).containsExactlyInAnyOrder("one", "two");
        assertThat(place.resolve("file")).hasContent("made\n");
        assertThat(fixture.directory.instances()).isEmptyDirectory();
    }

    @Test
    void aToolThatTakesTooLongIsEnded() throws Exception {
        var place = Files.createDirectory(folder.resolve("place"));

        var outcome = provider.tools()
                .run(
                        tool(
                                List.of("/bin/sleep", "3600"),
                                List.of(new ToolRuns.Mount(place, "/build", false)),
                                Duration.ofMillis(200)),
                        () -> false,
                        line -> {});

        assertThat(outcome.late()).isTrue();
    }

    @Test
    void aToolIsEndedWhenItsWatchSaysSo() throws Exception {
        var place = Files.createDirectory(folder.resolve("place"));

        var outcome = provider.tools()
                .run(
                        tool(
                                List.of("/bin/sleep", "3600"),
                                List.of(new ToolRuns.Mount(place, "/build", false)),
                                Duration.ofMinutes(1)),
                        () -> true,
                        line -> {});

        assertThat(outcome.over()).isTrue();
        assertThat(outcome.late()).isFalse();
    }

    @Test
    void aFileOfAToolEndsAtItsLimit() throws Exception {
        var place = Files.createDirectory(folder.resolve("place"));
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));

        var outcome = provider.tools()
                .run(
                        tool(
                                List.of("/bin/sh", "-c", "head -c 3M /dev/zero >/build/file"),
                                List.of(new ToolRuns.Mount(place, "/build", true)),
                                Duration.ofMinutes(1)),
                        () -> false,
                        line -> {});

        assertThat(outcome.status()).isNotZero();
        assertThat(place.resolve("file")).hasSize(1 << 20);
    }

    @Test
    void interruptingAToolEndsIt() throws Exception {
        var place = Files.createDirectory(folder.resolve("place"));
        var lines = new java.util.concurrent.CopyOnWriteArrayList<String>();
        var interrupted = new CompletableFuture<Boolean>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                provider.tools()
                        .run(
                                tool(
                                        List.of("/bin/sh", "-c", "echo begun; sleep 3600"),
                                        List.of(new ToolRuns.Mount(place, "/build", false)),
                                        Duration.ofMinutes(1)),
                                () -> false,
                                lines::add);
                interrupted.complete(false);
            } catch (IOException | InterruptedException e) {
                interrupted.complete(e instanceof InterruptedException);
            }
        });
        await().until(() -> lines.contains("begun"));

        thread.interrupt();

        assertThat(interrupted.get()).isTrue();
        assertThat(fixture.directory.instances()).isEmptyDirectory();
        assertThat(provider.processes())
                .extracting(Provider.PlatformProcess::role)
                .doesNotContain("building");
    }

    @Test
    void aStepIsToldForEachPartOfAStart() throws Exception {
        var instance = started(handler("pass"), new ReportLog());

        assertThat(instance.steps())
                .extracting(ProvidedInstance.Step::name)
                .contains("spawn", "boot", "load")
                .hasSizeGreaterThan(4);
    }
}
