package dev.mayfly.cli;

final class DownCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                this, "down", "Stops the server of this home. Deployments stay and come back with the next up.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var server = new LocalServer(mayfly);
        var screen = mayfly.screen();
        var shown = mayfly.surroundings().show(mayfly.home().path());
        screen.say(server.stop() ? "stopped the server of " + shown : "no server is running for " + shown);
        return 0;
    }
}
