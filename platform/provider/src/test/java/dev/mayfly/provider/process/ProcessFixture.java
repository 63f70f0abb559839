package dev.mayfly.provider.process;

import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.UserRange;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** A {@code process} provider below a folder of the test's own, and a look at all processes that it may have left. */
final class ProcessFixture {
    final RuntimeDirectory directory;

    ProcessFixture(Path folder) throws IOException {
        // Instances have users of their own, who must be able to pass.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        directory = new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch"));
    }

    ProcessProvider provider(WorkerFiles worker) {
        return new ProcessProvider(
                directory,
                worker,
                runtime -> runtime.equals("python3") ? Optional.of(Path.of("/usr/bin/python3")) : Optional.empty(),
                System::nanoTime,
                System::currentTimeMillis);
    }

    /** Every process that has to do with this provider: by its arguments, its environment or its user. */
    List<ProcessRow> processes() {
        var table = new ProcessTable(Path.of("/proc"));
        var users = UserRange.of(directory.key(), Path.of("/proc"));
        var place = directory.root().toString();
        return table.all().stream()
                .filter(row ->
                        !row.ended() && row.pid() != ProcessHandle.current().pid())
                .filter(row -> arguments(row.pid()).contains(place)
                        || table.environment(row.pid()).stream().anyMatch(entry -> entry.contains(place))
                        || table.users(row.pid()).stream()
                                .anyMatch(user -> users.filter(range -> range.contains(user))
                                        .isPresent()))
                .toList();
    }

    /** Without the one that compiles the worker, which belongs to no instance. */
    List<ProcessRow> ofInstances() {
        return processes().stream()
                .filter(row -> !arguments(row.pid()).contains("compileall"))
                .toList();
    }

    private static String arguments(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
