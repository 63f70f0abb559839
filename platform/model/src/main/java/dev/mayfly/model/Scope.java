package dev.mayfly.model;

/** What a token allows; each includes those after it. */
public enum Scope {
    ADMIN,
    DEPLOY,
    INVOKE,
    READ;

    public boolean includes(Scope needed) {
        return compareTo(needed) <= 0;
    }
}
