package dev.mayfly.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "url", description = "Prints the URL of a project's production, one that works on this machine.")
final class UrlCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(arity = "0..1", paramLabel = "PROJECT", description = "Default: the project of this folder.")
    private String name = "";

    UrlCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var project = mayfly.api().get("/projects/" + Api.encode(mayfly.project(name)));
        var urls = Map.of(
                "url", project.text("url"),
                "hostUrl", project.text("hostUrl"),
                "portUrl", project.text("portUrl"));
        mayfly.screen().data(mayfly.json() ? Json.write(urls) : project.text("url"));
        return 0;
    }
}
