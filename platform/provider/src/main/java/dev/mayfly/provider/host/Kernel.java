package dev.mayfly.provider.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The few system calls that Java has no name for. */
public final class Kernel {
    public static final int SIGKILL = 9;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    private final MethodHandle kill;
    private final MethodHandle clockGettime;
    private final MethodHandle geteuid;

    public Kernel() {
        kill = handle("kill", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        clockGettime = handle(
                "clock_gettime",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        geteuid = handle("geteuid", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }

    @SuppressWarnings("restricted") // libc functions with the shapes their manual pages give
    private static MethodHandle handle(String name, FunctionDescriptor shape) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), shape);
    }

    public int effectiveUser() {
        try {
            return (int) geteuid.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("geteuid", e);
        }
    }

    /** Whether the signal was delivered. */
    public boolean signal(long pid, int signal) {
        if (pid <= 1) {
            throw new IllegalArgumentException("pid to signal: " + pid + " (expected: > 1)");
        }
        try {
            return (int) kill.invokeExact((int) pid, signal) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("kill", e);
        }
    }

    /**
     * CPU time of a process, all its threads included, its children not; -1 when it is gone. The clock's number is made of the pid as in
     * clock_getcpuclockid(3); {@code /proc/PID/stat} says the same only to 10 ms.
     */
    public long processCpuMicros(long pid) {
        try (var arena = Arena.ofConfined()) {
            var timespec = arena.allocate(16, 8);
            if ((int) clockGettime.invokeExact((~(int) pid << 3) | 2, timespec) != 0) {
                return -1;
            }
            return timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000 + timespec.get(ValueLayout.JAVA_LONG, 8) / 1000;
        } catch (Throwable e) {
            throw new IllegalStateException("clock_gettime", e);
        }
    }
}
