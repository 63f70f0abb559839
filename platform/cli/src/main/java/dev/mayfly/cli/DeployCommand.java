package dev.mayfly.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "deploy",
        description =
                "Deploys a folder or a Python file and prints its URL. A preview, unless --prod or the project's first.")
final class DeployCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Mixin
    private final DeployOptions options = new DeployOptions();

    @Option(names = "--prod", description = "Make it the project's production.")
    private boolean production;

    DeployCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var deployed = new Deployer(mayfly, mayfly.api()).deploy(options.wish(production));
        mayfly.screen().data(mayfly.json() ? Json.write(deployed.asJson()) : deployed.url());
        return 0;
    }
}
