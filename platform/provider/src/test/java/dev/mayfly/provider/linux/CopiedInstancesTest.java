package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.provider.Claim;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ProviderContract;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.UnixHttp;
import dev.mayfly.provider.instance.WorkerFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances that are copies of a zygote. */
final class CopiedInstancesTest extends ProviderContract {
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
        provider = fixture.provider(new Warmth(0, 0, true, 256L << 20));
        provider.expect(Set.of("python3"));
    }

    @AfterEach
    void nothingIsLeft() {
        if (provider != null) {
            provider.close();
            assertThat(fixture.processes()).isEmpty();
            assertThat(fixture.directory.root()).doesNotExist();
        }
    }

    private void awaitZygote() {
        await().until(() -> zygote() > 0);
    }

    private long zygote() {
        return zygote(provider);
    }

    private static long zygote(LinuxProvider provider) {
        return provider.processes().stream()
                .filter(process -> process.role().equals("zygote"))
                .mapToLong(Provider.PlatformProcess::pid)
                .findFirst()
                .orElse(0);
    }

    @Override
    protected Provider provider() {
        return new Held(provider, spec -> awaitZygote(), Set.of("zygote"));
    }

    @Override
    protected Path code() {
        return code;
    }

    @Test
    void its_steps_say_how_it_came_about() throws Exception {
        var instance = started(handler("pass"), new ReportLog());

        assertThat(instance.steps()).extracting(ProvidedInstance.Step::name).contains("mounts", "fork", "load");
        assertThat(instance.why()).contains("pool");
        instance.kill();
    }

    @Test
    void two_of_one_zygote_are_random_apart() throws Exception {
        var source = "import random, ssl, uuid\n"
                + handler("answer = f'{random.random()} {ssl.RAND_bytes(8).hex()} {uuid.uuid4()} {os.getpid()}'");
        var first = started(source, new ReportLog());
        var second = started(source, new ReportLog());

        var one = UnixHttp.get(first.address(), "/", 1).body().split(" ", -1);
        var other = UnixHttp.get(second.address(), "/", 1).body().split(" ", -1);

        assertThat(one).hasSize(4);
        assertThat(one[0]).isNotEqualTo(other[0]);
        assertThat(one[1]).isNotEqualTo(other[1]);
        assertThat(one[2]).isNotEqualTo(other[2]);
        assertThat(one[3]).isEqualTo(other[3]).isNotEqualTo(Long.toString(zygote()));
        first.kill();
        second.kill();
    }

    @Test
    void a_zygote_that_is_killed_is_replaced_and_nobody_notices() throws Exception {
        awaitZygote();
        long first = zygote();
        ProcessHandle.of(first).ifPresent(ProcessHandle::destroyForcibly);
        var meanwhile = ((Claim.Ready) provider.claim(spec(handler("pass")), new ReportLog())).instance();

        assertThat(UnixHttp.get(meanwhile.address(), "/", 1).body()).isEqualTo("hello");
        await().until(() -> zygote() != 0 && zygote() != first);
        meanwhile.kill();
    }

    @Test
    void what_is_killed_while_it_loads_is_started_from_nothing_and_says_so() throws Exception {
        var mark = code.resolve("mark");
        Files.writeString(mark, "");
        var source = """
                import os, signal
                if os.getpid() == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                """ + handler("pass");
        awaitZygote();
        var reports = new ReportLog();
        var instance = ((Claim.Ready) provider.claim(spec(source), reports)).instance();

        assertThat(instance.rung()).isEqualTo("boot");
        assertThat(instance.why()).contains("killed");
        assertThat(reports.texts()).anySatisfy(text -> assertThat(text).contains("Started another way"));
        assertThat(reports.exit).isNotDone();
        instance.kill();
        assertThat(reports.exit).isDone();
    }

    @Test
    void what_does_not_survive_being_copied_is_started_from_nothing_and_says_so() throws Exception {
        try (var other = broken("if os.getpid() == 3: os.abort()")) {
            await().until(() -> zygote(other) > 0);

            var instance = ((Claim.Ready) other.claim(spec(handler("pass")), new ReportLog())).instance();

            assertThat(instance.rung()).isEqualTo("boot");
            assertThat(instance.why()).contains("no copy of a zygote could be made", "does not survive being copied");
            assertThat(UnixHttp.get(instance.address(), "/", 1).body()).isEqualTo("hello");
            instance.kill();
        }
    }

    /** A provider whose zygotes have loaded something that does this in every copy. */
    private LinuxProvider broken(String statement) throws Exception {
        var contents = new TreeMap<>(WorkerFiles.bundled().contents());
        var hook = """

                import os
                def hook():
                    %s
                os.register_at_fork(after_in_child=hook)
                """.formatted(statement);
        contents.computeIfPresent(
                "mayfly_worker/trial.py",
                (name, bytes) -> (new String(bytes, StandardCharsets.UTF_8) + hook).getBytes(StandardCharsets.UTF_8));
        var others = Files.createDirectory(folder.resolve("other"));
        var other = new LinuxFixture(others).provider("/usr/bin", new WorkerFiles(contents), new Warmth(0, 0, true, 0));
        other.expect(Set.of("python3"));
        return other;
    }
}
