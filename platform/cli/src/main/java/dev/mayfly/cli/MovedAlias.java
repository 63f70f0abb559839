package dev.mayfly.cli;

/** What the server answers when it points an alias: the sentence for people, the URL for programs. */
final class MovedAlias {
    private MovedAlias() {}

    static void print(Mayfly mayfly, JsonObject moved) {
        var alias = moved.object("alias");
        var now = AliasParts.shown(alias.objects("deployments"));
        var whose = alias.text("name") + " of " + alias.text("project");
        if (moved.flag("moved")) {
            var before = AliasParts.shown(moved.objects("before"));
            var sticky = alias.text("sticky");
            mayfly.screen()
                    .say(whose + " is " + now + (now.equals(before) ? "" : "; it was " + before)
                            + (sticky.equals("none") ? "" : "; sticky by " + sticky));
        } else {
            mayfly.screen().say(whose + " is " + now + " already");
        }
        mayfly.screen().data(mayfly.json() ? Json.write(moved) : alias.text("url"));
    }
}
