package dev.mayfly.provider.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A control group of one's own for an ordinary user, asked of the user's systemd (systemd-run(1), {@code Delegate=}): with it the launcher can
 * limit memory and CPU without root. Where there is no such systemd, nothing is asked, and the launcher's probe says what is missing.
 *
 * @param user effective user; root needs none
 * @param environment of the server
 * @param tool {@code systemd-run}
 */
record DelegatedScope(int user, Map<String, String> environment, Path tool) {
    private static final String FOLDER = "XDG_RUNTIME_DIR";

    static DelegatedScope ofThisMachine(int user) {
        return new DelegatedScope(user, System.getenv(), Path.of("/usr/bin/systemd-run"));
    }

    private boolean canBeHad() {
        var folder = environment.getOrDefault(FOLDER, "");
        return user != 0
                && folder.startsWith("/")
                && Files.exists(Path.of(folder, "systemd", "private"))
                && Files.isExecutable(tool);
    }

    /** The command, in a scope where one can be had. {@code systemd-run} becomes the command itself, so it keeps its pid and descriptors. */
    List<String> around(List<String> command) {
        if (!canBeHad()) {
            return command;
        }
        var words = new ArrayList<>(
                List.of(tool.toString(), "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"));
        words.addAll(command);
        return words;
    }
}
