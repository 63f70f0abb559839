package dev.mayfly.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names of a project: which deployments each leads to. */
final class AliasCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "alias", "Shows the names of a project, or points one to deployments, by weight.")
                .word("NAME", false, "Such as canary; production is the project's own (default: show all).")
                .further("DEPLOYMENT[=WEIGHT]", "Where it leads from now on; a weight is a part, from 1 to 1000.")
                .option("PROJECT", "Default: the project of this folder.", "-p", "--project")
                .option("HOW", "Whether a client stays with its deployment: none, cookie, header:NAME.", "--sticky")
                .flag("Remove the name.", "--rm");
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        var project = mayfly.project(typed.text("--project"));
        var name = typed.word(0);
        var parts = AliasParts.parse(mayfly.api(), project, typed.words(1));
        var sticky = typed.given("--sticky");
        if (typed.flag("--rm")) {
            if (name.isEmpty() || !parts.isEmpty() || sticky.isPresent()) {
                throw Failure.usage("--rm: takes a NAME and nothing else", "mayfly alias NAME --rm");
            }
            return remove(mayfly, project, name);
        }
        if (!parts.isEmpty() || sticky.isPresent()) {
            if (name.isEmpty()) {
                throw Failure.usage("--sticky: of which alias?", "mayfly alias NAME --sticky cookie");
            }
            return set(mayfly, project, name, parts, sticky.orElse(null));
        }
        return show(mayfly, project, name);
    }

    private static int set(
            Mayfly mayfly, String project, String name, List<JsonObject> parts, @Nullable String sticky) {
        var wanted = new LinkedHashMap<String, @Nullable Object>();
        if (!parts.isEmpty()) {
            wanted.put("deployments", parts);
        }
        if (sticky != null) {
            wanted.put("sticky", sticky);
        }
        var moved = mayfly.api().put(path(project) + "/" + Api.encode(name), new JsonObject(wanted));
        MovedAlias.print(mayfly, moved);
        return 0;
    }

    private static int remove(Mayfly mayfly, String project, String name) {
        mayfly.api().delete(path(project) + "/" + Api.encode(name));
        mayfly.screen().say("removed " + name + " of " + project);
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(new JsonObject(Map.of("removed", name))));
        }
        return 0;
    }

    private static int show(Mayfly mayfly, String project, String name) {
        var aliases = mayfly.api().get(path(project)).objects("aliases").stream()
                .filter(alias -> name.isEmpty() || alias.text("name").equals(name))
                .toList();
        if (aliases.isEmpty() && !name.isEmpty()) {
            throw new Failure(
                    "there is no alias " + name + " of " + project,
                    "mayfly alias " + name + " DEPLOYMENT --project " + project);
        }
        if (mayfly.json()) {
            mayfly.screen().data(Json.write(new JsonObject(Map.of("aliases", aliases))));
            return 0;
        }
        var table = new Table("ALIAS", "DEPLOYMENTS", "STICKY", "URL");
        for (var alias : aliases) {
            table.row(
                    alias.text("name"),
                    AliasParts.shown(alias.objects("deployments")),
                    alias.text("sticky"),
                    alias.text("url"));
        }
        table.print(mayfly.screen());
        return 0;
    }

    private static String path(String project) {
        return "/projects/" + Api.encode(project) + "/aliases";
    }
}
