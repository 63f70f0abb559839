package dev.mayfly.cli;

final class DeployCommand implements Command {
    @Override
    public Syntax syntax() {
        return DeployOptions.add(Syntax.of(
                        this,
                        "deploy",
                        "Deploys a folder or a Python file and prints its URL. A preview, unless --prod or the project's first.")
                .flag("Make it the project's production.", "--prod"));
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var deployed = new Deployer(mayfly, mayfly.api()).deploy(DeployOptions.wish(typed, typed.flag("--prod")));
        mayfly.screen().data(mayfly.json() ? Json.write(deployed.asJson()) : deployed.url());
        Rehearsal.begin(mayfly.surroundings());
        return 0;
    }
}
