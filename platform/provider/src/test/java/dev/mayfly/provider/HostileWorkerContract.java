package dev.mayfly.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.provider.instance.WorkerFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every provider makes of workers that do not keep to the protocol. */
public abstract class HostileWorkerContract {
    /** What every one of them can do. */
    private static final String PRELUDE = """
            import os, socket, struct, sys, time, signal
            control = socket.socket(fileno=4)
            def frame(kind, payload=b""):
                return struct.pack(">IB", len(payload) + 1, kind) + payload
            def say(kind, payload=b""):
                control.sendall(frame(kind, payload))
            def log(text, invocation=0):
                return frame(0x15, struct.pack(">QBBQ", invocation, 1, 0, int(time.time() * 1000)) + text.encode())
            def hello():
                say(0x10, struct.pack(">BI", 2, os.getpid()))
            def ready():
                say(0x11, b'{"mode": "handler"}')
            """;

    @TempDir
    protected Path folder;

    protected final ReportLog reports = new ReportLog();

    /** @param worker what runs inside of its instances */
    protected abstract Provider provider(WorkerFiles worker) throws Exception;

    @AfterEach
    void nothingIsSaidAfterTheEnd() {
        assertThat(reports.afterExit).isEmpty();
    }

    private Claim claim(String worker) throws Exception {
        var files = new HashMap<>(WorkerFiles.bundled().contents());
        files.put(WorkerFiles.WORKER, (PRELUDE + worker).getBytes(StandardCharsets.UTF_8));
        var provider = provider(new WorkerFiles(Map.copyOf(files)));
        var code = Files.createDirectory(folder.resolve("code"));
        Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rwxr-xr-x"));
        return provider.claim(
                new InstanceSpec(
                        new InstanceId("aaaaaaaaaa-1"),
                        new FunctionName("api"),
                        "python3",
                        new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler"),
                        code,
                        null,
                        "",
                        Map.of(),
                        Limits.DEFAULTS,
                        Duration.ofSeconds(2)),
                reports);
    }

    protected final ProvidedInstance started(String worker) throws Exception {
        return switch (claim(worker)) {
            case Claim.Ready(ProvidedInstance instance) -> instance;
            case Claim.Failed failed -> throw new AssertionError(failed + " " + reports.texts());
        };
    }

    protected final String refused(String worker) throws Exception {
        return switch (claim(worker)) {
            case Claim.Ready ready -> throw new AssertionError("it started");
            case Claim.Failed failed -> failed.problem().message();
        };
    }

    private void assertEndedForBreakingTheProtocol(String how) throws Exception {
        assertThat(reports.exit.get().status()).isEqualTo(ExitStatus.ENDED_BY_PROVIDER);
        assertThat(reports.texts(LogLine.Stream.PLATFORM))
                .anySatisfy(text ->
                        assertThat(text).contains("broke the worker protocol").contains(how));
    }

    @Test
    void aFrameOfFourGigabytesEndsIt() throws Exception {
        started("hello(); ready(); control.sendall(b'\\xff\\xff\\xff\\xff'); time.sleep(3600)");

        assertEndedForBreakingTheProtocol("4294967295");
    }

    @Test
    void anUnknownFrameEndsIt() throws Exception {
        started("hello(); ready(); say(0x7f); time.sleep(3600)");

        assertEndedForBreakingTheProtocol("0x7f");
    }

    @Test
    void importsThatMakeNoSenseHarmNobody() throws Exception {
        var instance = started("""
                hello(); control.recv(1 << 20)
                say(0x11, b'{"mode": "handler", "imports": [["numpy", 103000], ["a\\u001b", -5], 7, ["b"], ["c", 1e300]]}')
                time.sleep(3600)
                """);

        assertThat(instance.imports())
                .noneSatisfy(each -> assertThat(each.module()).contains("\033"));
        assertThat(instance.imports().size()).isLessThanOrEqualTo(3);
        instance.kill();
    }

    @Test
    void aReadyThatIsNotJsonEndsIt() throws Exception {
        assertThat(refused("hello(); say(0x11, b'{{{{'); time.sleep(3600)")).contains("not JSON");
    }

    @Test
    void aWorkerThatClaimsToBeTheInitIsRefused() throws Exception {
        assertThat(refused("say(0x10, struct.pack('>BI', 1, os.getppid())); time.sleep(3600)"))
                .contains("hello");
    }

    @Test
    void aWorkerThatIsReadyTwiceEnds() throws Exception {
        claim("hello(); ready(); ready(); time.sleep(3600)");

        assertEndedForBreakingTheProtocol("more than once");
    }

    @Test
    void aWorkerThatClosesItsChannelEnds() throws Exception {
        started("hello(); control.recv(1 << 20); ready(); control.close(); time.sleep(3600)");

        assertEndedForBreakingTheProtocol("closed its control channel");
    }

    @Test
    void aWorkerThatNeverBecomesReadyIsGivenUp() throws Exception {
        assertThat(refused("hello(); time.sleep(3600)")).contains("took longer than 2 s");
    }

    @Test
    void aWorkerThatNeverReadsItsFrameIsGivenUp() throws Exception {
        assertThat(refused("hello(); signal.pause()")).contains("took longer than 2 s");
    }

    @Test
    void aWorkerThatNeverSaysHelloIsGivenUp() throws Exception {
        assertThat(refused("time.sleep(3600)")).contains("hello");
    }

    @Test
    void aWorkerThatIgnoresSignalsDiesAllTheSame() throws Exception {
        var instance = started("""
                for number in range(1, 32):
                    try: signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                hello(); ready()
                while True: time.sleep(1)
                """);

        instance.drain();
        instance.kill();

        assertThat(reports.exit.get().status()).isEqualTo(137);
    }

    @Test
    void idsThatNeverWereArePassedOnAndNothingElseHappens() throws Exception {
        var instance = started("""
                hello(); ready()
                for number in (1, 2**63, 2**64 - 1):
                    say(0x13, struct.pack(">Q", number)); say(0x14, struct.pack(">Q", number))
                time.sleep(3600)
                """);

        await().until(() -> reports.ended.size() == 3);
        assertThat(reports.started).containsExactly(1L, Long.MIN_VALUE, -1L);
        instance.kill();
    }

    @Test
    void aFloodOfLogIsCutToItsRateAndCounted() throws Exception {
        started("""
                hello(); ready()
                line = log("x" * 1000) * 1000
                for _ in range(30): control.sendall(line)
                control.sendall(log("last"))
                time.sleep(1.1)
                control.sendall(log("later"))
                time.sleep(3600)
                """);

        await().atMost(Duration.ofSeconds(60)).until(() -> reports.texts().contains("later"));

        int passed = reports.texts(LogLine.Stream.STDOUT).stream()
                .mapToInt(String::length)
                .sum();
        var told = reports.texts(LogLine.Stream.PLATFORM);
        assertThat(told).isNotEmpty().allSatisfy(text -> assertThat(text).contains("dropped: more than 1 MiB"));
        // 30 MB in a second or two, of which each second lets one through.
        assertThat(passed).isLessThan(15_000_000);
    }

    @Test
    void aFloodOfFramesIsSlowedDownAndEndsWithItsInstance() throws Exception {
        var instance = started("""
                hello(); ready()
                many = frame(0x13, struct.pack(">Q", 5)) * 4000
                while True: control.sendall(many)
                """);

        await().until(() -> reports.started.size() > 10_000);
        instance.kill();

        assertThat(reports.exit).isDone();
    }

    @Test
    void megabytesOnTheRawDescriptorsAreCutToTheRateToo() throws Exception {
        started("""
                hello(); ready()
                for _ in range(64): os.write(1, b"y" * 100 + b"\\n" + b"z" * 262144 + b"\\n")
                os._exit(4)
                """);

        assertThat(reports.exit.get().status()).isEqualTo(4);
        int passed = reports.texts(LogLine.Stream.STDOUT).stream()
                .mapToInt(String::length)
                .sum();
        assertThat(passed).isBetween(500_000, 8_000_000);
    }

    @Test
    void theExitOfAWorkerIsItsOwn() throws Exception {
        started("hello(); control.recv(1 << 20); ready(); sys.exit(42)");

        assertThat(reports.exit.get().status()).isEqualTo(42);
    }
}
