package dev.mayfly.provider.instance;

import java.time.Duration;

/** What a session leaves to whoever made the instance: which of its processes speaks, and how they end. */
public interface Peer {
    /** Who speaks on a connection. */
    enum Role {
        INIT,
        WORKER
    }

    /**
     * Whose connection it is that said hello.
     *
     * @param connection 1 for the one that was made first, then 2
     * @param hello what it says of itself; nothing of that is true because it is said
     * @throws ProtocolViolation when it is neither the init nor the worker
     */
    Role greet(int connection, Hello hello) throws ProtocolViolation;

    /** Whether its processes have ended, or do so within that time. */
    boolean endsWithin(Duration patience) throws InterruptedException;

    /** Ends its processes; may block. */
    void end();

    /**
     * The first frame of a connection.
     *
     * @param role 1 for the init, 2 for the worker
     * @param pid as it sees itself
     */
    record Hello(int role, long pid) {
        /** For {@link Peer#greet}, when it cannot be. */
        public ProtocolViolation notExpected() {
            return new ProtocolViolation(
                    "hello: role " + role + " of process " + pid + " (expected: its init or its worker, once)");
        }
    }
}
