package dev.mayfly.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** What was typed after a command. */
record Typed(ParseResult parsed) {
    boolean flag(String option) {
        return parsed.hasMatchedOption(option);
    }

    /** The value of an option; empty when it was not given. */
    String text(String option) {
        return parsed.matchedOptionValue(option, "");
    }

    Optional<String> given(String option) {
        return parsed.hasMatchedOption(option) ? Optional.of(text(option)) : Optional.empty();
    }

    Optional<Integer> number(String option) {
        return given(option).map(text -> number(option, text));
    }

    static int number(String what, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw Failure.usage(
                    what + ": " + text + " (expected: a whole number)",
                    what + (what.contains("port") ? " 7070" : " 20"));
        }
    }

    List<String> texts(String option) {
        return parsed.matchedOptionValue(option, List.of());
    }

    /** A word that is no option; empty when it was left out. */
    String word(int index) {
        return parsed.matchedPositionalValue(index, "");
    }

    List<String> words() {
        return words(0);
    }

    /** Those from the one with this number on. */
    List<String> words(int from) {
        return parsed.matchedPositionalValue(from, List.of());
    }
}
