package dev.mayfly.model;

/** How an invocation ended. */
public enum Outcome {
    OK,
    /** User code raised, exited, crashed or answered garbage. */
    FAILED,
    TIMEOUT,
    /** The caller went away first. */
    DISCONNECTED
}
