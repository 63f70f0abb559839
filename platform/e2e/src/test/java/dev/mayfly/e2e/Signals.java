package dev.mayfly.e2e;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Signals to processes, sent without starting another process for it. */
final class Signals {
    static final int KILL = 9;
    static final int CONTINUE = 18;
    static final int STOP = 19;

    @SuppressWarnings("restricted") // the build allows it for all modules
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private Signals() {}

    /** One that has ended gets none. */
    static void send(long pid, int signal) {
        try {
            int result = (int) CALL.invokeExact((int) pid, signal);
            assert result <= 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
