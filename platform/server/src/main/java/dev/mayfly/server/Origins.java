package dev.mayfly.server;

import dev.mayfly.control.explain.Automatic;
import java.util.Map;
import java.util.Set;

/**
 * Where the value of an option comes from.
 *
 * @param typed options of the command line, which is also where {@code mayfly up} puts those of {@code MAYFLY_SERVER_OPTIONS}
 * @param variables of the environment that are set
 */
record Origins(Map<String, String> typed, Set<String> variables) {
    Origins {
        typed = Map.copyOf(typed);
        variables = Set.copyOf(variables);
    }

    /** Of what was read from {@code raw}. */
    static Origins of(RawOptions raw, Map<String, String> environment) {
        return new Origins(raw.given(), environment.keySet());
    }

    /** The command line wins over the environment. */
    String of(ServerOption option) {
        if (typed.containsKey(option.key())) {
            return "command line";
        }
        return variables.contains(option.variable()) ? option.variable() : Automatic.DEFAULT;
    }
}
