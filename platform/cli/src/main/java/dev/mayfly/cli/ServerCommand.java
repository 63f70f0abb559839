package dev.mayfly.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Here for the help: the {@code mayfly} script starts the server itself, without a second Java around it. */
@Command(name = "server", description = "Runs the server in the foreground; mayfly server --help lists its options.")
final class ServerCommand implements Callable<Integer> {
    ServerCommand(Mayfly mayfly) {}

    @Override
    public Integer call() {
        throw Failure.usage(
                "the server is started by the mayfly script", "mayfly server, as the first word after mayfly");
    }
}
