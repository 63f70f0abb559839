package dev.mayfly.provider.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ProviderContract;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.UnixHttp;
import dev.mayfly.provider.UsualLimits;
import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessProviderTest extends ProviderContract {
    @TempDir
    private Path folder;

    private ProcessFixture fixture;
    private ProcessProvider provider;
    private Path code;

    @BeforeEach
    void start() throws IOException {
        fixture = new ProcessFixture(folder);
        code = Files.createDirectory(folder.resolve("code"));
        Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rwxr-xr-x"));
        provider = fixture.provider(WorkerFiles.bundled());
    }

    @AfterEach
    void nothingIsLeft() {
        provider.close();
        assertThat(fixture.processes()).isEmpty();
        assertThat(fixture.directory.root()).doesNotExist();
        assertThat(fixture.directory.scratch()).doesNotExist();
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
    void eachInstanceHasAUserOfItsOwnThatCanWriteOnlyWhatIsItsOwn() throws Exception {
        Assumptions.assumeTrue(new Kernel().effectiveUser() == 0, "only root can give users");
        var source = handler("answer = str(os.getuid()) + ' ' + str(os.access(os.getcwd(), os.W_OK)) + ' '"
                + " + str(os.access(os.environ['TMPDIR'], os.W_OK)) + ' ' + str(os.getgroups())");
        var first = UnixHttp.get(started(source, new ReportLog()).address(), "/", 1)
                .body()
                .split(" ", 2);
        var second = UnixHttp.get(started(source, new ReportLog()).address(), "/", 1)
                .body()
                .split(" ", 2);

        assertThat(first[0]).isNotEqualTo(second[0]).isNotEqualTo("0");
        assertThat(first[1]).isEqualTo("False True []");
    }

    @Test
    void aFunctionThatAsksForASandboxIsRefusedWithTheWayToOne() throws Exception {
        limits = UsualLimits.isolation(Isolation.LINUX);

        var problem = refused(handler("pass"), new ReportLog()).problem();

        assertThat(problem)
                .isEqualTo(
                        new Problem(
                                ErrorCode.FUNCTION_START_FAILED,
                                "The function asks for isolation: linux, and this server runs functions as plain processes.",
                                "Give the server what `mayfly doctor` says sandboxes lack here, or remove isolation from mayfly.yaml."));
        limits = UsualLimits.isolation(Isolation.NONE);
        started(handler("pass"), new ReportLog()).kill();
    }

    @Test
    void aProgramOfAnotherLanguageIsRefusedWithTheWayToASandbox() throws Exception {
        var spec = new InstanceSpec(
                new InstanceId("aaaaaaaaaa-command"),
                new FunctionName("app"),
                Function.PROVIDED,
                Entrypoint.command("server.js", List.of("node", "server.js")),
                code,
                null,
                "",
                environment,
                limits,
                startTimeout);

        var claim = provider.claim(spec, new ReportLog());

        assertThat(claim)
                .isEqualTo(new Claim.Failed(new Problem(
                        ErrorCode.FUNCTION_START_FAILED,
                        "A program that listens on a port of its own needs a sandbox, and this server runs functions as plain processes.",
                        "Give the server what `mayfly doctor` says sandboxes lack here.")));
    }

    @Test
    void codeBelowAFolderThatIsClosedToOthersIsSeenAllTheSame() throws Exception {
        Assumptions.assumeTrue(new Kernel().effectiveUser() == 0, "only root needs this");
        var closed = Files.createDirectory(folder.resolve("closed"));
        code = Files.createDirectory(closed.resolve("code"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));

        var instance = started(handler("pass"), new ReportLog());

        assertThat(UnixHttp.get(instance.address(), "/", 1).body()).isEqualTo("hello");
    }

    @Test
    void theSecretsOfTheEnvironmentAreInNoArgument() throws Exception {
        environment.put("PASSWORD", "open-sesame-0815");

        started(handler("pass"), new ReportLog());

        for (var process : fixture.processes()) {
            var proc = Path.of("/proc", Long.toString(process.pid()));
            assertThat(Files.readString(proc.resolve("cmdline"))).doesNotContain("open-sesame");
            assertThat(Files.readString(proc.resolve("environ"))).doesNotContain("open-sesame");
        }
    }

    @Test
    void limitsAreSet() throws Exception {
        var instance = started(
                handler("import resource; answer = repr([resource.getrlimit(getattr(resource, n))[0] for n in"
                        + " ('RLIMIT_CORE', 'RLIMIT_NOFILE', 'RLIMIT_NPROC')])"),
                new ReportLog());

        var answer = UnixHttp.get(instance.address(), "/", 1).body();

        assertThat(answer).startsWith("[0, 4096, ");
        if (new Kernel().effectiveUser() == 0) {
            assertThat(answer).isEqualTo("[0, 4096, 256]");
        }
    }

    @Test
    void aDoubleForkedDaemonDiesWithItsInstance() throws Exception {
        var instance = started(handler("""
                subprocess.run([sys.executable, '-S', '-c',
                            'import os, time\\nif os.fork() == 0:\\n os.setsid()\\n if os.fork() == 0: time.sleep(3600)'],
                            env={})
                """.strip()), new ReportLog());
        int before = fixture.ofInstances().size();
        UnixHttp.get(instance.address(), "/", 1);
        await().until(() -> fixture.ofInstances().size() > before); // it is on its way when the answer comes

        instance.kill();

        await().until(() -> fixture.ofInstances().isEmpty()); // who was killed while it forked ends a moment later
    }

    @Test
    void anInstanceWhoseInitIsKilledLeavesNothingBehind() throws Exception {
        var reports = new ReportLog();
        started(handler("pass"), reports);
        long init = provider.processes().stream()
                .filter(process -> process.role().equals("init"))
                .findFirst()
                .orElseThrow()
                .pid();

        new Kernel().signal(init, Kernel.SIGKILL);

        assertThat(reports.exit.get().status()).isEqualTo(137);
        assertThat(fixture.ofInstances()).isEmpty();
    }

    @Test
    void anInstanceThatHasEndedLeavesNoFolder() throws Exception {
        var instance = started(handler("open(os.environ['TMPDIR'] + '/file', 'w').close()"), new ReportLog());
        UnixHttp.get(instance.address(), "/", 1);
        assertThat(fixture.directory.scratch()).isNotEmptyDirectory();

        instance.kill();

        assertThat(fixture.directory.instances()).isEmptyDirectory();
        assertThat(fixture.directory.scratch()).isEmptyDirectory();
        assertThat(fixture.directory.records()).isEmptyDirectory();
    }

    @Test
    void killingLeavesNoZombieForOthersToReap() throws Exception {
        var instance = started(handler("pass"), new ReportLog());
        var pids = provider.processes().stream()
                .filter(process -> !process.instance().isEmpty())
                .map(Provider.PlatformProcess::pid)
                .toList();

        instance.kill();

        var table = new ProcessTable(Path.of("/proc"));
        assertThat(pids)
                .hasSize(2)
                .allSatisfy(pid -> assertThat(table.find(pid)).isEmpty());
    }

    @Test
    void doctorSaysWhatIsNotEnforced() {
        var findings = provider.findings();

        assertThat(findings).anySatisfy(finding -> assertThat(finding.detail()).contains("limits: weak"));
        assertThat(findings).anySatisfy(finding -> assertThat(finding.detail()).contains("none: functions are plain"));
    }
}
