package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.PlatformMemory.Measure;
import dev.mayfly.provider.Provider.PlatformProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The platform's own memory, in virtual time. */
final class PlatformMeterTest {
    private static final Duration TEN = Duration.ofSeconds(10);
    private static final long HOUR = Duration.ofHours(1).toMillis();

    private final VirtualTime time = new VirtualTime();
    private final MemoryLedger ledger = new MemoryLedger();
    private final List<PlatformProcess> processes = new ArrayList<>();
    private Map<Long, Long> shares = Map.of();
    private final PlatformMeter meter = new PlatformMeter(
            () -> List.copyOf(processes),
            pid -> shares.containsKey(pid) ? OptionalLong.of(shares.getOrDefault(pid, 0L)) : OptionalLong.empty(),
            time,
            ledger::append);

    private void lookAfter(Duration span) {
        time.pass(span);
        meter.look();
    }

    @Test
    void whatIsKeptForFastStartsIsCountedByRoleAndOwnerAndNothingElseIs() {
        processes.add(process(1, "server", ""));
        processes.add(process(2, "worker", "aaaaaaaaaa-1"));
        processes.add(process(3, "pool", "python3.11"));
        processes.add(process(4, "pool", "python3.11"));
        processes.add(process(5, "dependency-zygote", "hello"));
        processes.add(new PlatformProcess(6, "hello", "dependency-zygote", 0, 0)); // all its memory is that of 5
        shares = Map.of(3L, 100L, 4L, 50L, 5L, 7L, 6L, 7L);

        lookAfter(TEN);
        lookAfter(TEN);
        meter.handOn();

        assertThat(ledger.platform)
                .containsExactlyInAnyOrder(
                        entry("pool", "python3.11", Measure.PROPORTIONAL, 20_000_000, 150 * 20e6, 150),
                        entry("dependency-zygote", "hello", Measure.PROPORTIONAL, 20_000_000, 7 * 20e6, 7));
    }

    @Test
    void whereSharesCannotBeReadAllThatIsResidentCountsAndIsSaidToBeThat() {
        processes.add(process(3, "zygote", "python3.11"));
        processes.add(new PlatformProcess(4, "python3.12", "zygote", -1, 0));

        lookAfter(TEN);
        meter.handOn();

        assertThat(ledger.platform)
                .containsExactly(entry("zygote", "python3.11", Measure.RESIDENT, 10_000_000, 1_000 * 10e6, 1_000));
    }

    @Test
    void whatWasHandedOnIsNotHandedOnAgain() {
        processes.add(process(3, "pool", "python3.11"));
        lookAfter(TEN);
        meter.handOn();
        meter.handOn();

        assertThat(ledger.platform).hasSize(1);
    }

    @Test
    void everyFewMinutesAndEachHourSomethingIsHandedOn() {
        processes.add(process(3, "pool", "python3.11"));
        for (int i = 0; i < 720; i++) {
            lookAfter(TEN);
        }
        meter.handOn();

        assertThat(ledger.platform.stream().mapToLong(PlatformMemory::micros).sum())
                .isEqualTo(7_200_000_000L);
        assertThat(ledger.platform).hasSizeBetween(20, 30).allMatch(each -> each.hour() % HOUR == 0);
        assertThat(ledger.platform.stream().map(PlatformMemory::hour).distinct().count())
                .isBetween(2L, 3L);
    }

    @Test
    void aMachineThatSleptIsNotChargedForIt() {
        processes.add(process(3, "pool", "python3.11"));
        lookAfter(Duration.ofDays(3));
        meter.handOn();

        assertThat(ledger.platform)
                .singleElement()
                .extracting(PlatformMemory::micros)
                .isEqualTo(60_000_000L);
    }

    @Test
    void aLookThatFailsLeavesTheNextOneToCountOn() {
        processes.add(process(3, "pool", "python3.11"));
        var failing = new PlatformMeter(
                () -> {
                    if (time.nanos() < TEN.toNanos()) {
                        throw new IllegalStateException("closed");
                    }
                    return processes;
                },
                pid -> OptionalLong.empty(),
                time,
                ledger::append);
        assertThatThrownBy(failing::look).isInstanceOf(IllegalStateException.class);

        time.pass(TEN);
        failing.look();
        failing.handOn();

        assertThat(ledger.platform)
                .singleElement()
                .extracting(PlatformMemory::micros)
                .isEqualTo(10_000_000L);
    }

    private PlatformMemory entry(
            String role, String whose, Measure measure, long micros, double byteMicros, long peak) {
        return new PlatformMemory(time.millis() / HOUR * HOUR, role, whose, measure, micros, byteMicros, peak);
    }

    private static PlatformProcess process(long pid, String role, String whose) {
        return new PlatformProcess(pid, whose, role, 1_000, 0);
    }
}
