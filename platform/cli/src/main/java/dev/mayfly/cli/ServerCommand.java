package dev.mayfly.cli;

/** Here for the help: the {@code mayfly} script starts the server itself, without a second Java around it. */
final class ServerCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "server", "Runs the server in the foreground; mayfly server --help lists its options.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        throw Failure.usage(
                "the server is started by the mayfly script", "mayfly server, as the first word after mayfly");
    }
}
