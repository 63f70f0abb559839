package dev.mayfly.gateway;

import dev.mayfly.model.InvocationId;
import dev.mayfly.store.Logs;
import java.time.Duration;

/** What error pages show of a function that failed: in development its last error output, in production nothing. */
public interface Tracebacks {
    /** In production: nothing is kept, and pages wait for nothing. */
    Tracebacks NONE = new Tracebacks() {
        @Override
        public Logs hearing(Logs logs) {
            return logs;
        }

        @Override
        public Duration patience() {
            return Duration.ZERO;
        }

        @Override
        public String of(InvocationId invocation) {
            return "";
        }
    };

    /** The same logs, of which it hears all that is appended. */
    Logs hearing(Logs logs);

    /** How long a page may wait for what the function has still to say; zero: not at all. */
    Duration patience();

    /** The last error output of {@code invocation}; empty: none is known. */
    String of(InvocationId invocation);
}
