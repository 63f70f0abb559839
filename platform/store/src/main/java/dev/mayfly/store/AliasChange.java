package dev.mayfly.store;

import dev.mayfly.model.Alias;
import java.util.Optional;

/**
 * What became of an alias.
 *
 * @param revision at which it is so
 * @param before empty: it is new
 */
public record AliasChange(long revision, Optional<Alias> before, Alias after) {
    /** False: it was so already. */
    public boolean moved() {
        return !before.equals(Optional.of(after));
    }
}
