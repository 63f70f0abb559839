package dev.mayfly.provider;

/**
 * How a process ended, as a shell would say it.
 *
 * @param value exit code; or 128 + signal; or {@link #ENDED_BY_PROVIDER}
 */
public record ExitStatus(int value) {
    /** The provider ended it for breaking the worker protocol; a PLATFORM line of the log says how. */
    public static final int ENDED_BY_PROVIDER = -1;

    private static final int SIGKILL = 9;

    /** Killed from outside. When nobody here did it, the kernel did, for lack of memory. */
    public boolean killed() {
        return value == 128 + SIGKILL;
    }

    /** In words that follow a subject: {@code exited with code 3}, {@code was killed by signal 11 (SIGSEGV)}. */
    public String inWords() {
        if (value == ENDED_BY_PROVIDER) {
            return "was ended by the platform";
        }
        if (value > 128 && value < 128 + 65) {
            int signal = value - 128;
            var name = name(signal);
            return "was killed by signal " + signal + (name.isEmpty() ? "" : " (" + name + ")");
        }
        return "exited with code " + value;
    }

    private static String name(int signal) {
        return switch (signal) {
            case 1 -> "SIGHUP";
            case 2 -> "SIGINT";
            case 3 -> "SIGQUIT";
            case 4 -> "SIGILL";
            case 6 -> "SIGABRT";
            case 7 -> "SIGBUS";
            case 8 -> "SIGFPE";
            case SIGKILL -> "SIGKILL";
            case 11 -> "SIGSEGV";
            case 13 -> "SIGPIPE";
            case 15 -> "SIGTERM";
            case 24 -> "SIGXCPU";
            case 31 -> "SIGSYS";
            default -> "";
        };
    }
}
