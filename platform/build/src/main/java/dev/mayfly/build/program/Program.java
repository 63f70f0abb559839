package dev.mayfly.build.program;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import java.util.List;

/**
 * A program that serves the whole project.
 *
 * @param reason why it was taken, for people, without the mode
 */
public record Program(FunctionName function, String reason, Entrypoint entrypoint) {
    static final FunctionName APP = new FunctionName("app");

    Program(String reason, String file, List<String> command) {
        this(APP, reason, Entrypoint.command(file, command));
    }
}
