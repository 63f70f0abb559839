package dev.mayfly.gateway;

/** What a listener shows of the platform. */
sealed interface Face {
    /**
     * The host name says what answers.
     *
     * @param outside whether it is there for clients, and not beside what is, for the operator
     */
    record ByHost(boolean outside) implements Face {}

    /** One site answers, whatever the host. */
    record OneSite(String label) implements Face {}

    /**
     * What code in an instance finds at 127.0.0.1: the port that it connected to, which a line of the PROXY protocol names, has the face that it
     * has outside, but for the management API, which refuses.
     */
    record Inside() implements Face {}

    /** Nothing but that the same is to be had by TLS, at this port. */
    record Redirect(int port) implements Face {}
}
