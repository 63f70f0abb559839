package dev.mayfly.store.sqlite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The conditions of a query and their arguments; a condition whose argument is null is left out. */
final class Where {
    private final List<String> conditions = new ArrayList<>();
    private final List<@Nullable Object> arguments = new ArrayList<>();

    Where and(String condition, @Nullable Object argument) {
        if (argument != null) {
            conditions.add(condition);
            arguments.add(argument);
        }
        return this;
    }

    /** Empty, or starting with {@code WHERE}. */
    String sql() {
        return conditions.isEmpty() ? "" : "WHERE " + String.join(" AND ", conditions);
    }

    /** Those of the conditions, then {@code more}. */
    @Nullable Object[] arguments(@Nullable Object... more) {
        var all = new ArrayList<>(arguments);
        Collections.addAll(all, more);
        return all.toArray();
    }
}
