package dev.mayfly.build.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * pip's caches, one for each project and kept between its builds: what a build runs can leave anything in there for the next one, so no other
 * project is given it, nor the next one of the same name.
 */
final class Caches {
    private final Workshop workshop;
    private final Path folder;
    private final long most;
    private final Map<Path, Integer> used = new HashMap<>();

    /** @param most bytes of one */
    Caches(Workshop workshop, Path folder, long most) {
        this.workshop = workshop;
        this.folder = folder;
        this.most = most;
    }

    /** The cache of a project, until it is released as often; empty if it had grown too large. */
    synchronized Path acquire(Owner owner) throws IOException {
        var cache = folder.resolve(owner.toString());
        if (!used.containsKey(cache) && DiskUse.exceeds(List.of(cache), most)) {
            remove(cache);
        }
        Files.createDirectories(cache);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        workshop.own(cache);
        used.merge(cache, 1, Integer::sum);
        return cache;
    }

    synchronized void release(Path cache) {
        used.computeIfPresent(cache, (any, times) -> times == 1 ? null : times - 1);
    }

    /** Removes those of all other projects, except while a build uses them. */
    synchronized void keep(Set<Owner> projects) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        var kept =
                projects.stream().map(each -> folder.resolve(each.toString())).toList();
        try (var caches = Files.newDirectoryStream(folder)) {
            for (var cache : caches) {
                if (!kept.contains(cache) && !used.containsKey(cache)) {
                    remove(cache);
                }
            }
        }
    }

    private void remove(Path cache) throws IOException {
        Removal.untilDone(() -> workshop.removeOpen(List.of(cache)));
    }
}
