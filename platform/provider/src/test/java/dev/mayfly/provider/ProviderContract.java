package dev.mayfly.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ServingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every provider keeps. */
public abstract class ProviderContract {
    private final AtomicInteger instances = new AtomicInteger();
    protected final Map<String, String> environment = new HashMap<>();
    protected Limits limits = Limits.DEFAULTS;
    protected Duration startTimeout = Duration.ofSeconds(30);

    protected abstract Provider provider();

    /** A folder that instances can read. */
    protected abstract Path code();

    protected InstanceSpec spec(String source) throws IOException {
        Files.writeString(code().resolve("api.py"), source);
        return new InstanceSpec(
                new InstanceId("aaaaaaaaaa-" + instances.incrementAndGet()),
                new FunctionName("api"),
                "python3",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler"),
                code(),
                null,
                "",
                environment,
                limits,
                startTimeout);
    }

    protected ProvidedInstance started(String source, ReportLog reports) throws Exception {
        return switch (provider().claim(spec(source), reports)) {
            case Claim.Ready(ProvidedInstance instance) -> instance;
            case Claim.Failed failed -> throw new AssertionError(failed + " " + reports.texts());
        };
    }

    protected Claim.Failed refused(String source, ReportLog reports) throws Exception {
        return switch (provider().claim(spec(source), reports)) {
            case Claim.Ready ready -> throw new AssertionError("it started");
            case Claim.Failed failed -> failed;
        };
    }

    /** A handler whose {@code do_GET} runs {@code statement} and answers with {@code answer}. */
    protected static String handler(String statement) {
        return """
                import os, sys, time, subprocess, signal
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
    }

    private static final String BURN = "end = time.process_time() + 0.2\n        while time.process_time() < end: pass";

    @Test
    void anInstanceServesAndSaysWhatRan() throws Exception {
        var reports = new ReportLog();
        var instance = started(handler("print('seen')"), reports);

        var answer = UnixHttp.get(instance.address(), "/", 7);

        assertThat(answer.body()).isEqualTo("hello");
        assertThat(instance.mode()).isEqualTo(ServingMode.HANDLER);
        assertThat(instance.steps()).extracting(ProvidedInstance.Step::name).contains("load");
        await().untilAsserted(() -> assertThat(reports.ended).containsExactly(7L));
        assertThat(reports.started).containsExactly(7L);
        assertThat(reports.lines).anySatisfy(line -> {
            assertThat(line.text()).isEqualTo("seen");
            assertThat(line.invocation()).isEqualTo(7);
            assertThat(line.stream()).isEqualTo(LogLine.Stream.STDOUT);
        });
    }

    @Test
    void theEnvironmentReachesTheFunctionAndNothingOfTheServersDoes() throws Exception {
        environment.put("GREETING", "good day");
        var instance = started(
                handler("answer = os.environ['GREETING'] + '|' + os.environ.get('MAVEN_OPTS', '') + '|' + os.getcwd()"),
                new ReportLog());

        var answer = UnixHttp.get(instance.address(), "/", 1);

        assertThat(answer.body()).startsWith("good day||/");
    }

    @Test
    void aBrokenModuleIsRefusedWithItsOwnWords() throws Exception {
        var reports = new ReportLog();

        var failed = refused("raise ValueError('no such luck')", reports);

        assertThat(failed.problem().code()).isEqualTo(ErrorCode.FUNCTION_START_FAILED);
        assertThat(failed.problem().message()).contains("no such luck");
        assertThat(reports.texts()).anySatisfy(text -> assertThat(text).contains("api.py", "line 1"));
        assertThat(reports.exit).isDone();
    }

    @Test
    void aModuleThatExitsIsRefused() throws Exception {
        var failed = refused("import os; os._exit(7)", new ReportLog());

        assertThat(failed.problem().message()).contains("exited with code 7");
    }

    @Test
    void aModuleThatTakesTooLongIsRefused() throws Exception {
        startTimeout = Duration.ofMillis(300);
        var reports = new ReportLog();

        var failed = refused("import time; time.sleep(3600)", reports);

        assertThat(failed.problem().message()).contains("took longer");
        assertThat(reports.exit).isDone();
    }

    @Test
    void aRuntimeThatIsMissingIsNamed() throws Exception {
        var spec = spec(handler("pass"));
        var strange = new InstanceSpec(
                spec.id(),
                spec.function(),
                "python2.7",
                spec.entrypoint(),
                spec.code(),
                null,
                "",
                spec.environment(),
                spec.limits(),
                spec.startTimeout());

        var claim = provider().claim(strange, new ReportLog());

        assertThat(claim)
                .isInstanceOfSatisfying(
                        Claim.Failed.class,
                        failed -> assertThat(failed.problem().message()).contains("python2.7"));
    }

    @Test
    void aCrashIsReportedWithItsStatus() throws Exception {
        var reports = new ReportLog();
        var instance = started(handler("os._exit(3)"), reports);

        UnixHttp.open(instance.address(), "/", 1).close();

        assertThat(reports.exit.get().status()).isEqualTo(3);
        assertThat(reports.started).containsExactly(1L);
    }

    @Test
    void aSignalIsReportedWithItsNumber() throws Exception {
        var reports = new ReportLog();
        var instance = started(handler("os.kill(os.getpid(), signal.SIGKILL)"), reports);

        UnixHttp.open(instance.address(), "/", 1).close();

        assertThat(reports.exit.get().status()).isEqualTo(137);
    }

    @Test
    void drainingEndsItOfItsOwnAccord() throws Exception {
        var reports = new ReportLog();
        var instance = started(handler("pass"), reports);

        instance.drain();

        assertThat(reports.exit.get().status()).isZero();
    }

    @Test
    void theCounterShowsWhatTheFunctionBurnt() throws Exception {
        var instance = started(handler(BURN), new ReportLog());
        long before = instance.cpuMicros();

        UnixHttp.get(instance.address(), "/", 1);

        assertThat(instance.cpuMicros() - before).isBetween(195_000L, 390_000L); // neither less nor twice
    }

    @Test
    void theCounterShowsWhatAChildBurnt() throws Exception {
        var instance = started(
                handler(
                        "subprocess.run([sys.executable, '-S', '-c', 'import time\\nwhile time.process_time() < 0.3: pass'])"),
                new ReportLog());
        long before = instance.cpuMicros();

        UnixHttp.get(instance.address(), "/", 1);

        assertThat(instance.cpuMicros() - before).isBetween(285_000L, 590_000L);
    }

    @Test
    void theCounterStandsStillWhileTheFunctionSleeps() throws Exception {
        var instance = started(handler("time.sleep(1)"), new ReportLog());
        UnixHttp.get(instance.address(), "/", 1); // a first request runs what no later one does
        long before = instance.cpuMicros();

        UnixHttp.get(instance.address(), "/", 2);

        assertThat(instance.cpuMicros() - before).isLessThan(100_000); // a tenth of the time asleep
    }

    @Test
    void theFinalFigureHoldsWhatRanBeforeTheKill() throws Exception {
        var reports = new ReportLog();
        var instance = started(handler(BURN), reports);
        UnixHttp.get(instance.address(), "/", 1);
        long before = instance.cpuMicros();

        instance.kill();

        assertThat(reports.exit).isDone();
        assertThat(reports.exit.get().cpuMicros()).isGreaterThanOrEqualTo(before);
        assertThat(instance.cpuMicros()).isEqualTo(reports.exit.get().cpuMicros());
        assertThat(reports.afterExit).isEmpty();
    }

    @Test
    void interruptingAClaimLeavesNothingBehind() throws Exception {
        var reports = new ReportLog();
        var spec = spec("import time, os; print('importing', flush=True); time.sleep(3600)");
        var interrupted = new java.util.concurrent.CompletableFuture<Boolean>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                provider().claim(spec, reports);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        });
        await().until(() -> reports.texts().contains("importing"));

        thread.interrupt();

        assertThat(interrupted.get()).isTrue();
        assertThat(reports.exit).isDone();
    }

    @Test
    void psShowsWhoseEachProcessIs() throws Exception {
        var instance = started(handler("pass"), new ReportLog());
        UnixHttp.get(instance.address(), "/", 1);

        var processes = provider().processes().stream()
                .filter(process -> !process.instance().isEmpty())
                .filter(process -> Set.of("init", "worker", "child").contains(process.role()))
                .toList();

        assertThat(processes).extracting(Provider.PlatformProcess::role).contains("init", "worker");
        assertThat(processes).allSatisfy(process -> {
            assertThat(process.instance()).startsWith("aaaaaaaaaa-");
            assertThat(process.residentBytes()).isGreaterThan(100_000);
        });
    }

    @Test
    void closingEndsEveryInstance() throws Exception {
        var first = new ReportLog();
        var second = new ReportLog();
        started(handler("pass"), first);
        started(handler("pass"), second);

        provider().close();

        assertThat(first.exit).isDone();
        assertThat(second.exit).isDone();
        assertThat(provider().processes()).isEmpty();
    }
}
