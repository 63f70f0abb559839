package dev.mayfly.build.tool;

import dev.mayfly.build.source.Modes;
import dev.mayfly.model.Egress;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A folder for one build. Project and settings are laid out in it before the first tool runs; from then on those parts are the tools'. */
public final class Scratch implements AutoCloseable {
    /** The folders that tools may write to. */
    static final List<String> OPEN = List.of("home", "tmp", "tree", "out");

    /** The folder that they may only read. */
    static final String TOOLS = "tools";

    /** An empty folder, where tools in a sandbox find the cache. */
    static final String CACHE = "cache";

    private static final Duration LONGEST_ANSWER = Duration.ofMinutes(2);

    private final Workshop workshop;
    private final Path folder;
    private final Optional<Path> cache;
    private final Lent lent = new Lent();
    private boolean handedOver;

    Scratch(Workshop workshop, Path folder, Optional<Path> cache) {
        this.workshop = workshop;
        this.folder = folder;
        this.cache = cache;
    }

    Path folder() {
        return folder;
    }

    /** Where the project's files go. */
    public Path tree() {
        return folder.resolve("tree");
    }

    /** Where a tool puts what it makes. */
    public Path out() {
        return folder.resolve("out");
    }

    public Path home() {
        return folder.resolve("home");
    }

    /** A place for files of ours that tools read. */
    public Path tools() {
        return folder.resolve(TOOLS);
    }

    /** Where pip keeps what it fetched: for the project's later builds, if it has a place for that, or else for this one. */
    public Path cache() {
        return cache.orElse(home().resolve("pip-cache"));
    }

    /** Whether the cache outlives this. */
    boolean cached() {
        return cache.isPresent();
    }

    /** What tools may write to. */
    List<Path> writable() {
        var all = new ArrayList<Path>();
        OPEN.forEach(name -> all.add(folder.resolve(name)));
        cache.ifPresent(all::add);
        return all;
    }

    public BuildLimits limits() {
        return workshop.limits();
    }

    /** Whether tools run as somebody else, who cannot read what only the server's user can. */
    public boolean isolated() {
        return workshop.account().isPresent() || sandboxed();
    }

    /** Whether tools that need the network run where they see nothing of this machine but the system and what they are given. */
    public boolean sandboxed() {
        return workshop.sandboxes().isPresent() && !unisolated();
    }

    /** Whether tools that need the network are plain processes, as the operator allowed where no way leads out of sandboxes. */
    public boolean unisolated() {
        return workshop.unisolated() && obstacle().isPresent();
    }

    /** What keeps sandboxes from reaching anything outside; empty: nothing does, or there are none. */
    public Optional<ToolRuns.Obstacle> obstacle() {
        return workshop.sandboxes().flatMap(ToolRuns::obstacle);
    }

    /** The path of a file of this folder as tools in a sandbox see it. */
    public String inside(Path file) {
        return SandboxedTool.BUILD + "/" + folder.relativize(file);
    }

    /** Lays a file into the folder that nobody but the account of the tools can read. To be called before the first tool runs. */
    public Path secret(String name, InputStream content) throws IOException {
        var file = home().resolve(name);
        var mine = PosixFilePermissions.fromString("rw-------");
        Files.deleteIfExists(file);
        try (content;
                var out = Files.newOutputStream(Files.createFile(file, PosixFilePermissions.asFileAttribute(mine)))) {
            content.transferTo(out);
        }
        return file;
    }

    /** What tools in a sandbox are given of this machine besides. */
    public Lent lent() {
        return lent;
    }

    /** Lays a tool of the platform into the folder. */
    public Path tool(String name, InputStream content) throws IOException {
        var file = tools().resolve(name);
        try (content) {
            Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.setPosixFilePermissions(file, Modes.FILE);
        return file;
    }

    /**
     * Runs a Python tool until it ends, with everything it started.
     *
     * @param environment complete, except for PATH, HOME, TMPDIR and LANG
     * @param lines gets its output, one line after the other, while this waits
     * @return its exit code
     */
    public int run(
            Interpreter interpreter,
            List<String> command,
            Map<String, String> environment,
            Path cwd,
            Consumer<String> lines)
            throws IOException, InterruptedException {
        handOver();
        if (sandboxed()) {
            return new SandboxedTool(workshop.sandboxes().orElseThrow(), this, interpreter, user())
                    .run(command, environment, cwd, new Egress.Internet(), lines);
        }
        var python = interpreter.executable();
        var supervised = new ArrayList<String>();
        supervised.addAll(List.of(
                python.toString(), "-I", "-S", tools().resolve("mayfly_tool.py").toString()));
        supervised.addAll(command);
        return new RunningTool(workshop.command(supervised), environment(python, environment), cwd).run(lines);
    }

    /**
     * Asks a short-lived Python tool, which starts nothing that outlives it.
     *
     * @param question its standard input
     * @return its standard output
     */
    public byte[] ask(Interpreter interpreter, List<String> command, byte[] question)
            throws IOException, InterruptedException {
        handOver();
        var sandboxes = workshop.sandboxes();
        if (sandboxes.isPresent()) {
            return new SandboxedTool(sandboxes.get(), this, interpreter, user()).ask(command, question);
        }
        var python = interpreter.executable();
        var asked = Files.write(tools().resolve("question"), question);
        var answer = tools().resolve("answer");
        var trouble = tools().resolve("trouble");
        var all = new ArrayList<String>(List.of(python.toString(), "-I", "-S"));
        all.addAll(command);
        var builder = new ProcessBuilder(workshop.command(all))
                .directory(tree().toFile())
                .redirectInput(asked.toFile())
                .redirectOutput(answer.toFile())
                .redirectError(trouble.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment(python, Map.of()));
        var process = builder.start();
        try {
            if (!process.waitFor(LONGEST_ANSWER.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command.getFirst() + " failed: " + Files.readString(trouble));
            }
            return Files.readAllBytes(answer);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private @Nullable Integer user() {
        return workshop.account().map(Account::uid).orElse(null);
    }

    /** Gives the open folders to the account, once; the server writes nothing into them afterwards. */
    private void handOver() throws IOException {
        if (handedOver) {
            return;
        }
        handedOver = true;
        tool("mayfly_tool.py", Workshop.resource("mayfly_tool.py"));
        for (String name : OPEN) {
            Files.walkFileTree(folder.resolve(name), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    workshop.own(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failure) throws IOException {
                    workshop.own(each);
                    return super.postVisitDirectory(each, failure);
                }
            });
        }
    }

    private Map<String, String> environment(Path python, Map<String, String> environment) {
        var all = new LinkedHashMap<>(environment);
        all.put("PATH", python.getParent() + ":/usr/local/bin:/usr/bin:/bin");
        all.put("HOME", home().toString());
        all.put("TMPDIR", folder.resolve("tmp").toString());
        all.put("LANG", "C.UTF-8");
        return all;
    }

    @Override
    public void close() throws IOException {
        cache.ifPresent(workshop::release);
        Removal.untilDone(() -> {
            if (handedOver) {
                workshop.remove(folder);
            } else {
                Workshop.removeOwn(folder);
            }
        });
    }
}
