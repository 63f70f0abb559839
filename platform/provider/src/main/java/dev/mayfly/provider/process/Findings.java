package dev.mayfly.provider.process;

import dev.mayfly.provider.Provider.Finding;
import dev.mayfly.provider.host.UserRange;
import java.util.List;
import java.util.Optional;

/** What the provider can and cannot enforce here, in words. */
record Findings(boolean root, Optional<UserRange> users, Tools tools, boolean proc) {
    List<Finding> list() {
        return List.of(isolation(), user(), privileges(), limits(), meter());
    }

    private static Finding isolation() {
        return new Finding(
                "isolation",
                true,
                "none: functions are plain processes of this machine",
                "Deploy only code that you trust.");
    }

    private Finding user() {
        if (users.isPresent()) {
            return tools.setpriv().isPresent()
                    ? new Finding("user", true, "each instance has a user of its own, of " + users.get(), "")
                    : new Finding(
                            "user",
                            false,
                            "no instance can start: the server runs as root and cannot give it another user",
                            "Install util-linux (setpriv).");
        }
        return new Finding(
                "user",
                !root,
                "functions run as the server's user and can read what it can, the admin token included",
                root
                        ? "Give the server's user namespace room for 65536 users."
                        : "Run the server as root: it then gives each instance an unprivileged user.");
    }

    private Finding privileges() {
        return tools.setpriv().isPresent()
                ? new Finding("privileges", true, "no instance can gain any; it ends with the server", "")
                : new Finding(
                        "privileges", false, "set-user-id programs work in functions", "Install util-linux (setpriv).");
    }

    private Finding limits() {
        var enforced = tools.prlimit().isEmpty()
                ? "none"
                : users.isPresent() ? "pids, open files, core dumps, log volume" : "open files, core dumps, log volume";
        return new Finding(
                "limits",
                tools.prlimit().isPresent(),
                "limits: weak; enforced: " + enforced + "; not: memory, cpu, tmp, egress"
                        + (users.isPresent() ? "" : ", pids"),
                tools.prlimit().isEmpty() ? "Install util-linux (prlimit)." : "Deploy only code that you trust.");
    }

    private Finding meter() {
        return proc
                ? new Finding("meter", true, "CPU time from the kernel's clock of each process", "")
                : new Finding("meter", false, "CPU time is not counted: there is no /proc here", "Run on Linux.");
    }
}
