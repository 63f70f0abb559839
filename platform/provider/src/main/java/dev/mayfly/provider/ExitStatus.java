package dev.mayfly.provider;

import dev.mayfly.model.DataSize;

/**
 * How an instance ended.
 *
 * @param value exit code of its worker; or 128 + signal; or {@link #ENDED_BY_PROVIDER}
 * @param memory whether that came of its limit of memory
 */
public record ExitStatus(int value, Memory memory) {
    /** What is known of an instance's memory at its end. */
    public enum Memory {
        /** It ran out; whatever else the status says follows from that. */
        EXCEEDED,
        KEPT,
        /** Nobody here counts it. */
        UNKNOWN
    }

    /** What a user can do about one that ran out of memory. */
    public static final String MORE_MEMORY = "raise memory in mayfly.yaml (files in /tmp count)";

    /** The provider ended it for breaking the worker protocol; a PLATFORM line of the log says how. */
    public static final int ENDED_BY_PROVIDER = -1;

    private static final int SIGKILL = 9;

    /** For where memory is not counted. */
    public ExitStatus(int value) {
        this(value, Memory.UNKNOWN);
    }

    public boolean outOfMemory() {
        return memory == Memory.EXCEEDED;
    }

    /** Ended by a signal, or with what it ran in, and not for want of memory. */
    public boolean killed() {
        return !outOfMemory() && (value > 128 || value == ENDED_BY_PROVIDER);
    }

    /** Ended by somebody else, or with what it ran in. */
    public boolean fromOutside() {
        return value == 128 + SIGKILL || value == ENDED_BY_PROVIDER;
    }

    /** Killed from outside, most likely by the kernel for lack of memory unless somebody here did it. */
    public boolean perhapsOutOfMemory() {
        return memory == Memory.UNKNOWN && value == 128 + SIGKILL;
    }

    /** @param limit bytes */
    public static String outOfMemory(long limit) {
        return "out of memory: it used more than its memory of "
                + new DataSize(limit).toString().replace(" ", "");
    }

    /** In words that follow a subject: {@code exited with code 3}, {@code was killed by signal 11 (SIGSEGV)}. */
    public String inWords() {
        if (outOfMemory()) {
            return "ran out of memory";
        }
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
