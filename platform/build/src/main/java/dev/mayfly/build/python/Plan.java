package dev.mayfly.build.python;

import dev.mayfly.build.program.Program;
import dev.mayfly.build.program.Programs;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * How a project was understood.
 *
 * @param reason for people, starting with the mode
 */
record Plan(Mode mode, String reason, SequencedMap<FunctionName, Entrypoint> functions) {
    static Plan of(Program program) {
        SequencedMap<FunctionName, Entrypoint> functions = new LinkedHashMap<>();
        functions.put(program.function(), program.entrypoint());
        return new Plan(Mode.SERVER, Mode.SERVER.word() + " mode: " + program.reason(), functions);
    }

    /** The ways to understand a project. */
    enum Mode {
        /** One application takes every path. */
        APP("app"),
        /** Each file below api/ takes its own. */
        FUNCTIONS("functions"),
        /** A program that starts its own server takes every path. */
        SCRIPT("script"),
        /** A program of any language takes every path. */
        SERVER(Programs.MODE),
        /** Nothing runs. */
        STATIC("static");

        private final String word;

        Mode(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }
}
