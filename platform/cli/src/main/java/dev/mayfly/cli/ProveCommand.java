package dev.mayfly.cli;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

final class ProveCommand implements Command {
    private static final List<String> ISOLATIONS = List.of("linux", "process");

    private final BundledProject project;

    ProveCommand() {
        this(BundledProject.own());
    }

    /** @param project what is deployed */
    ProveCommand(BundledProject project) {
        this.project = project;
    }

    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "prove",
                        "Tries on this machine what Mayfly promises: isolation, limits, true zero, the bill, cold starts, kill -9 and restart.")
                .option("KIND", "Try this isolation: linux (default) or process.", "--isolation")
                .options(
                        "GROUP",
                        "Try only this, and what it leaves: isolation, limits, zero, meter, cold or kills.",
                        "--only")
                .flag("Fail also for what is weak here because the machine lacks something.", "--strict")
                .footer(
                        "",
                        "It takes a server of its own, in a temporary folder, and removes it all at the end; yours is not touched.",
                        "Exits with 1 when something does not hold, or could not be tried.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var isolation = typed.given("--isolation").orElse("linux");
        if (!ISOLATIONS.contains(isolation)) {
            throw Failure.usage("--isolation: " + isolation + " (expected: linux or process)", "mayfly prove --help");
        }
        if (mayfly.address().isPresent()) {
            throw Failure.usage(
                    "mayfly prove tries the machine it runs on, not "
                            + mayfly.address().get(),
                    "leave out --server and MAYFLY_SERVER");
        }
        boolean strict = typed.flag("--strict");
        long begun = System.nanoTime();
        var screen = mayfly.screen();
        var page = new ProofPage(screen.outPaint());
        var proof = new Proof(mayfly, project, isolation, groups(typed.texts("--only")), page);
        var checks = proof.run();
        long seconds = (System.nanoTime() - begun) / 1_000_000_000;
        var sum = ProofPage.Sum.of(checks);
        boolean passed = sum.passed(strict);
        if (mayfly.json()) {
            var about = new LinkedHashMap<String, Object>();
            about.put("isolation", isolation);
            about.put("strict", strict);
            about.put("seconds", seconds);
            proof.firstCalls().ifPresent(calls -> about.put("coldStart", calls.asJson()));
            screen.data(Json.write(ProofPage.json(checks, about, passed)));
        } else {
            screen.data(page.foot(sum, passed, seconds));
        }
        return passed ? 0 : 1;
    }

    private static Set<Check.Group> groups(List<String> words) {
        var groups = EnumSet.noneOf(Check.Group.class);
        for (var word : words) {
            groups.add(Arrays.stream(Check.Group.values())
                    .filter(group -> group.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> Failure.usage(
                            "--only: " + word + " (expected: isolation, limits, zero, meter, cold or kills)",
                            "mayfly prove --help")));
        }
        return groups.isEmpty() ? EnumSet.allOf(Check.Group.class) : groups;
    }
}
