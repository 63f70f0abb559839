package dev.mayfly.provider.process;

import dev.mayfly.provider.host.FolderTree;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The two folders of one instance, and the record by which the next start finds it.
 *
 * @param run sockets; what an address points into
 * @param scratch its {@code HOME} and {@code TMPDIR}
 * @param user whose they are; empty: the server's own
 */
record InstanceFolder(Path run, Path scratch, Path leftovers, Optional<Integer> user) {
    static InstanceFolder create(RuntimeDirectory directory, String name, Optional<Integer> user) throws IOException {
        var folder = new InstanceFolder(
                directory.instances().resolve(name),
                directory.scratch().resolve(name),
                directory.records().resolve(name),
                user);
        try {
            for (var each : new Path[] {folder.run, folder.scratch}) {
                Files.createDirectory(
                        each, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                folder.give(each);
            }
        } catch (IOException e) {
            folder.delete();
            throw e;
        }
        return folder;
    }

    Path controlSocket() {
        return run.resolve("control.sock");
    }

    Path httpSocket() {
        return run.resolve("http.sock");
    }

    /** Where the init's own last words go, should it not get as far as the control channel. */
    Path bootLog() {
        return run.resolve("boot.log");
    }

    /** What every process of the instance that is started with an environment carries in it. */
    String mark() {
        return MARK_NAME + "=" + run;
    }

    static final String MARK_NAME = "MAYFLY_RUN";

    /** Makes the instance's user the owner of {@code path}. */
    void give(Path path) throws IOException {
        if (user.isPresent()) {
            Files.setAttribute(path, "unix:uid", user.get());
            Files.setAttribute(path, "unix:gid", user.get());
        }
    }

    /** Notes which process it is. */
    void note(ProcessRow init) throws IOException {
        Files.writeString(leftovers, new Leftover(user, init.pid(), init.startTicks()).line());
    }

    void delete() throws IOException {
        FolderTree.delete(run);
        FolderTree.delete(scratch);
        Files.deleteIfExists(leftovers);
    }
}
