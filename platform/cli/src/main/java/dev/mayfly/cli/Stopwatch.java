package dev.mayfly.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A small process that calls functions and starts programs, and says how long each took: this one here is large, and slow at first. */
final class Stopwatch implements AutoCloseable {
    private final Process process;
    private final BufferedReader says;

    private Stopwatch(Process process) {
        this.process = process;
        this.says = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static Stopwatch start(Outside outside) throws IOException {
        return new Stopwatch(outside.start(List.of("outside/stopwatch.py")));
    }

    /** One GET over a connection of its own: {@code micros}, {@code request}, and {@code problem} where the answer was another one. */
    JsonObject call(String url, String expected) throws IOException {
        return ask(Map.of("call", url, "expect", expected));
    }

    /** So many GETs of one function over one connection; says how many were {@code done} within a few seconds, or a {@code problem}. */
    JsonObject warm(String url, int times) throws IOException {
        return ask(Map.of("warm", url, "times", times));
    }

    /** What starting a process costs at least: {@code what} was started, and {@code micros}. */
    JsonObject bare(Path folder) throws IOException {
        return ask(Map.of("bare", folder.toString()));
    }

    /** The {@code command} that runs a container here, and {@code what} that is; or what is {@code missing}. */
    JsonObject engine(String name) throws IOException {
        return ask(Map.of("engine", name));
    }

    /** Runs a program until it has ended: {@code micros} and {@code exit}, or a {@code problem}. */
    JsonObject run(Iterable<String> words) throws IOException {
        return ask(Map.of("run", words));
    }

    private JsonObject ask(Map<String, Object> what) throws IOException {
        var question = Json.write(new JsonObject(Map.copyOf(what))) + "\n";
        process.getOutputStream().write(question.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        var answer = says.readLine();
        if (answer == null) {
            throw new IOException("the process that takes the times has ended");
        }
        return Json.object(answer);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
