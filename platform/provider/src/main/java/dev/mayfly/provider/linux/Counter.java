package dev.mayfly.provider.linux;

import dev.mayfly.model.CpuSource;
import dev.mayfly.provider.host.CpuCounter;
import dev.mayfly.provider.host.Platform;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CPU time of a sandbox: the one counter of its cgroup where there is one, else the sum of its processes' own clocks. Never goes down.
 */
final class Counter {
    private static final Logger LOG = LoggerFactory.getLogger(Counter.class);
    private static final String USAGE = "usage_usec ";

    private final boolean nanoseconds;
    private final @Nullable RandomAccessFile file;
    private final Optional<Path> folder;
    private final @Nullable CpuCounter processes;
    private final byte[] buffer = new byte[1024];
    private long highest;

    private Counter(
            boolean nanoseconds,
            @Nullable RandomAccessFile file,
            Optional<Path> folder,
            @Nullable CpuCounter processes) {
        this.nanoseconds = nanoseconds;
        this.folder = folder;
        this.file = file;
        this.processes = processes;
    }

    /**
     * @param file {@code cpu.stat} of cgroup v2, or {@code cpuacct.usage} of v1; empty: none
     * @param init pid of the init as this machine sees it
     */
    static Counter of(Optional<Path> file, Platform platform, long init) {
        if (file.isPresent()) {
            try {
                return new Counter(
                        file.get().endsWith("cpuacct.usage"),
                        new RandomAccessFile(file.get().toFile(), "r"),
                        Optional.ofNullable(file.get().getParent()),
                        null);
            } catch (IOException e) {
                LOG.warn("cannot read {}; counting processes instead", file.get(), e);
            }
        }
        return new Counter(
                false,
                null,
                Optional.empty(),
                new CpuCounter(platform.kernel(), platform.table(), platform.recent(), init, init));
    }

    /** Pids of all that are counted; none where that cannot be read. */
    List<Long> group() {
        if (folder.isEmpty()) {
            return List.of();
        }
        try {
            return Files.readAllLines(folder.get().resolve("cgroup.procs")).stream()
                    .map(Long::valueOf)
                    .toList();
        } catch (IOException | NumberFormatException e) {
            return List.of(); // it is gone
        }
    }

    CpuSource source() {
        return file != null ? CpuSource.CGROUP : CpuSource.PROC;
    }

    synchronized long micros() {
        if (file != null) {
            fromFile(file).ifPresent(micros -> highest = Math.max(highest, micros));
        } else if (processes != null) {
            highest = Math.max(highest, processes.micros());
        }
        return highest;
    }

    /** The last reading before its processes end. */
    synchronized void last() {
        if (processes != null) {
            highest = Math.max(highest, processes.lastMicros());
        } else {
            micros();
        }
    }

    /**
     * The final figure.
     *
     * @param finalMicros as the launcher says; -1: it does not know
     * @param reapedMicros what the init says that it waited for; believed only as far as {@code possibleMicros}
     */
    synchronized long close(long finalMicros, long reapedMicros, long possibleMicros) {
        if (finalMicros >= 0) {
            highest = Math.max(highest, finalMicros);
        } else if (processes != null) {
            highest = Math.max(highest, processes.close(reapedMicros, possibleMicros));
        } else {
            micros();
        }
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new IllegalStateException("closing a file that was only read", e);
            }
        }
        return highest;
    }

    /** Empty when the group is gone. */
    private OptionalLong fromFile(RandomAccessFile counter) {
        try {
            counter.seek(0);
            int length = counter.read(buffer);
            if (length <= 0) {
                return OptionalLong.empty();
            }
            var text = new String(buffer, 0, length, StandardCharsets.US_ASCII);
            if (nanoseconds) {
                return OptionalLong.of(Long.parseLong(text.strip()) / 1000);
            }
            int at = text.indexOf(USAGE);
            int end = text.indexOf('\n', Math.max(at, 0));
            return at < 0 || end < 0
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseLong(text.substring(at + USAGE.length(), end)));
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
