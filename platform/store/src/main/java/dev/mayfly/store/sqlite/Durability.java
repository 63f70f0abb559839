package dev.mayfly.store.sqlite;

/** What a commit survives. Both survive the death of the process. */
enum Durability {
    /** A commit is on disk before it is acknowledged; survives a power cut. */
    FULL,
    /** A power cut may lose the last commits, never more. */
    NORMAL
}
