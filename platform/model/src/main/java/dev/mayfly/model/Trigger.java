package dev.mayfly.model;

/** What causes an invocation. */
public enum Trigger {
    HTTP,
    /** Through the management API. */
    API
}
