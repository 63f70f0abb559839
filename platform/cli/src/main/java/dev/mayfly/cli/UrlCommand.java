package dev.mayfly.cli;

import java.util.Map;

final class UrlCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "url", "Prints the URL of a project's production, one that works on this machine.")
                .word("PROJECT", false, "Default: the project of this folder.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var project = mayfly.api().get("/projects/" + Api.encode(mayfly.project(typed.word(0))));
        var urls = Map.of(
                "url", project.text("url"),
                "hostUrl", project.text("hostUrl"),
                "portUrl", project.text("portUrl"));
        mayfly.screen().data(mayfly.json() ? Json.write(urls) : project.text("url"));
        return 0;
    }
}
