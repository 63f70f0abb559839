package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

final class RmCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "rm", "Removes a project, or one deployment of it. What it cost stays in the books.")
                .word("PROJECT|DEPLOYMENT", true, "What to remove.")
                .flag("Do not ask.", "-y", "--yes");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var name = typed.word(0);
        var api = mayfly.api();
        var subject = Subject.find(api, name);
        var told = subject.deployment().isEmpty()
                ? "project " + subject.project() + " with all its deployments"
                : "deployment " + subject.deployment() + " of " + subject.project();
        if (!typed.flag("--yes")) {
            confirm(mayfly, name, told);
        }
        api.delete(subject.path());
        mayfly.screen().say("removed " + told);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(new JsonObject(Map.of("removed", name))));
        }
        return 0;
    }

    private static void confirm(Mayfly mayfly, String name, String told) {
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
