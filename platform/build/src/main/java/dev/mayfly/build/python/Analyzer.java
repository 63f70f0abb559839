package dev.mayfly.build.python;

import dev.mayfly.build.source.Modes;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Asks a Python about the files in a scratch folder, without running them. */
final class Analyzer {
    private static final String TOOL = "mayfly_analyze.py";
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Scratch scratch;
    private final Interpreter python;

    Analyzer(Scratch scratch, Interpreter python) throws IOException {
        this.scratch = scratch;
        this.python = python;
        var resource = "/dev/mayfly/worker/python/" + TOOL;
        scratch.tool(TOOL, Objects.requireNonNull(Analyzer.class.getResourceAsStream(resource), resource));
    }

    /** What is in these files. */
    Analysis analyze(Collection<String> files) throws IOException, InterruptedException {
        return ask(Map.of("files", files));
    }

    /**
     * What loading these files will not find.
     *
     * @param installed names at the top of the dependency layer
     */
    List<Analysis.Missing> missing(Collection<String> roots, Collection<String> installed)
            throws IOException, InterruptedException {
        // Only the names matter, and the tool may not be allowed to read the layer itself.
        var names = Files.createTempDirectory(scratch.tools(), "installed");
        for (String name : installed) {
            Files.createFile(names.resolve(name));
        }
        Files.setPosixFilePermissions(names, Modes.PROGRAM);
        var request = new HashMap<String, Object>(Map.of("files", List.of(), "roots", roots));
        request.put("deps", names.toString());
        return Objects.requireNonNullElse(ask(request).missing(), List.of());
    }

    private Analysis ask(Map<String, Object> request) throws IOException, InterruptedException {
        var command =
                List.of(scratch.tools().resolve(TOOL).toString(), scratch.tree().toString());
        var answer = scratch.ask(python, command, JSON.writeValueAsBytes(request));
        return JSON.readValue(answer, Analysis.class);
    }
}
