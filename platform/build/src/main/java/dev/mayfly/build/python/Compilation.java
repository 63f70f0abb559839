package dev.mayfly.build.python;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.build.source.Blobs;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.build.tool.Takeover;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.SourceFile;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Bytecode for layers. Instances cannot write there, so without it each of them would compile what it imports anew. It is never checked against
 * the source, which cannot change either.
 *
 * @param python that will run it
 */
public record Compilation(Workshop workshop, Interpreter python, Consumer<BuildEvent> log) {
    /** Changes when bytecode is made in another way. */
    private static final int FORMAT = 1;

    private static final String TOOL = "mayfly_compile.py";
    private static final long MOST_OF_CODE = 64L << 20;
    private static final long MOST_OF_DEPENDENCIES = 1L << 30;

    /** Equal for equal bytecode of equal files. */
    public String key() {
        return python.runtime() + " bytecode/" + FORMAT;
    }

    /**
     * Lays the bytecode of a project's files into an empty folder. What cannot be compiled has none: it may never be imported, and says what is
     * wrong with it when it is.
     */
    public void into(List<SourceFile> files, Blobs blobs, Path folder) throws IOException, InterruptedException {
        var sources = files.stream()
                .filter(file -> file.link() == null && file.path().endsWith(".py"))
                .toList();
        if (sources.isEmpty()) {
            return;
        }
        try (var scratch = workshop.open()) {
            blobs.write(sources, scratch.tree());
            var tool = tool(scratch, scratch.tree(), "/var/task", MOST_OF_CODE);
            try {
                scratch.ask(python, tool, new byte[0]);
            } catch (IOException e) {
                log.accept(new BuildEvent.Warning(
                        "the code could not be compiled, so that instances start later than they could: "
                                + e.getMessage()));
                return;
            }
            new Takeover(scratch.out(), workshop.limits()).into(folder);
        }
    }

    /** The command that adds it to what was installed. */
    static List<String> ofDependencies(Scratch scratch, Interpreter python) throws IOException {
        var command = new ArrayList<>(List.of(python.executable().toString(), "-I", "-S"));
        command.addAll(tool(scratch, scratch.out(), "/opt/deps", MOST_OF_DEPENDENCIES));
        return command;
    }

    private static List<String> tool(Scratch scratch, Path source, String inside, long most) throws IOException {
        var resource = "/dev/mayfly/worker/python/" + TOOL;
        var tool =
                scratch.tool(TOOL, Objects.requireNonNull(Compilation.class.getResourceAsStream(resource), resource));
        return List.of(tool.toString(), source.toString(), scratch.out().toString(), inside, Long.toString(most));
    }
}
