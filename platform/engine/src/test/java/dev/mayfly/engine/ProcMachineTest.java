package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of the machine, and when. */
final class ProcMachineTest {
    @TempDir
    private Path proc;

    private static final MemorySettings ALL = new MemorySettings(MemorySettings.ALL, 0);

    private final VirtualTime time = new VirtualTime();
    private long used;
    private ProcMachine machine;

    @BeforeEach
    void begin() throws IOException {
        machine =
                new ProcMachine(proc, new ControlGroups(proc, proc.resolve("groups")), 4, ALL, () -> used, time, time);
        tell(1000, 9000);
    }

    /** @param busy and idle ticks of all processors since the start */
    private void tell(long busy, long idle) throws IOException {
        Files.writeString(proc.resolve("stat"), "cpu  " + busy + " 0 0 " + idle + " 0 0 0 0 0 0\ncpu0 1 2 3 4\n");
        Files.writeString(proc.resolve("meminfo"), "MemTotal: 4096 kB\nMemFree: 1 kB\nMemAvailable:    2048 kB\n");
    }

    @Test
    void whatIsFreeIsWhatWasIdleBetweenTwoReadings() throws IOException {
        machine.room();
        time.pass(Duration.ofSeconds(1));
        tell(1300, 9100); // 300 busy and 100 idle: one processor of four

        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(new Machine.Room(1, 2048 * 1024));
    }

    @Test
    void oneReadingSaysNothingOfProcessors() {
        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(new Machine.Room(Double.POSITIVE_INFINITY, 2048 * 1024));
    }

    @Test
    void whatIsOldSaysNothing() {
        machine.room();
        time.settle();
        time.pass(Duration.ofMinutes(1));

        assertThat(machine.room()).isEqualTo(Machine.Room.UNKNOWN);
    }

    @Test
    void whereThereIsNoProcNothingIsHeldBack() throws IOException {
        Files.delete(proc.resolve("stat"));

        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(Machine.Room.UNKNOWN);
    }

    @Test
    void whatMakesNoSenseHoldsNothingBack() throws IOException {
        Files.writeString(proc.resolve("stat"), "cpu many few\n");

        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(Machine.Room.UNKNOWN);
    }

    @Test
    void itIsReadAtMostTwiceASecondHoweverOftenItIsAskedFor() throws IOException {
        machine.room();
        time.settle();
        Files.delete(proc.resolve("stat"));
        for (int i = 0; i < 4; i++) {
            time.pass(Duration.ofMillis(100));
            machine.room();
        }
        time.settle();
        assertThat(machine.room().memory()).isEqualTo(2048 * 1024);

        time.pass(Duration.ofMillis(200));
        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(Machine.Room.UNKNOWN);
    }

    @Test
    void afterAChangeItIsReadAgainAndWhoWaitsForThatIsTold() throws IOException {
        machine.room();
        time.settle();
        assertThat(machine.fresh(() -> {})).isTrue();
        time.pass(Duration.ofMillis(1));
        machine.changed();
        var told = new ArrayList<Long>();

        assertThat(machine.fresh(() -> told.add(machine.room().memory()))).isFalse();
        Files.writeString(proc.resolve("meminfo"), "MemAvailable: 1 kB\n");
        time.settle();

        assertThat(told).containsExactly(1024L);
        assertThat(machine.fresh(() -> {})).isTrue();
    }

    @Test
    void whatWasReadLongAgoIsReadAgainBeforeItCounts() {
        var told = new ArrayList<Boolean>();
        assertThat(machine.fresh(() -> told.add(machine.fresh(() -> {})))).isFalse();
        time.settle();
        time.pass(Duration.ofSeconds(1));
        assertThat(machine.fresh(() -> told.add(machine.fresh(() -> {})))).isFalse();
        time.settle();

        assertThat(told).containsExactly(true, true);
    }

    /** What changes all the time must not keep the thread that looked from looking again: where that is the only one, nobody else would. */
    @Test
    void whoAsksAgainWaitsForTheNextLook() {
        var work = new ArrayDeque<Runnable>();
        var changing = new ProcMachine(
                proc, new ControlGroups(proc, proc.resolve("groups")), 4, ALL, () -> used, time, work::add);
        var told = new AtomicInteger();
        var again = new Runnable() {
            @Override
            public void run() {
                if (told.incrementAndGet() < 5) {
                    time.leap(Duration.ofNanos(1));
                    changing.changed();
                    changing.fresh(this);
                }
            }
        };
        changing.fresh(again);

        work.remove().run();

        assertThat(told).hasValue(1);
        work.remove().run();
        assertThat(told).hasValue(2);
    }

    private Path group(String path) throws IOException {
        return Files.createDirectories(proc.resolve("groups").resolve(path));
    }

    private void own(String lines) throws IOException {
        Files.writeString(Files.createDirectories(proc.resolve("self")).resolve("cgroup"), lines);
    }

    @Test
    void theTightestOfTheGroupsThatItIsInCounts() throws IOException {
        own("0::/pod/server\n");
        Files.writeString(group("pod/server").resolve("memory.max"), "max\n");
        Files.writeString(group("pod").resolve("memory.max"), "1000000\n");
        Files.writeString(group("pod").resolve("memory.current"), "900000\n");
        Files.writeString(group("pod").resolve("memory.stat"), "anon 5\ninactive_file 300000\nactive_file 7\n");
        Files.writeString(group("pod").resolve("cpu.max"), "150000 100000\n");
        Files.writeString(group("pod").resolve("cpu.stat"), "usage_usec 1000000\nuser_usec 1\n");
        machine.room();
        time.settle();
        time.pass(Duration.ofSeconds(1));
        tell(1000, 9400); // the machine has four processors free
        Files.writeString(group("pod").resolve("cpu.stat"), "usage_usec 1500000\nuser_usec 1\n");
        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(new Machine.Room(1, 400_000));
    }

    @Test
    void theGroupsOfVersionOneCountToo() throws IOException {
        own("7:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n1:name=systemd:/\n");
        Files.writeString(group("memory/docker/1").resolve("memory.limit_in_bytes"), "500000\n");
        Files.writeString(group("memory/docker/1").resolve("memory.usage_in_bytes"), "450000\n");
        Files.writeString(group("memory").resolve("memory.limit_in_bytes"), "9223372036854771712\n");
        Files.writeString(group("cpu,cpuacct/docker/1").resolve("cpu.cfs_quota_us"), "50000\n");
        Files.writeString(group("cpu,cpuacct/docker/1").resolve("cpu.cfs_period_us"), "100000\n");
        Files.writeString(group("cpu,cpuacct/docker/1").resolve("cpuacct.usage"), "0\n");
        machine.room();
        time.settle();
        time.pass(Duration.ofSeconds(1));
        tell(1000, 9400);
        machine.room();
        time.settle();

        assertThat(machine.room()).isEqualTo(new Machine.Room(0.5, 50_000));
    }

    private long memoryWith(MemorySettings settings) {
        var limited = new ProcMachine(
                proc, new ControlGroups(proc, proc.resolve("groups")), 4, settings, () -> used, time, time);
        limited.room();
        time.settle();
        return limited.room().memory();
    }

    @Test
    void whatIsToStayFreeIsNotThereForInstances() throws IOException {
        assertThat(memoryWith(new MemorySettings(MemorySettings.ALL, 1024 * 1024)))
                .isEqualTo(1024 * 1024);
        assertThat(memoryWith(new MemorySettings(MemorySettings.ALL, 3 * 1024 * 1024)))
                .isEqualTo(-1024 * 1024);
        assertThat(memoryWith(MemorySettings.DEFAULTS))
                .as("a twentieth of what the machine has stays free")
                .isEqualTo(2048 * 1024 - 4096 * 1024 / 20);
        Files.writeString(proc.resolve("meminfo"), "MemTotal: 67108864 kB\nMemAvailable: 1048576 kB\n");
        assertThat(memoryWith(MemorySettings.DEFAULTS))
                .as("and no more than this")
                .isEqualTo((1L << 30) - (256L << 20));
    }

    @Test
    void inAContainerThePartIsOneOfWhatThatMayUse() throws IOException {
        own("0::/pod\n");
        Files.writeString(group("pod").resolve("memory.max"), "1000000\n");
        Files.writeString(group("pod").resolve("memory.current"), "400000\n");

        assertThat(memoryWith(MemorySettings.DEFAULTS)).isEqualTo(600_000 - 50_000);
    }

    @Test
    void whereFunctionsMayUseSoMuchWhatTheyUseCounts() {
        used = 700_000;

        assertThat(memoryWith(new MemorySettings(1_000_000, 0))).isEqualTo(300_000);
        used = 1_200_000;
        assertThat(memoryWith(new MemorySettings(1_000_000, 0))).isEqualTo(-200_000);
        used = -1;
        assertThat(memoryWith(new MemorySettings(1_000_000, 0)))
                .as("where that is not known, the machine's")
                .isEqualTo(2048 * 1024);
    }
}
