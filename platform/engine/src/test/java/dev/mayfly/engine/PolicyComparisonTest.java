package dev.mayfly.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Comparison.Call;
import dev.mayfly.engine.Comparison.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/**
 * Ours against what others have published, on the same requests. Each run writes its table to {@code target/policies.txt}. Knative's KPA has fewer
 * cold starts and instance-seconds than we have, because its requests wait for more than ten times as long for a slot of an instance that is there; both
 * cannot be had at once where nothing is started before it is asked for (decision 0017).
 */
final class PolicyComparisonTest {
    private static final long SEED = Long.getLong("simulation.seed", 1);

    @Test
    void oursWaitsLeastAndIsBestInTheProduct() throws IOException {
        var all = PolicyReport.compare(SEED);
        var ours = all.get(0);
        var knative = all.get(1);
        var perRequest = all.get(2);
        var table = Comparison.table(all);
        Files.writeString(Path.of("target/policies.txt"), table);

        assertThat(ours.waitedMillis())
                .as(table)
                .isLessThanOrEqualTo(Math.min(knative.waitedMillis(), perRequest.waitedMillis()));
        assertThat(ours.product()).as(table).isLessThan(Math.min(knative.product(), perRequest.product()));
        assertThat(ours.coldShare()).as(table).isLessThanOrEqualTo(perRequest.coldShare());
        assertThat(ours.instanceSeconds()).as(table).isLessThanOrEqualTo(perRequest.instanceSeconds());
    }

    @Test
    void thePeersDoWhatTheyAreKnownFor() {
        var second = Duration.ofSeconds(1).toNanos();
        // Ten at once, and one more 65 s after the first; each runs for 4 s, a start takes 1 s.
        var calls = new ArrayList<Call>();
        for (int i = 0; i < 10; i++) {
            calls.add(new Call(second, 4 * second));
        }
        calls.add(new Call(66 * second, 4 * second));
        var trace = Trace.of(calls, number -> second);

        var perRequest = PerRequestPolicy.run(trace);
        assertThat(perRequest.cold()).isEqualTo(10);
        assertThat(perRequest.waitedNanos()).isEqualTo(10 * second);
        assertThat(perRequest.instanceSeconds()).isEqualTo(9 * 65 + 65 + 64 + 0.0);

        var knative = KnativePolicy.run(trace);
        assertThat(knative.cold())
                .as("one for the first, the others by panic two seconds later")
                .isBetween(8L, 10L);
        assertThat(knative.waitedNanos()).isBetween(15 * second, 40 * second);
        assertThat(knative.instanceSeconds())
                .as("panic keeps all of them for a minute, and what runs counts for the average of another")
                .isGreaterThan(perRequest.instanceSeconds());
    }
}
