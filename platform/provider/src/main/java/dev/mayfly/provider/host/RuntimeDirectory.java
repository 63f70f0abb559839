package dev.mayfly.provider.host;

import dev.mayfly.model.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the sockets and folders of running instances live: short, because socket paths over 107 bytes fail, and never below the home, because
 * user code must not reach that. Everything in it may vanish at a reboot.
 *
 * @param key eight hexadecimal digits that stand for the home; two homes never share a runtime directory
 * @param root sockets and worker files; often in memory
 * @param scratch the {@code /tmp} of instances; on disk, because functions may fill it
 */
public record RuntimeDirectory(String key, Path root, Path scratch) {
    private static final Logger LOG = LoggerFactory.getLogger(RuntimeDirectory.class);
    private static final int LONGEST_ROOT = 70;

    public RuntimeDirectory {
        if (!key.matches("[0-9a-f]{8}")) {
            throw new IllegalArgumentException("key: " + key + " (expected: eight hexadecimal digits)");
        }
        if (root.toString().length() > LONGEST_ROOT) {
            throw new IllegalArgumentException(
                    "runtime directory: " + root + " (expected: at most " + LONGEST_ROOT + " characters)");
        }
    }

    /**
     * The runtime directory of a server with this home, for the user who runs it: in {@code /run} for root, else in
     * {@code XDG_RUNTIME_DIR}, else in the temporary directory.
     */
    public static RuntimeDirectory forHome(Path home, Map<String, String> environment) {
        var key = Digest.of(canonical(home).toString()).hex().substring(0, 8);
        int uid = new Kernel().effectiveUser();
        var temporary = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        var scratch = temporary.resolve("mayfly-" + uid + "-" + key + "-tmp");
        var run = Path.of("/run");
        if (uid == 0 && Files.isWritable(run)) {
            return new RuntimeDirectory(key, run.resolve("mayfly-" + key), scratch);
        }
        var session = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (session.startsWith("/") && session.length() < 40 && Files.isWritable(Path.of(session))) {
            return new RuntimeDirectory(key, Path.of(session, "mayfly-" + key), scratch);
        }
        return new RuntimeDirectory(key, temporary.resolve("mayfly-" + uid + "-" + key), scratch);
    }

    /** The folders of live instances. */
    public Path instances() {
        return root.resolve("i");
    }

    /** What the next start must know to end what this one left behind; instances cannot write here. */
    public Path records() {
        return root.resolve("r");
    }

    /** The files of the workers, unpacked once per start. */
    public Path worker() {
        return root.resolve("worker");
    }

    /** Makes what is missing; anyone may pass through, nobody but this user may look around. */
    public void create(int uid) {
        own(root, uid, "rwx--x--x");
        own(instances(), uid, "rwx--x--x");
        own(scratch, uid, "rwx--x--x");
        own(records(), uid, "rwx------");
    }

    /** Deletes what a killed server left in it, when nothing of that runs any more. */
    public void clear() {
        for (var folder : new Path[] {instances(), scratch, records()}) {
            try (var entries = Files.newDirectoryStream(folder)) {
                for (var each : entries) {
                    FolderTree.delete(each);
                }
            } catch (IOException e) {
                LOG.warn("cannot delete what a killed server left in {}", folder, e);
            }
        }
    }

    /** When nothing runs in it any more. What cannot be deleted now, the next start deletes. */
    public void delete() {
        for (var each : new Path[] {root, scratch}) {
            try {
                FolderTree.delete(each);
            } catch (IOException e) {
                LOG.warn("cannot delete {}", each, e);
            }
        }
    }

    /** In a shared temporary directory somebody else may have been first; their folder is not used. */
    private static void own(Path folder, int uid, String permissions) {
        try {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(folder.getParent());
                Files.createDirectory(folder);
            }
            if (!Integer.valueOf(uid).equals(Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS))) {
                throw new IOException("owner of " + folder + ": another user (expected: uid " + uid + "); remove it");
            }
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use the runtime directory " + folder + ": " + e.getMessage(), e);
        }
    }

    private static Path canonical(Path home) {
        try {
            return home.toRealPath();
        } catch (IOException e) {
            return home.toAbsolutePath().normalize(); // it does not exist yet
        }
    }
}
