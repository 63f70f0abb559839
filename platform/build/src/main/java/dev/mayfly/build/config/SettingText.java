package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;

/** One setting as somebody wrote it. */
final class SettingText {
    private SettingText() {}

    static Rule.Value parse(Setting setting, String text, String origin) {
        try {
            return new Rule.Value(setting.parse(text), origin);
        } catch (IllegalArgumentException e) {
            throw BuildFailure.of(origin + ": " + e.getMessage(), "correct the value of " + setting.key());
        }
    }
}
