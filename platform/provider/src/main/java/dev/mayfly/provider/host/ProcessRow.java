package dev.mayfly.provider.host;

/**
 * One process as {@code /proc/PID/stat} shows it.
 *
 * @param state the kernel's letter: R, S, D, T, Z…
 * @param reapedMicros CPU time of the children it waited for, to 10 ms
 * @param startTicks when it started, since boot; with the pid, its identity
 */
public record ProcessRow(
        long pid, char state, long parent, long session, long reapedMicros, long startTicks, long residentBytes) {
    /** Linux shows times to programs in hundredths of a second on every architecture Java runs on. */
    private static final long TICK_MICROS = 10_000;

    private static final long PAGE_BYTES = 4096;

    /** Reads the file's text; proc_pid_stat(5) numbers the fields from 1, and field 2 is the name in parentheses. */
    public static ProcessRow parse(String stat) {
        var fields = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1);
        return new ProcessRow(
                Long.parseLong(stat.substring(0, stat.indexOf(' '))),
                fields[0].charAt(0),
                Long.parseLong(fields[4 - 3]),
                Long.parseLong(fields[6 - 3]),
                (Long.parseLong(fields[16 - 3]) + Long.parseLong(fields[17 - 3])) * TICK_MICROS,
                Long.parseLong(fields[22 - 3]),
                Long.parseLong(fields[24 - 3]) * PAGE_BYTES);
    }

    /** Ended, and only waiting for its parent to notice. */
    public boolean ended() {
        return state == 'Z' || state == 'X';
    }

    public boolean sameProcess(ProcessRow other) {
        return pid == other.pid && startTicks == other.startTicks;
    }
}
