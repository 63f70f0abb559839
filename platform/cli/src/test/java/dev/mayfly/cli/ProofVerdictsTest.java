package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What follows from what was seen, where no machine can be made to show it on demand. */
class ProofVerdictsTest {
    @Test
    void a_process_before_the_first_call_is_no_zero_and_a_blind_look_is_no_proof() {
        var nothing = new ZeroChecks.Look(0, Set.of());
        var running = new ZeroChecks.Look(2, Set.of(10L, 11L));
        var hidden = new ZeroChecks.Look(0, Set.of(10L));

        assertThat(ZeroChecks.before(nothing, running))
                .isEqualTo(new Verdict.Held("mayfly ps: 0, /proc: 0; during a call: mayfly ps: 2, /proc: 2"));
        assertThat(ZeroChecks.before(running, running)).isInstanceOf(Verdict.Broken.class);
        assertThat(ZeroChecks.before(hidden, running)).isInstanceOf(Verdict.Broken.class);
        assertThat(ZeroChecks.before(nothing, hidden)).isInstanceOf(Verdict.Unproven.class);
    }

    @Test
    void an_answer_of_a_killed_server_is_a_false_one() {
        assertThat(KillChecks.server(new KillChecks.Ends(0, 0, 4), 0))
                .isEqualTo(new Verdict.Held("4 calls: 0 served, 0 clean errors, 4 lost"));
        assertThat(KillChecks.server(new KillChecks.Ends(1, 0, 3), 0)).isInstanceOf(Verdict.Broken.class);
        assertThat(KillChecks.server(new KillChecks.Ends(0, 0, 4), 1)).isInstanceOf(Verdict.Unproven.class);
    }

    @Test
    void what_a_killed_server_leaves_is_not_swept_while_any_of_it_is_there() {
        assertThat(KillChecks.swept(0, 8, 0, 16))
                .isEqualTo(new Verdict.Held("0 of 8 processes left, 0 of 16 control groups"));
        assertThat(KillChecks.swept(1, 8, 0, 16)).isInstanceOf(Verdict.Broken.class);
        assertThat(KillChecks.swept(0, 8, 1, 16)).isInstanceOf(Verdict.Broken.class);
        assertThat(KillChecks.swept(0, 0, 0, 0)).isInstanceOf(Verdict.Unproven.class);
    }

    @Test
    void a_bill_that_shrinks_has_lost_calls() {
        assertThat(KillChecks.usage(95, 96)).isEqualTo(new Verdict.Held("95 calls before, 96 now"));
        assertThat(KillChecks.usage(95, 94)).isInstanceOf(Verdict.Broken.class);
        assertThat(KillChecks.usage(0, 1)).isInstanceOf(Verdict.Unproven.class);
    }

    @Test
    void a_check_that_cannot_be_made_proves_nothing_and_the_next_one_is_made() throws InterruptedException {
        var told = new ArrayList<String>();
        var checks = new Checks(begun -> told.add("begins " + begun), check -> told.add("done " + check.name()));

        checks.check(Check.Group.METER, "one", "try one", () -> {
            throw new IOException("connection reset");
        });
        checks.check(Check.Group.METER, "two", "try two", () -> {
            throw new Failure("no receipt", "mayfly logs");
        });

        assertThat(checks.all())
                .extracting(Check::verdict)
                .containsExactly(
                        new Verdict.Unproven("it could not be tried: connection reset", "mayfly prove again"),
                        new Verdict.Unproven("it could not be tried: no receipt", "mayfly logs"));
        assertThat(told).containsExactly("begins try one", "done one", "begins try two", "done two");
    }

    @Test
    void a_limit_that_the_server_says_it_cannot_enforce_is_weak_and_any_other_is_broken() {
        var weak = new Doctor.Finding(
                "limits", true, "limits: weak; not enforced: cpu, memory: a probe got a whole one", "be root");

        assertThat(limit("linux", weak, "cpu"))
                .isEqualTo(new Verdict.Weak("99 %", "one function can keep all processors busy", "be root"));
        assertThat(limit("linux", weak, "memory"))
                .isEqualTo(new Verdict.Weak("99 %", "one function can take all memory of the machine", "be root"));
        assertThat(limit("linux", weak, "pids")).isEqualTo(new Verdict.Broken("99 %", "fix it"));
        assertThat(limit("process", weak, "cpu")).isEqualTo(new Verdict.Broken("99 %", "fix it"));
    }

    private static Verdict limit(String provider, Doctor.Finding finding, String name) {
        return Ground.limit(provider, List.of(finding), name, new Verdict.Broken("99 %", "fix it"));
    }
}
