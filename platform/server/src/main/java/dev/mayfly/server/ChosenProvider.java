package dev.mayfly.server;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.Provider.Finding;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.linux.LinuxProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Where instances come from: the strongest place that this machine proved it has, unless something else was asked for.
 *
 * @param tools where tools of builds run; empty: as processes
 * @param isolation what it offers
 * @param holds whether strangers' code may run there: every barrier was proved
 * @param weakness what is weaker than a sandbox with limits, and why, after the word for the isolation; empty: nothing
 * @param fix what would make it stronger; empty: nothing, or there is no weakness
 */
record ChosenProvider(
        Provider provider, Optional<ToolRuns> tools, Isolation isolation, boolean holds, String weakness, String fix) {

    /** Tries to open the provider of sandboxes. */
    interface Opener {
        LinuxProvider.Opening open() throws InterruptedException;
    }

    /** @throws dev.mayfly.model.ProblemException when what was asked for cannot be had, naming why and what would help */
    static ChosenProvider choose(IsolationWish wish, Opener linux, Supplier<? extends Provider> process)
            throws InterruptedException {
        if (wish.place() == IsolationWish.Place.PROCESS) {
            return processes(process.get(), "as --isolation process asks", "");
        }
        return switch (linux.open()) {
            case LinuxProvider.Opening.Opened(LinuxProvider provider) -> sandboxes(wish, provider);
            case LinuxProvider.Opening.Unable(var reason, var fix) -> {
                if (wish.required() || wish.place() == IsolationWish.Place.LINUX) {
                    throw new Problem(
                                    ErrorCode.FORBIDDEN,
                                    (wish.required() ? "--require-isolation" : "--isolation linux")
                                            + ": no sandbox can be made here: " + reason,
                                    fix)
                            .asException();
                }
                yield processes(process.get(), reason, fix);
            }
        };
    }

    private static ChosenProvider sandboxes(IsolationWish wish, LinuxProvider provider) {
        var barriers = provider.missingBarriers();
        var weakness = weakness(barriers, provider.missingLimits());
        if (weakness.isEmpty()) {
            return new ChosenProvider(provider, Optional.of(provider.tools()), Isolation.LINUX, true, "", "");
        }
        var fix = provider.findings().stream()
                .filter(finding -> finding.subject().equals("limits") || barriers.contains(finding.subject()))
                .map(Finding::fix)
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "));
        if (wish.required()) {
            provider.close();
            throw new Problem(ErrorCode.FORBIDDEN, "--require-isolation: " + weakness, fix).asException();
        }
        return new ChosenProvider(
                provider, Optional.of(provider.tools()), Isolation.LINUX, barriers.isEmpty(), weakness, fix);
    }

    /** What is less than a sandbox with all of its barriers and limits; empty: nothing. */
    static String weakness(List<String> barriers, List<String> limits) {
        var parts = new ArrayList<String>();
        if (!barriers.isEmpty()) {
            parts.add("barriers: weak (not proved: " + String.join(", ", barriers) + ")");
        }
        if (!limits.isEmpty()) {
            parts.add("limits: weak (not enforced: " + String.join(", ", limits) + ")");
        }
        return String.join("; ", parts);
    }

    private static ChosenProvider processes(Provider provider, String reason, String fix) {
        return new ChosenProvider(
                provider,
                Optional.empty(),
                Isolation.NONE,
                false,
                "functions are plain processes (" + reason + ")",
                fix);
    }

    /** In one sentence, for the first screen; empty when nothing is weak. */
    String sentence() {
        return weakness.isEmpty() ? "" : "isolation " + isolation + ": " + weakness;
    }

    /** What it can and cannot enforce here, and why it is no stronger. */
    List<Finding> findings() {
        var findings = new ArrayList<>(provider.findings());
        if (isolation == Isolation.NONE) {
            findings.add(new Finding("sandboxes", true, weakness, fix));
        }
        return findings;
    }
}
