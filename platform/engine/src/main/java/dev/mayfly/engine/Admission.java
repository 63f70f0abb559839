package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;

/** The dispatcher's answer. */
public sealed interface Admission {
    /** A slot is held; the lease must be closed by one of its two ends. */
    record Granted(Lease lease) implements Admission {}

    /**
     * No slot: the queue is full or waited too long (throttled), the instance could not start, or the server is closing. Already booked
     * and logged.
     *
     * @param retryAfterSeconds for the Retry-After header; 0: no such header
     */
    record Refused(InvocationId id, Problem problem, int retryAfterSeconds) implements Admission {}
}
