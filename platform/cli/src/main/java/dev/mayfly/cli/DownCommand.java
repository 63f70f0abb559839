package dev.mayfly.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "down", description = "Stops the server of this home. Deployments stay and come back with the next up.")
final class DownCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    DownCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var server = new LocalServer(mayfly);
        var screen = mayfly.screen();
        var shown = mayfly.surroundings().show(mayfly.home().path());
        screen.say(server.stop() ? "stopped the server of " + shown : "no server is running for " + shown);
        return 0;
    }
}
