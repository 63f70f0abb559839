package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.Optional;

/** One setting as somebody wrote it. */
final class SettingText {
    private SettingText() {}

    /** The value; empty where it is one that is not honoured yet and that is ignored. */
    static Optional<Rule.Value> parse(Setting setting, String text, String origin, Unsupported unsupported) {
        Object value;
        try {
            value = setting.parse(text);
        } catch (IllegalArgumentException e) {
            throw BuildFailure.of(origin + ": " + e.getMessage(), "correct the value of " + setting.key());
        }
        boolean honoured = switch (setting) {
            case MIN_INSTANCES -> value.equals(0);
            default -> true;
        };
        if (!honoured) {
            unsupported.met(origin + ": " + setting.key() + ": " + text);
            return Optional.empty();
        }
        return Optional.of(new Rule.Value(value, origin));
    }
}
