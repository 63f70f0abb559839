package dev.mayfly.control;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.provider.Provider.PlatformProcess;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process as {@code mayfly ps} shows it: whose it is, and why it is there. */
final class ProcessView {
    private ProcessView() {}

    /** Whose and why, of what belongs to no instance. */
    private record Place(@Nullable String project, @Nullable String runtime, String state, String reason) {}

    /** @param instance that it belongs to; null: to none that lives */
    static Map<String, @Nullable Object> of(PlatformProcess process, @Nullable InstanceView instance) {
        var place = instance == null
                ? platform(process)
                : new Place(instance.project().value(), null, instance.state(), instance.reason());
        boolean kept = place.project() != null || place.runtime() != null;
        var view = new LinkedHashMap<String, @Nullable Object>();
        view.put("pid", process.pid());
        view.put("role", process.role());
        view.put("instance", process.instance().isEmpty() || (instance == null && kept) ? null : process.instance());
        view.put("project", place.project());
        view.put("deployment", instance == null ? null : instance.deployment().value());
        view.put("function", instance == null ? null : instance.function().value());
        view.put("runtime", place.runtime());
        view.put("state", place.state());
        view.put("reason", place.reason());
        view.put("residentBytes", process.residentBytes());
        view.put("cpuMillis", process.cpuMicros() / 1000);
        return view;
    }

    /** Of what is kept for fast starts, the provider names the runtime or the project in the place of an instance. */
    private static Place platform(PlatformProcess process) {
        var whose = process.instance();
        return switch (process.role()) {
            case "pool" -> new Place(null, whose, "ready", "ready for the next start; used once");
            case "zygote" -> new Place(null, whose, "ready", "workers are forked from it; it holds no one's code");
            case "dependency-zygote" ->
                new Place(whose, null, "ready", "workers are forked from it; it holds the project's dependencies");
            default -> new Place(null, null, "running", "the platform itself");
        };
    }
}
