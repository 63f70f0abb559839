package dev.mayfly.build.tool;

import dev.mayfly.model.DataSize;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tool in a sandbox: its scratch folder is {@code /build} there, and it sees nothing else of this machine but the system, its Python and what
 * the operator lends it. Commands and variables name places outside; they are put into the words of the inside here.
 *
 * @param user whose the writable folders are; null: the server's own
 */
record SandboxedTool(
        ToolRuns runs,
        Scratch scratch,
        Interpreter python,
        @Nullable Integer user) {
    static final String BUILD = "/build";
    private static final int LONGEST_ANSWER = 16 << 20;

    int run(List<String> command, Map<String, String> variables, Path cwd, Egress egress, Consumer<String> lines)
            throws IOException, InterruptedException {
        var language = runs.language(python);
        var words = inside(language);
        var environment = new LinkedHashMap<String, String>();
        variables.forEach((name, value) -> environment.put(name, words.of(value)));
        environment.putAll(language.environment());
        environment.put("HOME", BUILD + "/home");
        environment.put("TMPDIR", BUILD + "/tmp");
        var bounds = scratch.limits();
        var watch = new DiskWatch(scratch.writable(), bounds.disk());
        var ceilings = new Ceilings(bounds);
        var outcome = runs.run(
                new ToolRuns.Tool(
                        command.stream().map(words::of).toList(),
                        environment,
                        words.of(cwd.toString()),
                        mounts(language),
                        user,
                        limits(bounds, egress),
                        bounds.file(),
                        scratch.lent().allow()),
                watch,
                line -> {
                    ceilings.hear(line);
                    lines.accept(line);
                });
        boolean ended = outcome.late() || outcome.outOfMemory() || outcome.over();
        if (outcome.late()) {
            lines.accept("ERROR: ended, because a step of a build may take "
                    + bounds.step().toMinutes() + " minutes");
        } else if (outcome.over()) {
            lines.accept("ERROR: " + watch.reason());
        } else if (outcome.outOfMemory()) {
            lines.accept("ERROR: out of memory: a build may use " + new DataSize(bounds.memory()));
        } else if (outcome.status() != 0) {
            ceilings.met(outcome.status()).ifPresent(limit -> lines.accept("ERROR: " + limit));
        }
        return outcome.status() == 0 && ended ? 1 : outcome.status();
    }

    /** Asks a tool that reads its question from its standard input and answers on its standard output. */
    byte[] ask(List<String> command, byte[] question) throws IOException, InterruptedException {
        var asked = inside(runs.language(python)).of(new String(question, StandardCharsets.UTF_8));
        Files.writeString(scratch.tools().resolve("question"), asked);
        var answer = scratch.home().resolve("answer");
        var script = "exec \"$@\" <" + BUILD + "/tools/question >" + BUILD + "/home/answer";
        var asking = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        asking.addAll(List.of(python.executable().toString(), "-I", "-S"));
        asking.addAll(command);
        var trouble = new StringBuilder();
        int status = run(
                asking,
                Map.of(),
                scratch.tree(),
                new Egress.None(),
                line -> trouble.append(line).append('\n'));
        if (status != 0) {
            throw new IOException(command.getFirst() + " failed: " + trouble);
        }
        try (var in = Files.newInputStream(answer, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(LONGEST_ANSWER);
        }
    }

    private List<ToolRuns.Mount> mounts(ToolRuns.Language language) throws IOException {
        var mounts = new ArrayList<>(language.mounts());
        mounts.add(new ToolRuns.Mount(scratch.folder(), BUILD, false));
        for (var name : Scratch.OPEN) {
            mounts.add(new ToolRuns.Mount(scratch.folder().resolve(name), BUILD + "/" + name, true));
        }
        if (scratch.cached()) {
            mounts.add(new ToolRuns.Mount(scratch.cache(), BUILD + "/" + Scratch.CACHE, true));
        }
        mounts.addAll(scratch.lent().mounts());
        return mounts;
    }

    /** Paths outside, in words that hold them, and what they are inside. */
    private record Words(Map<String, String> paths) {
        String of(String text) {
            var result = text;
            for (var path : paths.entrySet()) {
                result = result.replace(path.getKey(), path.getValue());
            }
            return result;
        }
    }

    private Words inside(ToolRuns.Language language) throws IOException {
        var paths = new LinkedHashMap<String, String>();
        paths.put(scratch.folder().toString(), BUILD);
        if (scratch.cached()) {
            paths.put(scratch.cache().toString(), BUILD + "/" + Scratch.CACHE);
        }
        paths.put(python.executable().toString(), language.executable());
        return new Words(paths);
    }

    private static Limits limits(BuildLimits bounds, Egress egress) {
        var usual = Limits.DEFAULTS;
        return new Limits(
                bounds.memory(),
                bounds.cpu(),
                null,
                0,
                1,
                bounds.step(),
                usual.idleTimeout(),
                usual.queue(),
                usual.queueTimeout(),
                usual.requestBody(),
                usual.requestHeaders(),
                bounds.pids(),
                usual.tmp(),
                usual.inodes(),
                usual.logRate(),
                egress,
                Isolation.DEFAULT,
                usual.zygotes());
    }
}
