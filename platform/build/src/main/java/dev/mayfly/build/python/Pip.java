package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.tool.Scratch;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.model.Digest;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The pip of an interpreter; where it has none that is recent, one fetched as a wheel, which runs without being installed.
 */
record Pip(Workshop workshop, Scratch scratch, Interpreter python, Map<String, String> environment) {
    /** Runs on every Python that the platform does. */
    static final String WHEEL = "pip-25.3-py3-none-any.whl";

    static final Digest WHEEL_DIGEST = new Digest("9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd");

    private static final String FETCH = "mayfly_fetch_pip.py";
    private static final Pattern VERSION = Pattern.compile("pip (\\d+)\\..*");
    private static final int OLDEST = 21;
    private static final int LARGEST = 16 << 20;

    /** The command that starts pip. */
    List<String> command(Consumer<String> lines) throws IOException, InterruptedException {
        var own = List.of(python.executable().toString(), "-I", "-m", "pip");
        var asked = new ArrayList<>(own);
        asked.add("--version");
        var answer = new ArrayList<String>();
        if (run(asked, answer::add) == 0 && answer.stream().anyMatch(Pip::recent)) {
            return own;
        }
        return List.of(python.executable().toString(), "-I", wheel(lines) + "/pip");
    }

    int run(List<String> command, Consumer<String> lines) throws IOException, InterruptedException {
        return scratch.run(python, command, environment, scratch.tree(), lines);
    }

    private static boolean recent(String line) {
        var version = VERSION.matcher(line);
        return version.matches() && Integer.parseInt(version.group(1)) >= OLDEST;
    }

    private Path wheel(Consumer<String> lines) throws IOException, InterruptedException {
        var kept = workshop.kept(WHEEL);
        if (Files.isRegularFile(kept)) {
            return visible(kept);
        }
        lines.accept("This Python has no pip; fetching " + WHEEL);
        scratch.tool(FETCH, Objects.requireNonNull(Pip.class.getResourceAsStream(FETCH), FETCH));
        var fetched = scratch.out().resolve(WHEEL);
        var script = scratch.tools().resolve(FETCH).toString();
        var last = new ArrayList<String>();
        int status = run(
                List.of(
                        python.executable().toString(),
                        "-I",
                        "-S",
                        script,
                        WHEEL,
                        WHEEL_DIGEST.hex(),
                        fetched.toString()),
                line -> {
                    last.add(line);
                    lines.accept(line);
                });
        if (status != 0) {
            var message = "pip is not installed and cannot be fetched\n" + (last.isEmpty() ? "" : last.getLast());
            if (scratch.sandboxed() && scratch.obstacle().isPresent()) {
                throw Unreachable.failure(message, scratch.obstacle().get());
            }
            throw BuildFailure.of(message, "install it (apt install python3-pip), or set PIP_INDEX_URL for the server");
        }
        byte[] content;
        try (var input = Files.newInputStream(fetched, LinkOption.NOFOLLOW_LINKS)) {
            content = input.readNBytes(LARGEST);
        }
        Files.delete(fetched);
        if (!Digest.of(content).equals(WHEEL_DIGEST)) {
            throw new IOException(WHEEL + ": sha256 " + Digest.of(content) + " (expected: " + WHEEL_DIGEST + ")");
        }
        return visible(workshop.keep(WHEEL, content));
    }

    /** Tools in a sandbox see only what is in their own folder. */
    private Path visible(Path kept) throws IOException {
        return scratch.sandboxed() ? scratch.tool(WHEEL, Files.newInputStream(kept)) : kept;
    }
}
