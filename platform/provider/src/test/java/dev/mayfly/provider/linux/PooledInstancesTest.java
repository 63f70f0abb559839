package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ProviderContract;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.UnixHttp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances that were sandboxes before anybody knew of their function. */
final class PooledInstancesTest extends ProviderContract {
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
        provider.expect(Set.of("python3", "provided"));
    }

    @AfterEach
    void nothingIsLeft() {
        if (provider != null) {
            provider.close();
            assertThat(fixture.processes()).isEmpty();
            assertThat(fixture.directory.root()).doesNotExist();
        }
    }

    private void awaitOneOf(String runtime) {
        await().until(() -> waiting(runtime) > 0);
    }

    private long waiting(String runtime) {
        return provider.processes().stream()
                .filter(process ->
                        process.role().equals("pool") && process.instance().startsWith(runtime))
                .count();
    }

    @Override
    protected Provider provider() {
        return new Held(provider, spec -> awaitOneOf(Plan.command(spec) ? "provided" : "python3"), Set.of("pool"));
    }

    @Override
    protected Path code() {
        return code;
    }

    @Test
    void its_steps_are_those_since_it_was_wanted_and_its_cpu_time_too() throws Exception {
        var instance = started(handler("pass"), new ReportLog());

        assertThat(instance.steps()).extracting(ProvidedInstance.Step::name).containsExactly("specialise", "load");
        environment.put("PYTHONHASHSEED", "7");
        var booted = ((Claim.Ready) provider.claim(spec(handler("pass")), new ReportLog())).instance();
        assertThat(booted.rung()).isEqualTo("boot");
        assertThat(instance.cpuMicros()).isBetween(0L, booted.cpuMicros());
        instance.kill();
        booted.kill();
    }

    @Test
    void what_sets_a_variable_that_is_read_at_the_start_is_booted_and_says_so() throws Exception {
        environment.put("PYTHONHASHSEED", "7");
        awaitOneOf("python3");
        var claim = provider.claim(spec(handler("answer = str(hash('a'))")), new ReportLog());

        var instance = ((Claim.Ready) claim).instance();
        assertThat(instance.rung()).isEqualTo("boot");
        assertThat(instance.why()).contains("PYTHONHASHSEED");
        var first = UnixHttp.get(instance.address(), "/", 1).body();
        instance.kill();
        var second =
                ((Claim.Ready) provider.claim(spec(handler("answer = str(hash('a'))")), new ReportLog())).instance();
        assertThat(UnixHttp.get(second.address(), "/", 1).body()).isEqualTo(first);
        second.kill();
    }

    @Test
    void a_program_of_its_own_is_started_in_one_that_waited() throws Exception {
        var source = code.resolve("serve.py");
        Files.writeString(source, """
                import http.server
                class Answer(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(b"mine")
                http.server.HTTPServer(("127.0.0.1", 8080), Answer).serve_forever()
                """);
        var usual = spec("");
        var spec = new InstanceSpec(
                usual.id(),
                usual.function(),
                "provided",
                Entrypoint.command("", List.of("python3", "serve.py")),
                code,
                null,
                "",
                environment,
                limits,
                startTimeout);
        var claim = provider().claim(spec, new ReportLog());

        var instance = ((Claim.Ready) claim).instance();
        assertThat(UnixHttp.get(instance.address(), "/", 1).body()).isEqualTo("mine");
        instance.kill();
    }

    @Test
    void an_empty_pool_delays_nobody() throws Exception {
        provider.expect(Set.of());
        await().until(() -> waiting("") == 0);
        var instance = ((Claim.Ready) provider.claim(spec(handler("pass")), new ReportLog())).instance();

        assertThat(instance.rung()).isNotEqualTo("pool");
        assertThat(instance.why()).contains("pool");
        instance.kill();
    }

    @Test
    void one_that_was_killed_while_it_waited_is_not_handed_out() throws Exception {
        awaitOneOf("python3");
        provider.processes().stream()
                .filter(process -> process.role().equals("pool"))
                .forEach(process -> ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly));
        var instance = ((Claim.Ready) provider.claim(spec(handler("pass")), new ReportLog())).instance();

        assertThat(UnixHttp.get(instance.address(), "/", 1).body()).isEqualTo("hello");
        instance.kill();
    }

    @Test
    void where_memory_is_short_those_that_wait_go_and_starts_are_copies_of_the_zygote_that_stays() throws Exception {
        await().until(() -> waiting("python3") >= 2);
        long all = provider.memoryBytes();

        long back = provider.release(1);
        assertThat(back).isPositive();
        assertThat(provider.memoryBytes()).isLessThan(all);
        assertThat(waiting("")).as("no more went than was needed").isPositive();
        provider.release(1L << 40);

        assertThat(waiting("")).isZero();
        assertThat(provider.release(1L << 40)).as("of nothing").isZero();
        var instance = ((Claim.Ready) provider.claim(spec(handler("pass")), new ReportLog())).instance();
        assertThat(instance.rung()).isEqualTo("zygote");
        assertThat(instance.memoryBytes()).isBetween(1L << 20, 100L << 20);
        assertThat(waiting("")).isZero();
        instance.kill();
        assertThat(instance.memoryBytes()).isEqualTo(-1);
    }
}
