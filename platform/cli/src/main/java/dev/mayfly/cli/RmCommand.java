package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "rm", description = "Removes a project, or one deployment of it. What it cost stays in the books.")
final class RmCommand implements Callable<Integer> {
    private final Mayfly mayfly;

    @Parameters(paramLabel = "PROJECT|DEPLOYMENT", description = "What to remove.")
    private String name = "";

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    RmCommand(Mayfly mayfly) {
        this.mayfly = mayfly;
    }

    @Override
    public Integer call() {
        var api = mayfly.api();
        var subject = Subject.find(api, name);
        var told = subject.deployment().isEmpty()
                ? "project " + subject.project() + " with all its deployments"
                : "deployment " + subject.deployment() + " of " + subject.project();
        if (!yes) {
            confirm(told);
        }
        api.delete(subject.path());
        mayfly.screen().say("removed " + told);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(new JsonObject(Map.of("removed", name))));
        }
        return 0;
    }

    private void confirm(String told) {
        if (!mayfly.surroundings().errTerminal()) {
            throw Failure.usage("this removes " + told, "mayfly rm " + name + " --yes");
        }
        mayfly.screen().say("This removes " + told + ". Type yes to go on:");
        try {
            var answer = new BufferedReader(
                            new InputStreamReader(mayfly.surroundings().in(), StandardCharsets.UTF_8))
                    .readLine();
            if (answer == null || !answer.strip().equalsIgnoreCase("yes")) {
                throw new Failure("nothing was removed", "");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
