package dev.mayfly.build.tool;

import dev.mayfly.build.source.Modes;
import dev.mayfly.provider.ToolRuns;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where tools run: a folder that holds the scratch folders of running builds and the cache of pip. All folders above it must be open
 * ({@code x}) to the account.
 */
public final class Workshop {
    private static final String PREFIX = "build-";
    private static final String PART = "part-";

    private final Path folder;
    private final Optional<Account> account;
    private final Optional<ToolRuns> sandboxes;
    private final boolean unisolated;
    private final BuildLimits limits;
    private final Caches caches;

    /** One whose tools run as processes. */
    public Workshop(Path folder, Optional<Account> account) throws IOException, InterruptedException {
        this(folder, account, Optional.empty(), false, BuildLimits.DEFAULTS);
    }

    /**
     * Makes the folder and removes what killed builds left in it.
     *
     * @param account of the tools; empty: that of the server, which is not root then
     * @param sandboxes where tools run; empty: as processes of this machine
     * @param unisolated whether tools that need the network run as processes where sandboxes have none
     * @param limits of builds in sandboxes, and of what is taken from any build
     */
    public Workshop(
            Path folder,
            Optional<Account> account,
            Optional<ToolRuns> sandboxes,
            boolean unisolated,
            BuildLimits limits)
            throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder).toRealPath();
        this.account = account;
        this.sandboxes = sandboxes;
        this.unisolated = unisolated;
        this.limits = limits;
        this.caches = new Caches(this, this.folder.resolve("pip-cache"), limits.cache());
        Files.setPosixFilePermissions(this.folder, PosixFilePermissions.fromString("rwx--x--x"));
        try (var stale = Files.newDirectoryStream(this.folder, PREFIX + "*")) {
            for (Path each : stale) {
                remove(each);
            }
        }
        try (var parts = Files.newDirectoryStream(this.folder, PART + "*")) {
            for (Path each : parts) {
                Files.delete(each);
            }
        }
    }

    /** A fresh scratch folder; closing it removes it with all that tools made in it. */
    public Scratch open() throws IOException {
        return open(Optional.empty());
    }

    /** One with the cache of this project, if there is the project. */
    public Scratch open(Owner owner) throws IOException {
        return open(owner.exists() ? Optional.of(caches.acquire(owner)) : Optional.empty());
    }

    private Scratch open(Optional<Path> cache) throws IOException {
        var scratch = Files.createTempDirectory(folder, PREFIX);
        for (String name : Scratch.OPEN) {
            Files.createDirectory(scratch.resolve(name));
        }
        Files.setPosixFilePermissions(Files.createDirectory(scratch.resolve(Scratch.TOOLS)), Modes.PROGRAM);
        Files.createDirectory(scratch.resolve(Scratch.CACHE));
        if (account.isPresent()) {
            Files.setAttribute(scratch, "unix:gid", account.get().gid());
            Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwxr-x---"));
        }
        return new Scratch(this, scratch, cache);
    }

    Optional<ToolRuns> sandboxes() {
        return sandboxes;
    }

    boolean unisolated() {
        return unisolated;
    }

    public BuildLimits limits() {
        return limits;
    }

    /** Removes the caches of all other projects. */
    public void keepCaches(Set<Owner> projects) throws IOException {
        caches.keep(projects);
    }

    /** The cache is no longer used by a build that has it. */
    void release(Path cache) {
        caches.release(cache);
    }

    /** Where a file of the server's own, kept between builds, lies or will lie. */
    public Path kept(String name) {
        return folder.resolve(name);
    }

    /** Keeps such a file; it is complete before it has its name. */
    public Path keep(String name, byte[] content) throws IOException {
        var part = Files.createTempFile(folder, PART, "");
        Files.write(part, content);
        Files.setPosixFilePermissions(part, Modes.FILE);
        return Files.move(part, kept(name), StandardCopyOption.ATOMIC_MOVE);
    }

    Optional<Account> account() {
        return account;
    }

    List<String> command(List<String> tool) {
        var command = new ArrayList<String>();
        account.ifPresent(each -> command.addAll(each.prefix()));
        command.addAll(tool);
        return command;
    }

    /** Gives one file or folder to the account. */
    void own(Path file) throws IOException {
        if (account.isPresent()) {
            Files.setAttribute(file, "unix:gid", account.get().gid(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:uid", account.get().uid(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    /**
     * Removes a scratch folder: what tools could write to with the account's rights only, since whatever they put there may lead anywhere,
     * and then the rest, which is the server's own.
     */
    void remove(Path scratch) throws IOException, InterruptedException {
        removeOpen(Scratch.OPEN.stream().map(scratch::resolve).toList());
        removeOwn(scratch);
    }

    /** Removes folders that tools could write to. */
    void removeOpen(List<Path> folders) throws IOException, InterruptedException {
        var script = "for each; do chmod -R u+rwx \"$each\" 2>/dev/null; rm -rf \"$each\" 2>/dev/null; done; true";
        var command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        folders.forEach(each -> command.add(each.toString()));
        var process = new ProcessBuilder(command(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.waitFor();
        for (Path each : folders) {
            Files.deleteIfExists(each);
        }
    }

    /** Removes what no tool has written to. */
    static void removeOwn(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (var entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    removeOwn(entry);
                }
            }
        }
        Files.deleteIfExists(folder);
    }

    /** The platform's own tool of this name. */
    static InputStream resource(String name) {
        return Objects.requireNonNull(Workshop.class.getResourceAsStream(name), name);
    }
}
