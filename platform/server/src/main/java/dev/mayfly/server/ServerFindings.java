package dev.mayfly.server;

import dev.mayfly.model.DataSize;
import dev.mayfly.provider.Provider.Finding;
import dev.mayfly.provider.python.Interpreter;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.store.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** What the server itself has to say to {@code mayfly doctor}. */
record ServerFindings(Places places, String domain, boolean hostNamesResolve, Interpreters pythons, Logs logs) {
    private static final long LITTLE_ROOM = 1L << 30;

    List<Finding> list() {
        var findings = new ArrayList<Finding>();
        findings.add(new Finding("artifacts", true, places.artifacts() + ": " + places.reason(), ""));
        findings.add(room());
        findings.add(names());
        findings.add(usablePythons());
        long dropped = logs.dropped();
        findings.add(new Finding(
                "logs",
                dropped == 0,
                dropped == 0
                        ? "none were dropped"
                        : dropped + " lines were dropped: they came faster than the disk takes them",
                dropped == 0 ? "" : "lower logRate in mayfly.yaml"));
        return findings;
    }

    private Finding room() {
        try {
            long free = Files.getFileStore(places.artifacts()).getUsableSpace();
            boolean fine = free >= LITTLE_ROOM;
            return new Finding(
                    "disk", fine, new DataSize(free) + " free at " + places.artifacts(), fine ? "" : "make room there");
        } catch (IOException e) {
            return new Finding("disk", false, places.artifacts() + " cannot be read", "look at its permissions");
        }
    }

    private Finding names() {
        return hostNamesResolve
                ? new Finding("host names", true, "*." + domain + " resolves on this machine", "")
                : new Finding(
                        "host names",
                        true,
                        "*." + domain
                                + " does not resolve on this machine outside of browsers and curl; URLs name loopback ports",
                        "");
    }

    private Finding usablePythons() {
        var usable = pythons.usable();
        return usable.isEmpty()
                ? new Finding("runtimes", false, "no usable python3 was found", "install python3")
                : new Finding(
                        "runtimes",
                        true,
                        "python "
                                + String.join(
                                        ", ",
                                        usable.stream()
                                                .map(Interpreter::version)
                                                .toList()),
                        "");
    }
}
