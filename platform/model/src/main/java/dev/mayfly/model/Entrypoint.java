package dev.mayfly.model;

import java.util.List;

/**
 * How a worker gets at the user's code.
 *
 * @param kind what is at {@code symbol}
 * @param file path of the source file, relative to the code root, with {@code /}; for {@link Kind#COMMAND} the file that said so, or empty
 * @param symbol name bound at the top level of {@code file}; empty for {@link Kind#SCRIPT} and {@link Kind#COMMAND}
 * @param command the program and its arguments, run in the code root, for {@link Kind#COMMAND}; else empty
 */
public record Entrypoint(Kind kind, String file, String symbol, List<String> command) {
    /** An entrypoint that a worker of its language loads. */
    public Entrypoint(Kind kind, String file, String symbol) {
        this(kind, file, symbol, List.of());
    }

    public Entrypoint {
        command = List.copyOf(command);
        if ((kind == Kind.COMMAND) == command.isEmpty()) {
            throw new IllegalArgumentException("command of kind " + kind + ": " + command
                    + (kind == Kind.COMMAND ? " (expected: a program)" : " (expected: none)"));
        }
        for (String word : command) {
            if (word.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("command: a NUL character (expected: none)");
            }
        }
        if (!command.isEmpty() && command.getFirst().isEmpty()) {
            throw new IllegalArgumentException("command: an empty name (expected: a program)");
        }
    }

    /** A program that listens on {@code $PORT}; {@code file} is where that was found out, or empty. */
    public static Entrypoint command(String file, List<String> command) {
        return new Entrypoint(Kind.COMMAND, file, "", command);
    }

    /** The command as somebody would type it; empty where there is none. */
    public String commandLine() {
        return command.size() == 3 && command.subList(0, 2).equals(List.of("/bin/sh", "-c"))
                ? command.getLast()
                : String.join(" ", command);
    }

    /** The kinds of entrypoint a worker knows. */
    public enum Kind {
        /** A subclass of {@code http.server.BaseHTTPRequestHandler}. */
        HANDLER(ServingMode.HANDLER),
        /** A WSGI or ASGI application; the worker finds out which. */
        APP(ServingMode.WSGI),
        /** A file that starts its own server when run. */
        SCRIPT(ServingMode.SCRIPT),
        /** Any program that listens on {@code $PORT}: the runtime {@code provided}, where no worker of a language is involved. */
        COMMAND(ServingMode.PROVIDED);

        private final ServingMode assumedMode;

        Kind(ServingMode assumedMode) {
            this.assumedMode = assumedMode;
        }

        /** What it is taken to serve until its worker has found out. */
        public ServingMode assumedMode() {
            return assumedMode;
        }
    }
}
