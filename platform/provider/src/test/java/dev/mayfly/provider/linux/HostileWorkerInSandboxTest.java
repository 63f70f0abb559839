package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.provider.HostileWorkerContract;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The init that is pid 1 of a sandbox. */
final class HostileWorkerInSandboxTest extends HostileWorkerContract {
    private final List<LinuxProvider> providers = new ArrayList<>();
    private LinuxFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = new LinuxFixture(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        providers.forEach(LinuxProvider::close);
        await().untilAsserted(() -> assertThat(fixture.processes()).isEmpty());
        assertThat(fixture.directory.root()).doesNotExist();
    }

    @Override
    protected Provider provider(WorkerFiles worker) throws InterruptedException {
        var provider = fixture.provider("/usr/bin", worker);
        providers.add(provider);
        return provider;
    }
}
