package dev.mayfly.cli;

import java.util.Map;

final class PromoteCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "promote",
                        "Makes a deployment its project's production, at once and without a lost request.")
                .word(
                        "DEPLOYMENT",
                        false,
                        "Its id or URL; a project: its newest (default: the newest of this folder's).");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var api = mayfly.api();
        var named = typed.word(0);
        var subject = named.isEmpty() ? new Subject(mayfly.project(""), "") : Subject.find(api, named);
        MovedAlias.print(
                mayfly, api.post("/projects/" + Api.encode(subject.project()) + "/promotion", chosen(subject)));
        return 0;
    }

    /** As the server wants to be told. */
    static JsonObject chosen(Subject subject) {
        return new JsonObject(subject.deployment().isEmpty() ? Map.of() : Map.of("deployment", subject.deployment()));
    }
}
