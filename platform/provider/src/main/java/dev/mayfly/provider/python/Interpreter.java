package dev.mayfly.provider.python;

import java.nio.file.Path;

/**
 * One Python of this machine.
 *
 * @param executable real path, never a link or a shim
 * @param minor the 11 of 3.11.2
 * @param platform what compiled extensions are built for, as in {@code .cpython-311-x86_64-linux-gnu.so}
 * @param library folder of the standard library
 */
public record Interpreter(Path executable, int major, int minor, int micro, String platform, Path library) {
    /** As in {@code python3.11}. */
    public String runtime() {
        return "python" + major + "." + minor;
    }

    /** As in {@code 3.11.2}. */
    public String version() {
        return major + "." + minor + "." + micro;
    }

    /** Whether the platform's worker runs on it. */
    boolean recent() {
        return major == 3 && minor >= Interpreters.OLDEST_MINOR;
    }
}
