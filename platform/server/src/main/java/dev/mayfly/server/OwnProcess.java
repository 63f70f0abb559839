package dev.mayfly.server;

import dev.mayfly.provider.Provider.PlatformProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The server's own process, beside those of its instances. */
final class OwnProcess {
    private static final String RESIDENT = "VmRSS:";

    private OwnProcess() {}

    static List<PlatformProcess> with(List<PlatformProcess> others, long pid) {
        var all = new ArrayList<PlatformProcess>();
        long cpu = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(used -> used.toNanos() / 1000)
                .orElse(0L);
        all.add(new PlatformProcess(pid, "", "server", residentBytes(), cpu));
        all.addAll(others);
        return all;
    }

    private static long residentBytes() {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(RESIDENT)) {
                    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException unreadable) {
            return -1;
        }
        return -1;
    }
}
