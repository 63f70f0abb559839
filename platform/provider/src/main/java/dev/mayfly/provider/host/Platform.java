package dev.mayfly.provider.host;

import java.nio.file.Path;
import java.util.function.LongSupplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * What every instance uses of the machine it runs on.
 *
 * @param nanos a clock that never goes back
 * @param millis milliseconds since 1970
 */
public record Platform(
        Kernel kernel,
        ProcessTable table,
        RecentProcesses recent,
        JsonMapper json,
        LongSupplier nanos,
        LongSupplier millis) {
    /** With the processes of {@code /proc}. */
    public static Platform ofThisMachine(LongSupplier nanos, LongSupplier millis) {
        var table = new ProcessTable(Path.of("/proc"));
        return new Platform(
                new Kernel(),
                table,
                new RecentProcesses(table, nanos),
                JsonMapper.builder().build(),
                nanos,
                millis);
    }
}
