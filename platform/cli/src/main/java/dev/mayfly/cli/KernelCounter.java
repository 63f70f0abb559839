package dev.mayfly.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's own count of one instance's CPU time, read again and again until the instance is gone, beside what the server reads: the group's
 * counter where it has one (cgroups(7)), else the clocks of its processes, in ticks of 10 ms (proc(5)).
 */
final class KernelCounter {
    private static final long MICROS_PER_TICK = 10_000;
    private static final String V2 = "usage_usec ";

    private final List<Path> groups;
    private final List<Long> processes;
    private final Thread reader;
    private volatile long micros;

    private KernelCounter(Set<Path> groups, Collection<Long> processes) {
        this.groups = groups.stream()
                .flatMap(group -> List.of(group.resolve("cpuacct.usage"), group.resolve("cpu.stat")).stream())
                .filter(KernelCounter::counts)
                .limit(1)
                .toList();
        this.processes = List.copyOf(processes);
        this.micros = read();
        this.reader = Thread.ofPlatform().daemon().name("counter").start(this::follow);
    }

    /** Begins to read that of an instance. */
    static KernelCounter of(ProofServer server, String function) throws IOException {
        var pids = server.instanceProcesses().stream()
                .filter(process -> process.text("function").equals(function))
                .map(process -> process.number("pid"))
                .toList();
        return new KernelCounter(ProcessTree.groups(server.worker(function), server.pid()), pids);
    }

    /** Where its figure comes from, for people. */
    String source() {
        return groups.isEmpty()
                ? "clocks of its processes"
                : groups.getFirst().getFileName().toString();
    }

    /** What it may be off by: what is used after the last reading, and what a tick cannot tell. */
    long toleranceMicros() {
        return groups.isEmpty() ? 4 * MICROS_PER_TICK : MICROS_PER_TICK;
    }

    /** The last reading, once its processes are gone. */
    long lastMicros() throws InterruptedException {
        reader.join(TimeUnit.SECONDS.toMillis(20));
        return micros;
    }

    private void follow() {
        try {
            while (processes.stream().anyMatch(ProcessTree::alive)) {
                micros = Math.max(micros, read());
                TimeUnit.MILLISECONDS.sleep(1);
            }
            micros = Math.max(micros, read());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean counts(Path file) {
        return micros(file) > 0;
    }

    private long read() {
        return groups.isEmpty()
                ? processes.stream().mapToLong(ProcessTree::cpuTicks).sum() * MICROS_PER_TICK
                : micros(groups.getFirst());
    }

    /** 0 when it cannot be read: the group is gone. */
    private static long micros(Path file) {
        try {
            var text = Files.readString(file, StandardCharsets.US_ASCII);
            if (file.endsWith("cpuacct.usage")) {
                return Long.parseLong(text.strip()) / 1000;
            }
            return text.lines()
                    .filter(line -> line.startsWith(V2))
                    .mapToLong(line -> Long.parseLong(line.substring(V2.length())))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
