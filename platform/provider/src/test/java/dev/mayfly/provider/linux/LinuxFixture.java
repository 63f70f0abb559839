package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Egress;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** A {@code linux} provider over the launcher that was built, and a look at what it may have left. */
final class LinuxFixture {
    final RuntimeDirectory directory;

    LinuxFixture(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        directory = new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch"));
    }

    /** Fails the test where there was no C compiler, or where this user can have no sandbox. */
    LinuxProvider provider() throws InterruptedException {
        return provider("/usr/bin");
    }

    /** @param pythonsFolder where of the one Python that functions run with */
    LinuxProvider provider(String pythonsFolder) throws InterruptedException {
        return provider(pythonsFolder, WorkerFiles.bundled());
    }

    /** @param worker what runs inside of its sandboxes */
    LinuxProvider provider(String pythonsFolder, WorkerFiles worker) throws InterruptedException {
        return provider(pythonsFolder, worker, Warmth.DEFAULT);
    }

    /** @param warmth what may be held ready */
    LinuxProvider provider(Warmth warmth) throws InterruptedException {
        return provider("/usr/bin", WorkerFiles.bundled(), warmth);
    }

    /** All of these. */
    LinuxProvider provider(String pythonsFolder, WorkerFiles worker, Warmth warmth) throws InterruptedException {
        var program = Path.of(System.getProperty("mayfly.launcher", "launcher/target/mayfly-launcher"));
        assertThat(program).as("the launcher: apt install gcc libc6-dev").isExecutable();
        var pythons = new Interpreters(Map.of("PATH", pythonsFolder), Reach.ofThisUser());
        var opening = LinuxProvider.open(
                new LauncherCommand(program, PlatformPorts.NONE, "localhost"),
                directory,
                worker,
                runtime -> runtime.equals("python3") ? pythons.preferred() : Optional.empty(),
                new Egress.Internet(),
                warmth,
                System::nanoTime,
                System::currentTimeMillis);
        return switch (opening) {
            case LinuxProvider.Opening.Opened(LinuxProvider provider) -> provider;
            case LinuxProvider.Opening.Unable(var reason, var fix) ->
                throw new AssertionError("these tests need sandboxes: " + reason + " " + fix);
        };
    }

    /** Every process whose arguments or cgroup name this provider, in words. */
    List<String> processes() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != ProcessHandle.current().pid())
                .filter(pid -> names(pid, "cmdline") || names(pid, "cgroup"))
                .map(pid -> pid + ": " + read(pid, "stat")
                        + read(pid, "cmdline").replace('\0', ' ') + "\n" + read(pid, "cgroup"))
                .toList();
    }

    private boolean names(long pid, String file) {
        var text = read(pid, file);
        return text.contains(directory.root().toString()) || text.contains("mayfly-" + directory.key());
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }
}
