package dev.mayfly.provider.process;

import dev.mayfly.provider.host.FolderTree;
import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.UserRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a killed server left running, and deletes its folders. A process is one of ours when its pid and start time were noted, when it
 * runs as one of our users, or when its environment carries our mark; and never by its name.
 */
final class Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    private final Kernel kernel;
    private final ProcessTable table;
    private final RuntimeDirectory directory;
    private final Optional<UserRange> users;

    Sweep(Kernel kernel, ProcessTable table, RuntimeDirectory directory, Optional<UserRange> users) {
        this.kernel = kernel;
        this.table = table;
        this.directory = directory;
        this.users = users;
    }

    /** How many processes were ended. */
    int run() {
        if (entries(directory.instances()).isEmpty()) {
            return 0; // every instance has a folder from before it starts until after it has ended
        }
        var leftovers = leftovers();
        int ended = 0;
        for (var orphan : orphans(leftovers)) {
            // One that an earlier round has ended with its family is no longer found.
            if (table.find(orphan.pid())
                    .filter(orphan::sameProcess)
                    .filter(row -> !row.ended())
                    .isPresent()) {
                LOG.info("ending process {}, left by a server that was killed", orphan.pid());
                var user = users.flatMap(range -> table.users(orphan.pid()).stream()
                        .filter(range::contains)
                        .findFirst());
                var family = new Family(kernel, table, orphan, user, InstanceFolder.MARK_NAME + "=?", false);
                family.stop();
                ended += family.members().size();
                family.kill();
            }
        }
        clear(directory.instances());
        clear(directory.scratch());
        clear(directory.records());
        return ended;
    }

    private List<ProcessRow> orphans(List<Leftover> leftovers) {
        var noted = new HashSet<>(leftovers.stream()
                .map(each -> each.pid() + " " + each.startTicks())
                .toList());
        long self = ProcessHandle.current().pid();
        return table.all().stream()
                .filter(row -> row.pid() > 1 && row.pid() != self && !row.ended())
                .filter(row -> isOurs(row, noted))
                .toList();
    }

    private boolean isOurs(ProcessRow row, Set<String> noted) {
        // As root only processes of our users are meant, whatever an environment says; one of another home with the
        // same range says so.
        if (users.isPresent() && table.users(row.pid()).stream().noneMatch(users.get()::contains)) {
            return false;
        }
        var marks = table.environment(row.pid()).stream()
                .filter(entry -> entry.startsWith(InstanceFolder.MARK_NAME + "="))
                .toList();
        boolean marked = marks.stream()
                .anyMatch(entry -> entry.startsWith(InstanceFolder.MARK_NAME + "=" + directory.instances() + "/"));
        return users.isPresent()
                ? marked || marks.isEmpty()
                : marked || noted.contains(row.pid() + " " + row.startTicks());
    }

    private List<Leftover> leftovers() {
        var found = new ArrayList<Leftover>();
        for (var file : entries(directory.records())) {
            try {
                Leftover.parse(Files.readString(file)).ifPresent(found::add);
            } catch (IOException e) {
                LOG.warn("cannot read {}", file, e);
            }
        }
        return found;
    }

    private static void clear(Path folder) {
        for (var each : entries(folder)) {
            try {
                FolderTree.delete(each);
            } catch (IOException e) {
                LOG.warn("cannot delete {}, left by a server that was killed", each, e);
            }
        }
    }

    private static List<Path> entries(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot look into " + folder, e);
        }
    }
}
