package dev.mayfly.cli;

final class RollbackCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(
                        this,
                        "rollback",
                        "Makes production what it was before its newest deployment; again: what it was before that.")
                .word("PROJECT", false, "Default: the project of this folder.")
                .word("DEPLOYMENT", false, "Back to this one, which was production before.");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var api = mayfly.api();
        var subject = subject(mayfly, api, typed.word(0), typed.word(1));
        MovedAlias.print(
                mayfly,
                api.post("/projects/" + Api.encode(subject.project()) + "/rollback", PromoteCommand.chosen(subject)));
        return 0;
    }

    private static Subject subject(Mayfly mayfly, Api api, String first, String second) {
        if (first.isEmpty()) {
            return new Subject(mayfly.project(""), "");
        }
        if (second.isEmpty()) {
            return Subject.find(api, first);
        }
        return Subject.deploymentOf(api, first, second);
    }
}
