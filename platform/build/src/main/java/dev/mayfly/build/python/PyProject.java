package dev.mayfly.build.python;

import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.model.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** A {@code pyproject.toml}. */
record PyProject(String path, String text, JsonNode root) {
    static PyProject read(SourceFile file, Blobs blobs) {
        var text = blobs.text(file);
        try {
            return new PyProject(file.path(), text, new TomlMapper().readTree(text));
        } catch (JacksonException e) {
            var location = e.getLocation();
            int line = location == null ? 1 : Math.max(1, location.getLineNr());
            throw BuildFailure.of(
                    file.path() + ":" + line + " "
                            + e.getOriginalMessage().lines().findFirst().orElse("cannot be read"),
                    "correct the line");
        }
    }

    Optional<String> requiresPython() {
        return text("project", "requires-python");
    }

    /** Vercel's way to name the application. */
    Optional<String> entrypoint() {
        return text("tool", "vercel", "entrypoint");
    }

    /** Vercel's older way to name the application. */
    Optional<String> appScript() {
        return text("project", "scripts", "app");
    }

    /** Whether it says, here and not elsewhere, what the project depends on. */
    boolean declaresDependencies() {
        return at("project", "dependencies").isArray();
    }

    /** Whether it leaves the dependencies to Poetry. */
    boolean leavesDependenciesToPoetry() {
        return at("tool", "poetry", "dependencies").isObject() && !declaresDependencies();
    }

    /** What it depends on, with the lines where that stands. */
    List<Requirement> dependencies() {
        var found = new ArrayList<Requirement>();
        var lines = text.lines().toList();
        int from = 0;
        for (JsonNode each : at("project", "dependencies")) {
            var requirement = each.asString();
            int line = line(lines, requirement, from);
            found.add(new Requirement(requirement, path, line));
            from = Math.max(from, line - 1);
        }
        return found;
    }

    private static int line(List<String> lines, String requirement, int from) {
        for (int i = from; i < lines.size(); i++) {
            if (lines.get(i).contains(requirement)) {
                return i + 1;
            }
        }
        return 1;
    }

    private Optional<String> text(String... keys) {
        return Optional.of(at(keys)).filter(JsonNode::isString).map(JsonNode::asString);
    }

    private JsonNode at(String... keys) {
        var node = root;
        for (String key : keys) {
            node = node.path(key);
        }
        return node;
    }
}
