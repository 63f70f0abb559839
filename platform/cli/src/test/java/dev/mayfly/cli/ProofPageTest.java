package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProofPageTest {
    private static final Check HELD =
            new Check(Check.Group.LIMITS, "timeout", "timeout: 1s, answer after 20 s", new Verdict.Held("504"));
    private static final Check WEAK = new Check(
            Check.Group.LIMITS, "cpu", "cpu: 0.2", new Verdict.Weak("99 %", "it can keep all busy", "be root"));
    private static final Check BROKEN =
            new Check(Check.Group.LIMITS, "tmp", "tmp: 8MiB", new Verdict.Broken("no end", "be root"));
    private static final Check UNPROVEN =
            new Check(Check.Group.METER, "burn", "use CPU", new Verdict.Unproven("it did not run", "try again"));

    @Test
    void each_verdict_has_its_mark_and_a_fix_is_said_once_in_a_row() {
        var page = new ProofPage(new Paint(false));

        var lines = String.join("\n", page.lines(HELD), page.lines(WEAK), page.lines(BROKEN), page.lines(UNPROVEN));

        assertThat(lines).isEqualTo("""

                limits  what a function tried to use up
                  ✓ timeout: 1s, answer after 20 s                          504
                  ~ cpu: 0.2                                                weak: 99 %
                      cost: it can keep all busy
                      fix: be root
                  ✗ tmp: 8MiB                                               no end

                meter  the bill against the kernel's counters
                  ? use CPU                                                 not known: it did not run
                      fix: try again""");
    }

    @Test
    void the_foot_counts_and_says_how_it_ended() {
        var page = new ProofPage(new Paint(false));

        assertThat(page.foot(ProofPage.Sum.of(List.of(HELD)), true, 7)).isEqualTo("\npassed  1 of 1 check held · 7 s");
        assertThat(page.foot(ProofPage.Sum.of(List.of(HELD, WEAK, BROKEN, UNPROVEN)), false, 31))
                .isEqualTo("\nfailed  1 of 4 checks held · 1 weak · 1 broken · 1 not known · 31 s");
    }

    @Test
    void weak_passes_unless_strict_and_broken_and_unproven_never() {
        assertThat(ProofPage.Sum.of(List.of(HELD, WEAK)).passed(false)).isTrue();
        assertThat(ProofPage.Sum.of(List.of(HELD, WEAK)).passed(true)).isFalse();
        assertThat(ProofPage.Sum.of(List.of(HELD, BROKEN)).passed(false)).isFalse();
        assertThat(ProofPage.Sum.of(List.of(HELD, UNPROVEN)).passed(false)).isFalse();
    }

    @Test
    void programs_get_every_check_by_its_name() {
        var json = Json.write(ProofPage.json(List.of(WEAK), Map.of("isolation", "linux"), true));

        assertThat(json)
                .isEqualTo(
                        "{\"isolation\":\"linux\",\"passed\":true,\"held\":0,\"weak\":1,\"broken\":0,\"unproven\":0,\"checks\":"
                                + "[{\"group\":\"limits\",\"name\":\"cpu\",\"attempt\":\"cpu: 0.2\",\"verdict\":\"weak\",\"seen\":\"99 %\","
                                + "\"cost\":\"it can keep all busy\",\"fix\":\"be root\"}]}");
    }
}
