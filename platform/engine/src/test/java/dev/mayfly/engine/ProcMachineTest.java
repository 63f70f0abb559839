package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of the machine, and when. */
final class ProcMachineTest {
    @TempDir
    private Path proc;

    private final VirtualTime time = new VirtualTime();
    private ProcMachine machine;

    @BeforeEach
    void begin() throws IOException {
        machine = new ProcMachine(proc, 4, time, time);
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
}
