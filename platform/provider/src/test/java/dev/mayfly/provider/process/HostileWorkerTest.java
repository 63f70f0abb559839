package dev.mayfly.provider.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.provider.HostileWorkerContract;
import dev.mayfly.provider.ProvidedInstance.Import;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The init that is a Python program. */
final class HostileWorkerTest extends HostileWorkerContract {
    private final List<ProcessProvider> providers = new ArrayList<>();
    private ProcessFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = new ProcessFixture(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        providers.forEach(ProcessProvider::close);
        assertThat(fixture.processes()).isEmpty();
        assertThat(fixture.directory.root()).doesNotExist();
    }

    @Override
    protected Provider provider(WorkerFiles worker) {
        var provider = fixture.provider(worker);
        providers.add(provider);
        return provider;
    }

    @Test
    void aWorkerThatSpeaksForAnotherProcessIsRefused() throws Exception {
        assertThat(refused("say(0x10, struct.pack('>BI', 2, 1)); time.sleep(3600)"))
                .contains("hello");
    }

    @Test
    void importsAreHandedOnAsFarAsTheyMakeSense() throws Exception {
        var instance = started("""
                hello(); control.recv(1 << 20)
                say(0x11, b'{"mode": "handler", "imports": [["flask", 61000], ["numpy", 103000], 7, ["b"], ["c", -5]]}')
                time.sleep(3600)
                """);

        assertThat(instance.imports())
                .containsExactly(new Import("numpy", 103_000), new Import("flask", 61_000), new Import("c", 0));
        assertThat(instance.why()).isEmpty();
        instance.kill();
    }

    @Test
    void aForkBombIsStopped() throws Exception {
        Assumptions.assumeTrue(new Kernel().effectiveUser() == 0, "the limit needs a user");
        var instance = started("""
                hello(); ready()
                while True:
                    try:
                        os.fork()
                    except OSError:
                        time.sleep(0.05)
                """);
        await().until(() -> fixture.ofInstances().size() > 100);
        assertThat(fixture.ofInstances().size()).isLessThan(270);

        instance.kill();

        assertThat(fixture.ofInstances()).isEmpty();
    }
}
