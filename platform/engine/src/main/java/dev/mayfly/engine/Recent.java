package dev.mayfly.engine;

/**
 * What came of the requests of a function that ended lately: in the second that is under way and the nine before it.
 *
 * @param windowMicros how long that is
 * @param ended all of them
 * @param errors those that failed, took too long, were refused, or were answered with a status of 500 or above
 * @param cold those that waited for an instance to start
 * @param cpuMicros what they are charged of processors
 * @param memoryByteMicros what they are charged of memory
 * @param p50Micros from the arrival of a request until its function was done with it, within an eighth; 0 where none ran
 * @param p99Micros the same
 */
public record Recent(
        long windowMicros,
        long ended,
        long errors,
        long cold,
        long cpuMicros,
        double memoryByteMicros,
        long p50Micros,
        long p99Micros) {
    /** Of a function that nothing came of. */
    public static final Recent NOTHING = new Recent(RecentSeconds.WINDOW * 1_000_000L, 0, 0, 0, 0, 0, 0, 0);
}
