package dev.mayfly.build.python;

import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.python.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Sandboxes that run nothing and remember what they were given. */
final class RecordingToolRuns implements ToolRuns {
    final List<Tool> tools = new ArrayList<>();

    @Override
    public Outcome run(Tool tool, Watch watch, Consumer<String> lines) {
        tools.add(tool);
        return new Outcome(0, false, false, false);
    }

    @Override
    public Optional<Obstacle> obstacle() {
        return Optional.empty();
    }

    @Override
    public Language language(Interpreter python) {
        return new Language("/usr/bin/python3", List.of(), Map.of("PATH", "/usr/bin"));
    }
}
