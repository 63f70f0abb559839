package dev.mayfly.model;

import java.util.List;
import java.util.Locale;

/**
 * What an alias pointed to from some moment on.
 *
 * @param revision of the catalog that it came with
 * @param at milliseconds since 1970
 * @param shares empty: it was removed
 */
public record AliasMove(long revision, AliasName alias, long at, Cause cause, List<Share> shares) {
    public AliasMove {
        shares = List.copyOf(shares);
    }

    /** Who moved it. */
    public enum Cause {
        DEPLOY,
        PROMOTE,
        ROLLBACK,
        ALIAS,
        REMOVE;

        /** As people and programs read it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
