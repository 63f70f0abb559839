package dev.mayfly.cli;

/** What the names of a project led to, and since when. */
final class HistoryCommand implements Command {
    private static final int USUAL = 20;

    @Override
    public Syntax syntax() {
        return Syntax.of(this, "history", "Lists what the aliases of a project pointed to, newest first.")
                .word("PROJECT", false, "Default: the project of this folder.")
                .option("NAME", "Of this alias only, such as production.", "--alias")
                .option("N", "So many moves (default " + USUAL + ").", "-n", "--limit");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var project = mayfly.project(typed.word(0));
        var query = "?limit=" + typed.number("--limit").orElse(USUAL)
                + typed.given("--alias")
                        .map(name -> "&alias=" + Api.encode(name))
                        .orElse("");
        var answer = mayfly.api().get("/projects/" + Api.encode(project) + "/history" + query);
        var moves = answer.objects("moves");
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(answer));
        } else if (moves.isEmpty()) {
            mayfly.screen().say("no moves yet: mayfly alias NAME DEPLOYMENT");
        } else {
            var now = mayfly.surroundings().clock().millis();
            var table = new Table(">AGE", "ALIAS", "BY", "DEPLOYMENTS");
            for (var move : moves) {
                table.row(
                        Amounts.age(move.number("at"), now),
                        move.text("alias"),
                        move.text("cause"),
                        AliasParts.shown(move.objects("deployments")));
            }
            table.print(mayfly.screen());
        }
        return 0;
    }
}
