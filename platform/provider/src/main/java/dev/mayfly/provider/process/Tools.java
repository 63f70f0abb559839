package dev.mayfly.provider.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What this machine's own programs can do for an instance, tried once at start: util-linux has them on every common Linux.
 *
 * @param prlimit limits of pids, open files and core dumps; empty: none are set
 * @param setpriv no new privileges, and another user as root; empty: instances keep the server's user
 * @param unshare a mount namespace of its own, for code in a folder that the instance's user cannot reach
 */
record Tools(Optional<Path> prlimit, Optional<Path> setpriv, Optional<Path> unshare) {
    static final int OPEN_FILES = 4096;

    private static final List<String> FOLDERS =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

    static Tools find(Optional<Integer> someUser) {
        return new Tools(
                works("prlimit", prlimit -> limits(prlimit, Optional.empty())),
                works("setpriv", setpriv -> privileges(setpriv, someUser)),
                someUser.isPresent()
                        ? works(
                                "unshare",
                                unshare -> List.of(unshare.toString(), "--mount", "--propagation", "private"))
                        : Optional.empty());
    }

    static List<String> limits(Path prlimit, Optional<Integer> pids) {
        var command =
                new ArrayList<>(List.of(prlimit.toString(), "--core=0:0", "--nofile=" + OPEN_FILES + ":" + OPEN_FILES));
        pids.ifPresent(count -> command.add("--nproc=" + count + ":" + count));
        return command;
    }

    static List<String> privileges(Path setpriv, Optional<Integer> user) {
        var command = new ArrayList<>(List.of(setpriv.toString()));
        user.ifPresent(number ->
                command.addAll(List.of("--reuid", number.toString(), "--regid", number.toString(), "--clear-groups")));
        command.addAll(List.of("--no-new-privs", "--pdeathsig", "KILL", "--"));
        return command;
    }

    private static Optional<Path> works(String name, java.util.function.Function<Path, List<String>> prefix) {
        return locate(name).filter(tool -> {
            var command = new ArrayList<>(prefix.apply(tool));
            return locate("true").filter(succeeds(command)).isPresent();
        });
    }

    private static Predicate<Path> succeeds(List<String> command) {
        return harmless -> {
            command.add(harmless.toString());
            try {
                var process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    return false;
                }
                return process.exitValue() == 0;
            } catch (IOException e) {
                return false; // not for us to run
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        };
    }

    private static Optional<Path> locate(String name) {
        return FOLDERS.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
