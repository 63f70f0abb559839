package dev.mayfly.cli;

import java.util.Optional;

final class UpCommand implements Command {
    @Override
    public Syntax syntax() {
        return DeployOptions.add(Syntax.of(
                        this,
                        "up",
                        "Starts the server where none runs, deploys to production, prints the URL and follows the logs.",
                        "A server that it starts is for development: error pages show tracebacks (--show-tracebacks).")
                .flag("Leave the server running and print nothing but the URL.", "-d", "--detach")
                .option("N", "Port of the server, if one is started (default: 7070 or the next).", "--port"));
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var port = typed.number("--port").or(() -> portVariable(mayfly));
        return new Up(mayfly, DeployOptions.wish(typed, true), typed.flag("--detach")).run(port);
    }

    private static Optional<Integer> portVariable(Mayfly mayfly) {
        var variable = mayfly.surroundings().variable("MAYFLY_PORT");
        return variable.isEmpty() ? Optional.empty() : Optional.of(Typed.number("MAYFLY_PORT", variable));
    }
}
