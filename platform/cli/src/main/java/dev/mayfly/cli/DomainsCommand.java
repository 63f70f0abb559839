package dev.mayfly.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Host names of a project's own: its production answers there once the name's owner has published a record. */
final class DomainsCommand implements Command {
    @Override
    public Syntax syntax() {
        return Syntax.of(this, "domains", "Keeps the host names of a project's own.")
                .under("add", new Add())
                .under("ls", new Ls())
                .under("rm", new Rm())
                .under("verify", new Verify());
    }

    @Override
    public int run(Mayfly mayfly, Typed typed) {
        throw new IllegalStateException("domains does nothing by itself");
    }

    private static final class Add implements Command {
        @Override
        public Syntax syntax() {
            return named(Syntax.of(this, "add", "Claims a name and shows the record that proves whose it is."))
                    .option("PROJECT", "Default: the project of this folder.", "-p", "--project");
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var project = mayfly.project(typed.text("--project"));
            var domain = mayfly.api().post(path(project), new JsonObject(Map.of("name", typed.word(0))));
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(domain));
                return 0;
            }
            var name = domain.text("name");
            if (domain.text("state").equals("verified")) {
                mayfly.screen().say(answers(domain));
                return 0;
            }
            mayfly.screen().say("Publish this record where the DNS of " + name + " is kept:");
            var record = domain.object("record");
            var table = new Table("TYPE", "NAME", "VALUE");
            table.row(record.text("type"), record.text("name"), record.text("value"));
            table.print(mayfly.screen());
            mayfly.screen().say("Then: mayfly domains verify " + name);
            return 0;
        }
    }

    private static final class Ls implements Command {
        @Override
        public Syntax syntax() {
            return Syntax.of(this, "ls", "Lists the names.")
                    .option("PROJECT", "Default: of all projects.", "-p", "--project");
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var answer = mayfly.api()
                    .get(typed.given("--project").map(DomainsCommand::path).orElse("/domains"));
            var domains = answer.objects("domains");
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(answer));
            } else if (domains.isEmpty()) {
                mayfly.screen().say("no domains yet: mayfly domains add NAME");
            } else {
                var now = mayfly.surroundings().clock().millis();
                boolean certified = domains.stream().anyMatch(domain -> domain.has("certificate"));
                var table = certified
                        ? new Table("DOMAIN", "PROJECT", "STATE", "CERTIFICATE", ">AGE")
                        : new Table("DOMAIN", "PROJECT", "STATE", ">AGE");
                for (var domain : domains) {
                    var cells = new ArrayList<>(
                            List.of(domain.text("name"), domain.text("project"), told(domain.text("state"))));
                    if (certified) {
                        cells.add(DomainCertificate.of(domain).brief());
                    }
                    cells.add(Amounts.age(domain.number("addedAt"), now));
                    table.row(cells.toArray(String[]::new));
                }
                table.print(mayfly.screen());
                domains.stream()
                        .map(domain -> DomainCertificate.of(domain).trouble(now))
                        .flatMap(Optional::stream)
                        .forEach(mayfly.screen()::say);
            }
            return 0;
        }

        private static String told(String state) {
            return state.equals("taken") ? "verified by another project" : state;
        }
    }

    private static final class Rm implements Command {
        @Override
        public Syntax syntax() {
            return ofAny(named(Syntax.of(this, "rm", "Gives a name up; it answers no longer at once.")));
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var api = mayfly.api();
            var domain = find(api, typed);
            api.delete(path(domain));
            mayfly.screen().say("removed " + domain.text("name") + " from " + domain.text("project"));
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(new JsonObject(Map.of("removed", domain.text("name")))));
            }
            return 0;
        }
    }

    private static final class Verify implements Command {
        @Override
        public Syntax syntax() {
            return ofAny(named(Syntax.of(this, "verify", "Looks for the record; if it is there, the name answers.")));
        }

        @Override
        public int run(Mayfly mayfly, Typed typed) {
            var api = mayfly.api();
            var domain = api.post(path(find(api, typed)) + "/verification", new JsonObject(Map.of()));
            mayfly.screen().say(answers(domain));
            if (mayfly.json()) {
                mayfly.screen().data(Json.write(domain));
            }
            return 0;
        }
    }

    private static Syntax named(Syntax syntax) {
        return syntax.word("NAME", true, "A host name, such as www.example.org.");
    }

    private static Syntax ofAny(Syntax syntax) {
        return syntax.option("PROJECT", "Needed where several projects claim the name.", "-p", "--project");
    }

    private static String answers(JsonObject domain) {
        return domain.text("name") + " is verified: production of " + domain.text("project") + " answers there";
    }

    /** The claim to a name: however the name is written, and of whichever project. */
    private static JsonObject find(Api api, Typed typed) {
        var written = typed.word(0);
        var project = typed.given("--project");
        var found = api.get("/domains?name=" + Api.encode(written)).objects("domains").stream()
                .filter(domain -> project.isEmpty() || domain.text("project").equals(project.get()))
                .toList();
        if (found.isEmpty()) {
            throw new Failure(
                    "there is no domain " + written
                            + project.map(name -> " of " + name).orElse(""),
                    "mayfly domains ls");
        }
        if (found.size() > 1) {
            var projects = found.stream().map(domain -> domain.text("project")).toList();
            throw Failure.usage(
                    found.getFirst().text("name") + " is claimed by " + String.join(", ", projects),
                    "--project " + projects.getFirst());
        }
        return found.getFirst();
    }

    private static String path(String project) {
        return "/projects/" + Api.encode(project) + "/domains";
    }

    private static String path(JsonObject domain) {
        return path(domain.text("project")) + "/" + Api.encode(domain.text("name"));
    }
}
