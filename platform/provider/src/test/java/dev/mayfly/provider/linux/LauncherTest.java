package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.ReportLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The provider over launchers that do what they should, or not. */
final class LauncherTest {
    @TempDir
    private Path folder;

    private final AtomicInteger instances = new AtomicInteger();
    private FakeLauncher fake;
    private @Nullable LinuxProvider provider;
    private Entrypoint entrypoint = new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler");
    private Map<String, String> environment = Map.of();

    @BeforeEach
    void start() throws IOException {
        fake = new FakeLauncher(folder);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        if (provider != null) {
            provider.close();
            assertThat(provider.processes()).isEmpty();
            assertThat(fake.directory.root()).doesNotExist();
        }
        var place = folder.toString();
        assertThat(ProcessHandle.allProcesses()
                        .filter(process -> process.info().arguments().map(List::of).orElse(List.of()).stream()
                                .anyMatch(word -> word.contains(place))))
                .isEmpty();
    }

    private LinuxProvider opened(String behaviour) throws Exception {
        return switch (fake.open(behaviour)) {
            case LinuxProvider.Opening.Opened(LinuxProvider able) -> {
                provider = able;
                yield able;
            }
            case LinuxProvider.Opening.Unable unable -> throw new AssertionError(unable);
        };
    }

    private String unable(String behaviour) throws Exception {
        return switch (fake.open(behaviour)) {
            case LinuxProvider.Opening.Opened opened -> throw new AssertionError("it opened");
            case LinuxProvider.Opening.Unable(var reason, var fix) -> reason + "|" + fix;
        };
    }

    private Claim claim(LinuxProvider from, ReportLog reports) throws InterruptedException {
        return from.claim(
                new InstanceSpec(
                        new InstanceId("aaaaaaaaaa-" + instances.incrementAndGet()),
                        new FunctionName("api"),
                        "python3",
                        entrypoint,
                        folder,
                        null,
                        "",
                        environment,
                        Limits.DEFAULTS,
                        Duration.ofSeconds(2)),
                reports);
    }

    private ProvidedInstance started(LinuxProvider from, ReportLog reports) throws Exception {
        return switch (claim(from, reports)) {
            case Claim.Ready(ProvidedInstance instance) -> instance;
            case Claim.Failed failed -> throw new AssertionError(failed + " " + reports.texts());
        };
    }

    private String refused(LinuxProvider from, ReportLog reports) throws Exception {
        return switch (claim(from, reports)) {
            case Claim.Ready ready -> throw new AssertionError("it started");
            case Claim.Failed(Problem problem) -> problem.message();
        };
    }

    @Test
    void anInstanceIsReadyAndGoesWhenKilled() throws Exception {
        var reports = new ReportLog();
        var instance = started(opened(""), reports);

        instance.kill();

        assertThat(reports.exit.get().status()).isEqualTo(137);
        assertThat(reports.exit.get().how().memory()).isEqualTo(ExitStatus.Memory.KEPT);
        assertThat(instance.steps())
                .extracting(ProvidedInstance.Step::name)
                .contains("clone", "mounts", "spawn", "boot", "load");
        assertThat(fake.directory.instances()).isEmptyDirectory();
    }

    @Test
    void aStartThatCannotBeAskedForKeepsNoConnection() throws Exception {
        var able = opened("");
        entrypoint = Entrypoint.command("", List.of("./server"));
        environment = Map.of("A", "x\0y");
        assertThat(refused(able, new ReportLog())).contains("NUL");
        int before = descriptors();

        for (int i = 0; i < 20; i++) {
            refused(able, new ReportLog());
        }

        assertThat(descriptors()).isLessThan(before + 10);
        assertThat(fake.directory.instances()).isEmptyDirectory();
    }

    @Test
    void aStartThatFailsKeepsNoChannel() throws Exception {
        var able = opened("""
                def sandbox(s):
                    s.dial(); s.dial()
                    s.send("failed", why="no place", step="mounts")
                    s.connection.close()
                    time.sleep(60)
                """);
        assertThat(refused(able, new ReportLog())).contains("no place");
        int before = descriptors();

        for (int i = 0; i < 20; i++) {
            refused(able, new ReportLog());
        }

        assertThat(descriptors()).isLessThan(before + 10);
        assertThat(able.processes()).hasSize(1);
    }

    private static int descriptors() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return (int) open.count();
        }
    }

    @Test
    void aMachineThatCannotIsNamedWithWhyAndWhatToDo() throws Exception {
        var said = unable("""
                def main():
                    print('{"ready":false,"reason":"user namespaces are closed","fix":"sysctl kernel.unprivileged_userns_clone=1"}')
                    sys.exit(1)
                """);

        assertThat(said).isEqualTo("user namespaces are closed|sysctl kernel.unprivileged_userns_clone=1");
    }

    @Test
    void aFirstLineThatIsNoJsonIsNotTakenForReadiness() throws Exception {
        assertThat(unable("def main(): print('{{{{', flush=True)")).contains("not JSON");
    }

    @Test
    void aFirstLineThatNeverEndsIsCut() throws Exception {
        assertThat(unable("def main():\n  while True: sys.stdout.write('x' * 65536)"))
                .contains("not JSON");
    }

    @Test
    void aLauncherThatEndsAtOnceIsNamed() throws Exception {
        assertThat(unable("def main(): die()")).contains("ended before it said anything");
    }

    @Test
    void aProgramThatIsMissingIsNamed() throws Exception {
        var opening = fake.open(folder.resolve("nowhere"));

        assertThat(opening)
                .isInstanceOfSatisfying(
                        LinuxProvider.Opening.Unable.class,
                        unable -> assertThat(unable.reason()).contains("nowhere"));
    }

    /** Its name is that of the instance, which the next way to start it has as well. */
    @Test
    void whatCouldNotBeMadeIsGoneBeforeAnotherWayIsTried() throws Exception {
        var able = opened("""
                def sandbox(s):
                    s.send('failed', why='its zygote did not answer', step='zygote')
                    time.sleep(0.3)
                    open(folder + '/gone', 'w').close()
                    s.connection.close()
                """);

        refused(able, new ReportLog());

        assertThat(fake.directory.root().resolve("gone")).exists();
    }

    @Test
    void aSandboxThatCannotBeMadeIsToldInTheLaunchersWords() throws Exception {
        var able = opened("""
                def sandbox(s):
                    s.send('failed', why='no space for its mounts', step='mount')
                    s.connection.close()
                """);

        assertThat(refused(able, new ReportLog())).contains("no space for its mounts (mount)");
        assertThat(fake.directory.instances()).isEmptyDirectory();
    }

    @Test
    void aFrameThatIsGarbageIsTheEndOfItsInstance() throws Exception {
        var reports = new ReportLog();
        started(
                opened("def sandbox(s): s.start(); s.ready(); s.verb_at = s.raw(b'\\0\\0\\0\\4abcd'); time.sleep(60)"),
                reports);

        assertThat(reports.exit.get().status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
    }

    @Test
    void aFrameOfFourGigabytesIsTheEndOfItsInstance() throws Exception {
        var reports = new ReportLog();
        started(
                opened("def sandbox(s): s.start(); s.ready(); s.raw(b'\\xff\\xff\\xff\\xff'); time.sleep(60)"),
                reports);

        assertThat(reports.exit.get().status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
    }

    @Test
    void aVerbThatNobodyKnowsIsTheEndOfItsInstance() throws Exception {
        var reports = new ReportLog();
        started(opened("def sandbox(s): s.start(); s.ready(); s.send('surprise'); time.sleep(60)"), reports);

        assertThat(reports.exit.get().status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
    }

    @Test
    void aLauncherThatDiesWhileItMakesASandboxIsReplaced() throws Exception {
        var able = opened("""
                def sandbox(s):
                    if count == 0: die()
                    s.start(); s.ready(); s.until_killed()
                """);

        assertThat(refused(able, new ReportLog())).contains("went away");

        // What is asked while it is still ending shares its end.
        await().untilAsserted(() -> started(able, new ReportLog()).kill());
    }

    @Test
    void theInstancesOfALauncherThatDiesAreReportedAndLeaveNothing() throws Exception {
        var reports = new ReportLog();
        var able = opened("""
                def sandbox(s):
                    s.start(); s.ready()
                    if count == 0:
                        open(folder + '/child', 'w').write(str(s.child.pid)); time.sleep(0.2); die()
                    s.until_killed()
                """);
        started(able, reports);

        var exit = reports.exit.get();

        assertThat(exit.status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
        assertThat(exit.how().memory()).isEqualTo(ExitStatus.Memory.UNKNOWN);
        assertThat(reports.texts(LogLine.Stream.PLATFORM))
                .anySatisfy(text -> assertThat(text).contains("launcher of sandboxes went away"));
        long orphan = Long.parseLong(Files.readString(fake.directory.root().resolve("child")));
        assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
        await().untilAsserted(() -> started(able, new ReportLog()).kill());
    }

    @Test
    void aLauncherThatKeepsDyingIsStartedAgainUntilItStays() throws Exception {
        var able = opened("""
                def main():
                    if 1 <= count <= 3: die()
                    say_ready()
                    if count == 0: time.sleep(0.1); die()
                    sys.stdin.read()
                """);
        await().until(() ->
                Files.readString(fake.directory.root().resolve("starts")).length() >= 5);

        started(able, new ReportLog()).kill();
    }

    @Test
    void aRefusedConnectionIsLoggedWithTheSettingThatAllowsIt() throws Exception {
        var reports = new ReportLog();
        var able = opened("""
                def sandbox(s):
                    s.start(); s.ready()
                    s.send('refused', what='10.0.0.5:5432', setting='egress: [10.0.0.5/32]')
                    s.until_killed()
                """);
        started(able, reports);

        await().until(() -> !reports.texts(LogLine.Stream.PLATFORM).isEmpty());

        assertThat(reports.lines.getFirst().text()).isEqualTo("10.0.0.5:5432 refused: set egress: [10.0.0.5/32]");
        assertThat(reports.lines.getFirst().level()).isEqualTo(30);
    }

    @Test
    void outOfMemoryIsToldWithTheLimitAndWhatToRaise() throws Exception {
        var reports = new ReportLog();
        started(
                opened(
                        "def sandbox(s): s.start(); s.ready(); time.sleep(0.1); s.exit(137); s.end(oom=1, cpu=77, peak=5)"),
                reports);

        assertThat(reports.exit.get().how()).isEqualTo(new ExitStatus(137, ExitStatus.Memory.EXCEEDED));
        assertThat(reports.exit.get().cpuMicros()).isEqualTo(77);
        assertThat(reports.texts(LogLine.Stream.PLATFORM))
                .contains(
                        "out of memory: it used more than its memory of 512MiB; raise memory in mayfly.yaml (files in /tmp count)");
    }

    @Test
    void theWorkersOwnStatusCountsAndNotItsInits() throws Exception {
        var reports = new ReportLog();
        started(opened("def sandbox(s): s.start(); s.ready(); time.sleep(0.1); s.exit(3); s.end(status=0)"), reports);

        assertThat(reports.exit.get().status()).isEqualTo(3);
    }

    @Test
    void killingWaitsForTheLauncherToSayThatNothingIsLeft() throws Exception {
        var reports = new ReportLog();
        var instance = started(opened("""
                        def sandbox(s):
                            s.start(); s.ready(); s.verb()
                            time.sleep(1)
                            open(folder + '/late', 'w').close()
                            s.end()
                        """), reports);

        instance.kill();

        assertThat(fake.directory.root().resolve("late")).exists();
        assertThat(reports.exit).isDone();
        assertThat(reports.afterExit).isEmpty();
    }

    @Test
    void aWorkerThatDialsBeforeItsInitIsRefused() throws Exception {
        var able = opened("""
                def sandbox(s):
                    s.child = subprocess.Popen(["/bin/sleep", "3600"])
                    s.init = s.worker = s.dial()
                    s.worker.sendall(struct.pack(">IBBI", 6, 0x10, 2, 2))
                    s.send("started", pid=s.child.pid, address="", counter="", steps="")
                    s.until_killed()
                """);

        assertThat(refused(able, new ReportLog())).contains("broke the worker protocol: hello");
    }

    @Test
    void interruptingAClaimEndsItsSandbox() throws Exception {
        var reports = new ReportLog();
        var able = opened("def sandbox(s): s.start(); open(folder + '/made', 'w').close(); s.until_killed()");
        var interrupted = new CompletableFuture<Boolean>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                claim(able, reports);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        });
        await().until(() -> Files.exists(fake.directory.root().resolve("made")));

        thread.interrupt();

        assertThat(interrupted.get()).isTrue();
        assertThat(reports.exit).isDone();
        assertThat(fake.directory.instances()).isEmptyDirectory();
    }

    @Test
    void aProgramOnAPortGetsItsWholeEnvironmentAndAPort() throws Exception {
        entrypoint = Entrypoint.command("", List.of("./server", "--verbose"));
        environment = Map.of("SECRET", "open sesame");
        var able = opened("""
                def sandbox(s):
                    open(folder + '/asked', 'w').write("\\n".join(s.fields))
                    s.start(); s.say(0x11, b'{"mode": "provided"}'); s.until_killed()
                """);

        var instance = started(able, new ReportLog());

        assertThat(instance.mode()).isEqualTo(dev.mayfly.model.ServingMode.PROVIDED);
        assertThat(Files.readAllLines(fake.directory.root().resolve("asked")))
                .contains(
                        "shape=server",
                        "argv=/var/task/server",
                        "argv=--verbose",
                        "env=SECRET=open sesame",
                        "env=PORT=8080",
                        "env=HOME=/tmp",
                        "port=8080",
                        "cwd=/var/task",
                        "mount=ro /var/task " + folder,
                        "memory=536870912",
                        "cpu=1000",
                        "egress=internet");
    }

    @Test
    void noSecretIsInWhatTheLauncherIsToldOfAWorker() throws Exception {
        environment = Map.of("SECRET", "open sesame");
        var able = opened("""
                def sandbox(s):
                    open(folder + '/asked', 'w').write("\\n".join(s.fields))
                    s.start(); s.ready(); s.until_killed()
                """);

        started(able, new ReportLog());

        assertThat(Files.readString(fake.directory.root().resolve("asked")))
                .contains("shape=worker", "argv=-I\nargv=-S\nargv=/opt/mayfly/mayfly_worker/__main__.py")
                .doesNotContain("sesame");
    }

    @Test
    void barriersThatWerePassedAreNamedAndWhatAKernelLacksIsNone() throws Exception {
        var able = opened("""
                def main():
                    say_ready(checks=[{"name": n, "proved": n == "memory", "detail": "passed " + n, "cost": "what it costs", "fix": "report " + n}
                        for n in ("memory", "seccomp", "egress", "landlock", "counter")])
                    sys.stdin.read()
                """);

        assertThat(able.missingBarriers()).containsExactly("egress", "seccomp");
        assertThat(able.findings())
                .anySatisfy(finding ->
                        assertThat(finding.toString()).contains("passed egress", "what it costs", "report egress"))
                .anySatisfy(finding -> assertThat(finding.toString()).contains("passed seccomp", "report seccomp"));
    }

    @Test
    void limitsThatNobodyProvedAreCalledWeak() throws Exception {
        var able = opened("""
                def main():
                    say_ready(rootless=True, checks=[{"name": "memory", "proved": False, "detail": "no cgroup",
                        "cost": "one function can take all memory", "fix": "loginctl enable-linger"}])
                    sys.stdin.read()
                """);

        var findings = able.findings();

        assertThat(able.missingLimits()).containsExactly("cpu", "memory", "pids");
        assertThat(findings).anySatisfy(finding -> {
            assertThat(finding.detail()).contains("limits: weak", "one function can take all memory");
            assertThat(finding.fix()).isEqualTo("loginctl enable-linger");
        });
    }
}
