package dev.mayfly.provider.instance;

import dev.mayfly.provider.host.Spawner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compiled form of the worker's modules. Instances may not write it, since they all share it; so the platform does, once for each
 * interpreter, beside the first instance that uses it and not before: without it an instance only starts later.
 */
public final class Bytecode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Bytecode.class);

    private final Path folder;
    private final Spawner spawner;
    private final Set<Path> interpreters = ConcurrentHashMap.newKeySet();
    private final Map<Long, Process> compiling = new ConcurrentHashMap<>();
    private boolean closed;

    public Bytecode(Path folder, Spawner spawner) {
        this.folder = folder;
        this.spawner = spawner;
    }

    /** Returns at once. */
    public void keepFor(Path interpreter) {
        if (interpreters.add(interpreter)) {
            Thread.ofVirtual().name("compile-worker").start(() -> compile(interpreter));
        }
    }

    private void compile(Path interpreter) {
        var builder = new ProcessBuilder(
                        List.of(interpreter.toString(), "-I", "-S", "-m", "compileall", "-q", folder.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        try {
            var process = started(builder);
            if (process == null) {
                return;
            }
            int status = process.waitFor();
            compiling.remove(process.pid());
            LOG.debug("compiled the worker for {}: {}", interpreter, status);
        } catch (IOException e) {
            LOG.warn("cannot compile the worker for {}; its instances start later than they could", interpreter, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Null when it is too late to begin. */
    private synchronized @Nullable Process started(ProcessBuilder builder) throws IOException, InterruptedException {
        if (closed) {
            return null;
        }
        var process = spawner.start(builder);
        compiling.put(process.pid(), process);
        return process;
    }

    /** Processes at work on it now. */
    public Set<Long> running() {
        return Set.copyOf(compiling.keySet());
    }

    @Override
    public synchronized void close() {
        closed = true;
        compiling.values().forEach(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }
}
