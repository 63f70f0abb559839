package dev.mayfly.provider.linux;

import dev.mayfly.provider.Provider.Finding;
import dev.mayfly.provider.host.UserRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What the probe of this machine proved, in words; each missing piece with what it costs and the command that adds it. */
record Findings(Readiness.Able able, Optional<UserRange> users) {
    /** Checks that a line of their own tells. */
    private static final Set<String> TOLD = Set.of("memory", "pids", "cpu", "egress", "counter");

    List<Finding> list() {
        var findings = new ArrayList<Finding>();
        findings.add(isolation());
        findings.add(limits());
        findings.add(egress());
        findings.add(meter());
        able.checks().stream()
                .filter(check -> !check.proved() && !TOLD.contains(check.name()))
                .forEach(check -> findings.add(new Finding(check.name(), true, missing(check), check.fix())));
        return findings;
    }

    private Finding isolation() {
        var proved = able.checks().stream()
                .filter(Readiness.Check::proved)
                .map(Readiness.Check::name)
                .collect(Collectors.joining(", "));
        var user = able.rootless()
                ? "without root's means"
                : users.map(range -> "each with a user of its own, of " + range).orElse("as root");
        return new Finding(
                "isolation", true, "linux: a sandbox for each instance, " + user + "; proved: " + proved, "");
    }

    private Finding limits() {
        var missing = able.missingLimits();
        if (missing.isEmpty()) {
            return new Finding("limits", true, "memory, pids and cpu, each proved at start", "");
        }
        var why = missing.stream()
                .map(name -> able.check(name).map(Findings::missing).orElse(name + " was not tried"))
                .collect(Collectors.joining("; "));
        var fix = missing.stream()
                .flatMap(name -> able.check(name).stream())
                .map(Readiness.Check::fix)
                .filter(text -> !text.isEmpty())
                .distinct()
                .collect(Collectors.joining("; "));
        return new Finding(
                "limits", true, "limits: weak; not enforced: " + String.join(", ", missing) + ": " + why, fix);
    }

    private Finding egress() {
        var check = able.check("egress");
        if (able.missingBarriers().contains("egress")) {
            return new Finding(
                    "egress",
                    true,
                    check.map(Findings::missing).orElse(""),
                    check.map(Readiness.Check::fix).orElse(""));
        }
        if (able.egress()) {
            return new Finding(
                    "egress", true, check.map(Readiness.Check::detail).orElse("functions reach the internet"), "");
        }
        return new Finding(
                "egress",
                true,
                "functions and builds reach nothing outside; packages are fetched only by plain processes, with mayfly server --allow-unisolated"
                        + check.map(each -> ": " + missing(each)).orElse(""),
                check.map(Readiness.Check::fix).orElse(""));
    }

    private Finding meter() {
        return able.proved("counter")
                ? new Finding("meter", true, "CPU time from one counter of the kernel for each instance", "")
                : new Finding("meter", true, "CPU time from the kernel's clock of each process", "");
    }

    private static String missing(Readiness.Check check) {
        return check.detail() + (check.cost().isEmpty() ? "" : "; " + check.cost());
    }
}
