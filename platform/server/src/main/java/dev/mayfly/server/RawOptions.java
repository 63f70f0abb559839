package dev.mayfly.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Arguments as typed; each option is taken out as it is asked for, and what is left at the end is a mistake. */
final class RawOptions {
    private final List<String> left;
    private final Set<String> known = new TreeSet<>();
    private final Map<String, String> given = new TreeMap<>();

    RawOptions(List<String> arguments) {
        left = new ArrayList<>(arguments);
    }

    /** Said twice it is what it is: whoever starts a server may say it, and MAYFLY_SERVER_OPTIONS too. */
    boolean flag(String name) {
        known.add(name);
        boolean there = left.removeIf(name::equals);
        if (there) {
            given.put(name, "on");
        }
        return there;
    }

    /** Whatever was asked for so far. */
    Set<String> known() {
        return known;
    }

    /** What of that was typed. */
    Map<String, String> given() {
        return given;
    }

    /** The value of {@code --name value} or {@code --name=value}. */
    Optional<String> value(String name) {
        known.add(name);
        var value = take(name);
        value.ifPresent(text -> given.put(name, text));
        return value;
    }

    private Optional<String> take(String name) {
        for (int i = 0; i < left.size(); i++) {
            var argument = left.get(i);
            if (argument.startsWith(name + "=")) {
                left.remove(i);
                return Optional.of(argument.substring(name.length() + 1));
            }
            if (argument.equals(name)) {
                left.remove(i);
                if (i == left.size()) {
                    throw new IllegalArgumentException(name + ": no value (expected: one after it)");
                }
                return Optional.of(left.remove(i));
            }
        }
        return Optional.empty();
    }

    void refuseOthers() {
        if (!left.isEmpty()) {
            throw new IllegalArgumentException(left.getFirst() + " (expected: an option of mayfly server --help)");
        }
    }
}
