package dev.mayfly.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The controls of {@code mayfly prove}: the same attempts, made by plain processes of this machine where nothing stands in their way. */
final class Outside {
    private static final long LONGEST_SECONDS = 30;

    private final Path python;
    private final Path scripts;
    private final Map<String, String> environment;

    /**
     * @param scripts where {@link BundledProject} was unpacked
     * @param environment of the processes
     */
    Outside(Path python, Path scripts, Map<String, String> environment) {
        this.python = python;
        this.scripts = scripts;
        this.environment = Map.copyOf(environment);
    }

    /** Makes one attempt as a plain process. */
    Attempted attempt(String what, Map<String, Object> details) throws IOException, InterruptedException {
        return Attempted.of(run(List.of("prove/api/_attempts.py", what), details));
    }

    /** Runs one of the scripts with a JSON object for its input and its output. */
    JsonObject run(List<String> words, Map<String, Object> input) throws IOException, InterruptedException {
        var process = start(words);
        try (var in = process.getOutputStream()) {
            in.write(Json.write(new JsonObject(Map.copyOf(input))).getBytes(StandardCharsets.UTF_8));
        }
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(words.getFirst() + " did not end");
        }
        try {
            return Json.object(said);
        } catch (IllegalArgumentException e) {
            throw new IOException(words.getFirst() + " did not run outside", e);
        }
    }

    /** Starts one of the scripts; the caller ends it. */
    Process start(List<String> words) throws IOException {
        var command = new ArrayList<>(List.of(python.toString(), "-I", "-S", "-B"));
        command.add(scripts.resolve(words.getFirst()).toString());
        command.addAll(words.subList(1, words.size()));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }
}
