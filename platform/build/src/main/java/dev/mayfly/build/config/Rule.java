package dev.mayfly.build.config;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import java.util.Map;

/**
 * Settings for the functions that a pattern matches.
 *
 * @param origin file and line
 */
record Rule(Glob pattern, Map<Setting, Value> values, String origin) {
    /** A pattern may name the function or its file. */
    boolean matches(FunctionName function, Entrypoint entrypoint) {
        return pattern.matches(function.value()) || pattern.matches(entrypoint.file());
    }

    /** What a setting is set to, and where. */
    record Value(Object value, String origin) {}
}
