package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.linux.LinuxProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is chosen where no sandbox can be had. */
class ChosenProviderTest {
    private static final ChosenProvider.Opener UNABLE =
            () -> new LinuxProvider.Opening.Unable("no C compiler when Mayfly was built", "apt install gcc libc6-dev");

    /** Stands for the process provider. */
    private static final class Processes implements Provider {
        @Override
        public String name() {
            return "process";
        }

        @Override
        public Claim claim(InstanceSpec spec, InstanceReports reports) {
            throw new AssertionError("nothing is claimed");
        }

        @Override
        public List<PlatformProcess> processes() {
            return List.of();
        }

        @Override
        public List<Finding> findings() {
            return List.of();
        }

        @Override
        public void close() {}
    }

    private static ChosenProvider choose(IsolationWish.Place place, boolean required) throws InterruptedException {
        return ChosenProvider.choose(new IsolationWish(place, required), UNABLE, Processes::new);
    }

    @Test
    void processesAreUsedWithTheReasonAndWhatWouldHelp() throws Exception {
        var chosen = choose(IsolationWish.Place.STRONGEST, false);

        assertThat(chosen.provider().name()).isEqualTo("process");
        assertThat(chosen.isolation()).isEqualTo(Isolation.NONE);
        assertThat(chosen.sentence())
                .isEqualTo("isolation none: functions are plain processes (no C compiler when Mayfly was built)");
        assertThat(chosen.fix()).isEqualTo("apt install gcc libc6-dev");
        assertThat(chosen.findings())
                .anySatisfy(finding -> assertThat(finding.fix()).isEqualTo("apt install gcc libc6-dev"));
    }

    @Test
    void whatWasNotProvedIsNamedBarriersFirst() {
        assertThat(ChosenProvider.weakness(List.of(), List.of())).isEmpty();
        assertThat(ChosenProvider.weakness(List.of("seccomp", "users"), List.of("cpu")))
                .isEqualTo("barriers: weak (not proved: seccomp, users); limits: weak (not enforced: cpu)");
    }

    @Test
    void requiredIsolationIsRefusedWithTheReasonAndTheFix() {
        assertThatThrownBy(() -> choose(IsolationWish.Place.STRONGEST, true))
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ErrorCode.FORBIDDEN);
                    assertThat(e.problem().message())
                            .isEqualTo(
                                    "--require-isolation: no sandbox can be made here: no C compiler when Mayfly was built");
                    assertThat(e.problem().fix()).isEqualTo("apt install gcc libc6-dev");
                });
    }

    @Test
    void sandboxesThatWereAskedForAreNotReplacedByProcesses() {
        assertThatThrownBy(() -> choose(IsolationWish.Place.LINUX, false))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("--isolation linux");
    }

    @Test
    void processesThatWereAskedForAreNotCalledAFault() throws Exception {
        var chosen = choose(IsolationWish.Place.PROCESS, false);

        assertThat(chosen.sentence())
                .isEqualTo("isolation none: functions are plain processes (as --isolation process asks)");
    }

    @Test
    void processesCannotBeAskedForAndRefused() {
        assertThatThrownBy(() -> new IsolationWish(IsolationWish.Place.PROCESS, true))
                .hasMessageContaining("--isolation process and --require-isolation");
    }

    @Test
    void aLauncherThatWasNotBuiltSaysWhy(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("mayfly-launcher.missing"), "no C compiler\napt install gcc\n");

        var program = LauncherProgram.at(Optional.of(folder.resolve("mayfly-launcher")));

        assertThat(program).isEqualTo(new LauncherProgram.Missing("no C compiler", "apt install gcc"));
    }
}
