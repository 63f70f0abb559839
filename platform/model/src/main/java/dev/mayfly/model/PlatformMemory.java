package dev.mayfly.model;

/**
 * Memory of processes that the platform keeps so that starts are fast, in one hour. Entries of the same hour, role, owner and measure add up.
 *
 * @param hour when the hour began, milliseconds since 1970
 * @param role {@code pool}, {@code zygote} or {@code dependency-zygote}
 * @param whose the runtime it is for, or the project
 * @param micros for how long there was at least one such process
 * @param byteMicros bytes times microseconds; divide by 2^30 * 10^6 for GB-seconds
 * @param peakBytes most at one time
 */
public record PlatformMemory(
        long hour, String role, String whose, Measure measure, long micros, double byteMicros, long peakBytes) {

    /** How the bytes of a process were counted. */
    public enum Measure {
        /** Its own pages and its share of those it shares: the sum over processes is what they really take. */
        PROPORTIONAL,
        /** All its pages in RAM, where the kernel does not let us see shares: pages that processes share count once for each. */
        RESIDENT
    }
}
