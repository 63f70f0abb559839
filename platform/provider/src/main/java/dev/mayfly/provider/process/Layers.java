package dev.mayfly.provider.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an instance sees its layers. A server of root keeps them below root's own home, where another user cannot go; there the instance gets
 * them mounted read-only in a mount namespace of its own, which ends with it.
 *
 * @param code folder of the code as the worker sees it
 * @param dependencies likewise; null: none
 * @param mounting a command that makes the mounts and then runs the rest of its arguments; empty: nothing to mount
 */
record Layers(Path code, @Nullable Path dependencies, List<String> mounting) {
    /** Arguments: pairs of source and target up to an empty one, then the command. */
    private static final String SCRIPT = """
            while [ -n "$1" ]; do mount -o bind,ro -- "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"\
            """;

    static Layers visible(Path code, @Nullable Path dependencies) {
        return new Layers(code, dependencies, List.of());
    }

    static Layers mounted(Path unshare, Path folder, Path code, @Nullable Path dependencies) throws IOException {
        var command = new ArrayList<>(List.of(
                unshare.toString(), "--mount", "--propagation", "private", "/bin/sh", "-c", SCRIPT, "mayfly-mount"));
        var codeTarget = Files.createDirectory(folder.resolve("task"));
        command.addAll(List.of(code.toString(), codeTarget.toString()));
        Path dependenciesTarget = null;
        if (dependencies != null) {
            dependenciesTarget = Files.createDirectory(folder.resolve("deps"));
            command.addAll(List.of(dependencies.toString(), dependenciesTarget.toString()));
        }
        command.add("");
        return new Layers(codeTarget, dependenciesTarget, command);
    }

    /** Whether a user who is neither owner nor in the group can read {@code folder}. */
    static boolean reachableByOthers(Path folder) throws IOException {
        var real = folder.toRealPath();
        if (!Files.getPosixFilePermissions(real).contains(PosixFilePermission.OTHERS_READ)) {
            return false;
        }
        for (Path each = real; each != null; each = each.getParent()) {
            if (!Files.getPosixFilePermissions(each).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        return true;
    }
}
