package dev.mayfly.cli;

/** One word after {@code mayfly}: how it is typed, and what it does. */
interface Command {
    Syntax syntax();

    /** Returns the exit code; what goes wrong is thrown as a {@link Failure}. */
    int run(Mayfly mayfly, Typed typed);
}
