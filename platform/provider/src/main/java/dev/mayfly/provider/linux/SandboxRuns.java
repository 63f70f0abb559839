package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ToolOutput;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Runs each tool in a sandbox of its own. */
final class SandboxRuns implements ToolRuns {
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final RuntimeDirectory directory;
    private final Platform platform;
    private final Launcher launcher;
    private final AtomicLong numbers;
    private final Readiness.Able able;
    private final Map<String, Long> inits = new ConcurrentHashMap<>();

    SandboxRuns(
            RuntimeDirectory directory, Platform platform, Launcher launcher, AtomicLong numbers, Readiness.Able able) {
        this.directory = directory;
        this.platform = platform;
        this.launcher = launcher;
        this.numbers = numbers;
        this.able = able;
    }

    Collection<Long> inits() {
        return List.copyOf(inits.values());
    }

    @Override
    public Outcome run(Tool tool, Watch watch, Consumer<String> lines) throws IOException, InterruptedException {
        var id = "build-" + Long.toString(numbers.incrementAndGet(), Character.MAX_RADIX);
        var folder = RunFolder.create(directory, id);
        try (var listener = ControlListener.open(folder.controlSocket())) {
            var connection = launcher.connect(PATIENCE)
                    .orElseThrow(() -> new IOException("the launcher of sandboxes is not running"));
            var output = new ToolOutput(platform, lines);
            var sandbox = new Sandbox(
                    id,
                    connection.socket(),
                    address -> {},
                    refused -> output.say(
                            refused.what() + " refused: a build reaches the internet and the package index"));
            try {
                output.attend(listener);
                return outcome(id, tool, watch, sandbox, request(id, folder, tool, connection.able()), output);
            } finally {
                sandbox.kill();
                inits.remove(id);
                output.close();
            }
        } finally {
            folder.delete();
        }
    }

    @Override
    public Optional<Obstacle> obstacle() {
        if (able.egress()) {
            return Optional.empty();
        }
        var check = able.check("egress");
        return Optional.of(new Obstacle(
                check.map(Readiness.Check::detail)
                        .filter(detail -> !detail.isEmpty())
                        .orElse("there is no way out of a sandbox"),
                check.map(Readiness.Check::fix).orElse("")));
    }

    @Override
    public Language language(Interpreter python) throws IOException {
        var place = Place.of(python);
        return new Language(
                place.executable(),
                place.prefix()
                        .map(prefix -> List.of(new Mount(prefix, Place.RUNTIME, false)))
                        .orElse(List.of()),
                place.environment());
    }

    private static java.nio.ByteBuffer request(String id, RunFolder folder, Tool tool, Readiness.Able able)
            throws IOException {
        return SpawnRequest.spawn(id, folder.path(), "tool")
                .program(tool.command(), tool.cwd())
                .environment(tool.environment())
                .mounts(tool.mounts().stream()
                        .map(mount -> SpawnRequest.mount(mount.writable(), mount.target(), mount.source()))
                        .toList())
                .user(Optional.ofNullable(tool.user()))
                .limits(tool.limits())
                .fileSize(tool.fileSize())
                .egress(
                        able.egress() ? tool.limits().egressOr(new Egress.Internet()) : new Egress.None(),
                        able.egress() ? tool.allow() : List.of())
                .encode();
    }

    private Outcome outcome(
            String id, Tool tool, Watch watch, Sandbox sandbox, java.nio.ByteBuffer request, ToolOutput output)
            throws IOException, InterruptedException {
        switch (sandbox.spawn(request)) {
            case Sandbox.Start.Failed(var why) -> throw new IOException(why);
            case Sandbox.Start.Made made -> inits.put(id, made.pid());
        }
        long begin = System.nanoTime();
        var ended = Optional.<Sandbox.Ended>empty();
        boolean late = false;
        boolean over = false;
        while (ended.isEmpty()) {
            long left = tool.limits().timeout().toNanos() - (System.nanoTime() - begin);
            ended = endedWithin(sandbox, Math.min(left, LOOK.toNanos()));
            late = ended.isEmpty() && left <= LOOK.toNanos();
            over = ended.isEmpty() && !late && watch.over();
            if (late || over) {
                ended = Optional.of(sandbox.kill());
            }
        }
        if (ended.get().lost()) {
            throw new IOException("the launcher of sandboxes went away while a tool ran in one");
        }
        output.hearOut();
        return new Outcome(
                output.status().orElse(ended.get().status()), ended.get().outOfMemory(), late, over);
    }

    private static Optional<Sandbox.Ended> endedWithin(Sandbox sandbox, long nanos) throws InterruptedException {
        try {
            return Optional.of(sandbox.ended().get(nanos, TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }
}
