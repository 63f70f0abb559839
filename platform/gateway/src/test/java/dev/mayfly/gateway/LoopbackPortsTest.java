package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.ProblemException;
import dev.mayfly.store.Snapshot;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Which ports are the platform's. */
class LoopbackPortsTest {
    private static final Snapshot EMPTY = new Snapshot(0, new TreeMap<>());

    @Test
    void theRangeIsThatOfTheDocumentation() {
        assertThat(new LoopbackPorts(LoopbackPorts.FIRST).belonging(List.of(7070), EMPTY))
                .isEqualTo("7070,7101-7999");
    }

    @Test
    void soDoAllWhereTheServerListens() {
        assertThat(new LoopbackPorts(LoopbackPorts.FIRST).belonging(List.of(443, 7070, 80), EMPTY))
                .isEqualTo("80,443,7070,7101-7999");
    }

    @Test
    void portsOfAnEarlierRangeStillBelong() {
        var deployed = TestEdge.snapshot(1, 7101, 20_000, TestEdge.deployment());

        assertThat(new LoopbackPorts(9000).belonging(List.of(9899), deployed)).isEqualTo("7101,9000-9899,20000");
    }

    @Test
    void whatIsScatteredIsJoinedAtItsSmallestGaps() {
        var ports = new BitSet();
        for (int i = 0; i < 30; i++) {
            ports.set(20_000 + i * 100);
        }
        for (int i = 0; i < 30; i++) {
            ports.set(40_000 + i * 2);
        }

        var ranges = LoopbackPorts.ranges(ports).split(",");

        assertThat(ranges).hasSize(32).startsWith("20000", "20100").contains("22900", "40058");
    }

    @Test
    void theRangeEndsWherePortsEnd() {
        assertThat(new LoopbackPorts(65_000).belonging(List.of(80), EMPTY)).isEqualTo("80,65000-65535");
    }

    @Test
    void noPortIsGivenTwice() {
        var ports = new LoopbackPorts(18_101);

        assertThat(ports.reserve(EMPTY)).isNotEqualTo(ports.reserve(EMPTY));
    }

    @Test
    void whenTheRangeIsUsedUpPortsAreGivenBeyondIt() {
        int first = 18_200;
        var ports = new LoopbackPorts(first);
        int most = 0;
        for (int i = 0; i <= LoopbackPorts.COUNT; i++) {
            most = Math.max(most, ports.reserve(EMPTY));
        }

        assertThat(most).isGreaterThanOrEqualTo(first + LoopbackPorts.COUNT);
    }

    @Test
    void whenAllAreTakenTheErrorSaysWhatToDo() {
        var ports = new LoopbackPorts(65_535);
        var deployed = TestEdge.snapshot(1, 65_535, 20_000, TestEdge.deployment());

        assertThatThrownBy(() -> ports.reserve(deployed))
                .asInstanceOf(InstanceOfAssertFactories.type(ProblemException.class))
                .extracting(ProblemException::problem)
                .satisfies(problem -> {
                    assertThat(problem.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    assertThat(problem.message()).contains("from 65535 on is free");
                    assertThat(problem.fix()).contains("mayfly rm", "--first-port");
                });
    }
}
