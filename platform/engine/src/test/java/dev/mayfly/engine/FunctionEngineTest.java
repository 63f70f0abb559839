package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.Deployments.Changed;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.process.ProcessProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine over real processes with the real worker. */
final class FunctionEngineTest {
    @TempDir
    private Path folder;

    private final MemoryLedger ledger = new MemoryLedger();
    private final MemoryLogs logs = new MemoryLogs();
    private final EnvironmentCatalog catalog = new EnvironmentCatalog();
    private final FolderArtifacts artifacts = new FolderArtifacts();
    private ProcessProvider provider;
    private FunctionEngine engine;

    @BeforeEach
    void start() throws IOException {
        var everyone = PosixFilePermissions.fromString("rwxr-xr-x");
        Files.setPosixFilePermissions(folder, everyone);
        var code = Files.createDirectory(folder.resolve("code"));
        Files.setPosixFilePermissions(code, everyone);
        artifacts.layers.put(Deployments.CODE, code);
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        provider = new ProcessProvider(
                new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch")),
                WorkerFiles.bundled(),
                runtime -> Optional.of(Path.of("/usr/bin/python3")),
                System::nanoTime,
                System::currentTimeMillis);
        engine = new FunctionEngine(
                provider,
                catalog,
                artifacts,
                ledger,
                logs,
                deployment -> "http://127.0.0.1:7070",
                EngineSettings.DEFAULTS,
                Ticker.system());
    }

    @AfterEach
    void stop() {
        engine.close();
        assertThat(engine.instances()).isEmpty();
        assertThat(ofInstances()).isEmpty();
        provider.close();
        assertThat(provider.processes()).isEmpty();
    }

    private List<Provider.PlatformProcess> ofInstances() {
        return provider.processes().stream()
                .filter(process -> !process.instance().isEmpty())
                .toList();
    }

    private InvocationRequest request(Limits limits, String statement) throws IOException {
        var source = """
                import os, sys, time, subprocess, threading
                from http.server import BaseHTTPRequestHandler
                class handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        answer = "hello"
                        %s
                        self.send_response(200)
                        self.send_header("Content-Length", str(len(answer)))
                        self.end_headers()
                        self.wfile.write(answer.encode())
                """.formatted(statement);
        return module(limits, source);
    }

    private InvocationRequest module(Limits limits, String source) throws IOException {
        Files.writeString(folder.resolve("code/api.py"), source);
        return Deployments.request(
                Deployments.of(limits, Entrypoint.Kind.HANDLER, Map.of("PLAIN", "plain"), List.of()));
    }

    private Admission admit(InvocationRequest request) throws Exception {
        var admission = new CompletableFuture<Admission>();
        engine.admit(request, admission::complete);
        return admission.get();
    }

    private Lease granted(InvocationRequest request) throws Exception {
        return switch (admit(request)) {
            case Admission.Granted(Lease lease) -> lease;
            case Admission.Refused refused -> throw new AssertionError(refused + " " + logs.lines);
        };
    }

    /** What the gateway does, in short. */
    private UsageRecord call(InvocationRequest request) throws Exception {
        var lease = granted(request);
        var aborted = new CompletableFuture<Problem>();
        lease.onAbort(aborted::complete);
        try (var socket = UnixHttp.open(lease.address(), "/", lease.id().value())) {
            var answered = CompletableFuture.supplyAsync(() -> {
                try {
                    return UnixHttp.answer(socket);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            var first = CompletableFuture.anyOf(aborted, answered.exceptionally(e -> new UnixHttp.Answer(0, "", "")))
                    .get();
            if (first instanceof UnixHttp.Answer answer && answer.status() != 0) {
                lease.finished(Outcome.OK, answer.status(), 0, answer.body().length());
            } else {
                var problem = aborted.get();
                lease.finished(Outcome.FAILED, problem.code().status(), 0, 0);
            }
        }
        return await().until(() -> ledger.find(lease.id()), Optional::isPresent).orElseThrow();
    }

    @Test
    void aFirstCallIsColdAndASecondIsWarm() throws Exception {
        var request = request(Limits.DEFAULTS, "print('here')");

        var first = call(request);
        var second = call(request);

        assertThat(first.cold()).isTrue();
        assertThat(first.initMicros()).isPositive();
        assertThat(second.cold()).isFalse();
        assertThat(second.instance()).isEqualTo(first.instance());
        assertThat(second.status()).isEqualTo(200);
        assertThat(second.billedMillis()).isEqualTo(Math.ceilDiv(second.runMicros(), 1000));
        assertThat(logs.of(first.id())).contains("here").last().asString().startsWith("GET /api/hello 200 · cold ");
    }

    @Test
    void whatAHandlerBurnsIsCharged() throws Exception {
        var request = request(
                Limits.DEFAULTS, "end = time.process_time() + 0.2\n        while time.process_time() < end: pass");

        var cold = call(request);
        var warm = call(request);

        assertThat(cold.cpuMicros()).isBetween(170_000L, 390_000L);
        assertThat(warm.cpuMicros()).isBetween(170_000L, 390_000L);
    }

    @Test
    void sleepingCostsNextToNothing() throws Exception {
        var request = request(Limits.DEFAULTS, "time.sleep(1)");
        call(request);

        var slept = call(request);

        assertThat(slept.runMicros()).isGreaterThanOrEqualTo(1_000_000);
        assertThat(slept.cpuMicros()).isLessThan(100_000);
        assertThat(slept.memoryMicros()).isEqualTo(slept.runMicros());
    }

    @Test
    void aChildsTimeIsCharged() throws Exception {
        var request = request(
                Limits.DEFAULTS,
                "subprocess.run([sys.executable, '-S', '-c', 'import time\\nwhile time.process_time() < 0.3: pass'])");

        assertThat(call(request).cpuMicros()).isBetween(280_000L, 590_000L);
    }

    @Test
    void workAfterTheResponseIsChargedToItsRequestAndKeepsTheSlot() throws Exception {
        var request = module(Limits.DEFAULTS, """
                import time
                from http.server import BaseHTTPRequestHandler
                class handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(200)
                        self.send_header("Content-Length", "2")
                        self.end_headers()
                        self.wfile.write(b"ok")
                        self.wfile.flush()
                        end = time.process_time() + 0.2
                        while time.process_time() < end: pass
                """);
        var lease = granted(request);
        try (var socket = UnixHttp.open(lease.address(), "/", lease.id().value())) {
            var head = java.nio.ByteBuffer.allocate(12);
            while (head.hasRemaining()) {
                socket.read(head);
            }
            lease.finished(Outcome.OK, 200, 0, 2);
            assertThat(ledger.find(lease.id())).isEmpty();

            await().until(() -> ledger.find(lease.id()).isPresent());
        }

        assertThat(ledger.of(lease.id()).cpuMicros()).isBetween(170_000L, 390_000L);
        assertThat(ledger.of(lease.id()).runMicros()).isGreaterThan(200_000L);
    }

    @Test
    void anIdleInstanceEndsAndAddsNothing() throws Exception {
        var request =
                request(Changed.nothing().idleTimeout(Duration.ofMillis(100)).limits(), "pass");
        call(request);

        await().until(() -> engine.instances().isEmpty());

        assertThat(ofInstances()).isEmpty();
        assertThat(ledger.records).hasSize(1);
    }

    @Test
    void aTimeoutEndsTheRequestAndTheInstance() throws Exception {
        var request = request(Changed.nothing().timeout(Duration.ofMillis(300)).limits(), "time.sleep(3600)");

        var late = call(request);

        assertThat(late.outcome()).isEqualTo(Outcome.TIMEOUT);
        assertThat(late.status()).isEqualTo(504);
        assertThat(late.runMicros()).isBetween(300_000L, 5_000_000L);
        await().until(() -> engine.instances().isEmpty());
    }

    @Test
    void aCrashFailsItsRequestAndTheNextOneIsServed() throws Exception {
        var request = request(Limits.DEFAULTS, "os._exit(3) if not os.path.exists(os.environ['FLAG']) else None");
        catalog.variables.put("FLAG", folder.resolve("flag").toString());

        var crashed = call(request);
        Files.createFile(folder.resolve("flag"));
        var served = call(request);

        assertThat(crashed.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(crashed.status()).isEqualTo(500);
        assertThat(served.outcome()).isEqualTo(Outcome.OK);
        assertThat(served.instance()).isNotEqualTo(crashed.instance());
    }

    @Test
    void aModuleThatRaisesFailsItsRequestWithTheReasonInTheLog() throws Exception {
        var request = module(Limits.DEFAULTS, "raise ValueError('no such luck')");

        var admission = admit(request);

        assertThat(admission).isInstanceOfSatisfying(Admission.Refused.class, refused -> {
            assertThat(refused.problem().code()).isEqualTo(ErrorCode.FUNCTION_START_FAILED);
            assertThat(refused.problem().message()).contains("ValueError: no such luck");
            assertThat(refused.problem().fix()).contains(refused.id().toString());
            assertThat(logs.of(refused.id()))
                    .anySatisfy(text -> assertThat(text).contains("Traceback", "api.py"));
            assertThat(ledger.of(refused.id()).outcome()).isEqualTo(Outcome.FAILED);
        });
    }

    @Test
    void whateverGoesWrongInAStartIsHeardOf() throws Exception {
        var request = request(Limits.DEFAULTS, "pass");
        catalog.error = new StackOverflowError("on purpose");

        assertThat(admit(request))
                .isInstanceOfSatisfying(
                        Admission.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo(ErrorCode.INTERNAL));
        catalog.error = null;
        assertThat(call(request).outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void everyCallHasOneRecord() throws Exception {
        var request = request(Changed.nothing().timeout(Duration.ofMillis(500)).limits(), """
                import random
                        kind = random.randrange(6)
                        if kind == 0: os._exit(1)
                        if kind == 1: time.sleep(3600)
                        if kind == 2: raise ValueError('on purpose')
                """.strip());
        var records = new ArrayList<UsageRecord>();

        var threads = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < 4; i++) {
            threads.add(CompletableFuture.runAsync(() -> {
                for (int j = 0; j < 8; j++) {
                    try {
                        var entry = call(request);
                        synchronized (records) {
                            records.add(entry);
                        }
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }
            }));
        }
        threads.forEach(CompletableFuture::join);

        assertThat(records).hasSize(32);
        assertThat(ledger.records).hasSize(32).doesNotHaveDuplicates();
    }

    @Test
    void theEnvironmentHoldsWhatIsStoredAndWhatThePlatformSays() throws Exception {
        catalog.variables.put("STORED", "stored");
        catalog.variables.put("MAYFLY_PROJECT", "mine");
        var request = request(
                Limits.DEFAULTS,
                "print(' '.join(os.environ[n] for n in ('PLAIN', 'STORED', 'MAYFLY_PROJECT', 'MAYFLY_URL', 'TZ')))");

        var entry = call(request);

        assertThat(logs.of(entry.id()))
                .contains("plain stored hello http://127.0.0.1:7070 UTC")
                .anySatisfy(text -> assertThat(text).startsWith("Not set: MAYFLY_PROJECT"));
    }

    @Test
    void aSecretThatIsNotStoredIsNamedWithTheCommand() throws Exception {
        request(Limits.DEFAULTS, "pass");
        var request = Deployments.request(
                Deployments.of(Limits.DEFAULTS, Entrypoint.Kind.HANDLER, Map.of(), List.of("API_KEY")));

        assertThat(admit(request)).isInstanceOfSatisfying(Admission.Refused.class, refused -> {
            assertThat(refused.problem().message()).contains("API_KEY");
            assertThat(refused.problem().fix()).isEqualTo("mayfly env set API_KEY=VALUE --project hello");
        });
    }
}
