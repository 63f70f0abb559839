package dev.mayfly.build;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Limits;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Sandboxes of a machine that has no way out of them. */
record ClosedToolRuns(ToolRuns open) implements ToolRuns {
    @Override
    public Outcome run(Tool tool, Watch watch, Consumer<String> lines) throws IOException, InterruptedException {
        return open.run(
                new Tool(
                        tool.command(),
                        tool.environment(),
                        tool.cwd(),
                        tool.mounts(),
                        tool.user(),
                        closed(tool.limits()),
                        tool.fileSize(),
                        List.of()),
                watch,
                lines);
    }

    private static Limits closed(Limits limits) {
        return new Limits(
                limits.memory(),
                limits.cpu(),
                limits.concurrency(),
                limits.minInstances(),
                limits.maxInstances(),
                limits.timeout(),
                limits.idleTimeout(),
                limits.queue(),
                limits.queueTimeout(),
                limits.requestBody(),
                limits.requestHeaders(),
                limits.pids(),
                limits.tmp(),
                limits.inodes(),
                limits.logRate(),
                new Egress.None(),
                limits.isolation(),
                limits.zygotes());
    }

    @Override
    public Optional<Obstacle> obstacle() {
        return Optional.of(new Obstacle("the kernel has no nf_tables", "Load nf_tables."));
    }

    @Override
    public Language language(Interpreter python) throws IOException {
        return open.language(python);
    }
}
