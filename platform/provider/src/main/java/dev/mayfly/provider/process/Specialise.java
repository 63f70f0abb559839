package dev.mayfly.provider.process;

import dev.mayfly.provider.InstanceSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** What makes a fresh worker the worker of one function: the first frame it gets. */
record Specialise(InstanceSpec spec, Layers layers, InstanceFolder folder) {
    ByteBuffer frame(JsonMapper json) throws IOException {
        var entrypoint = spec.entrypoint();
        var content = new LinkedHashMap<String, Object>();
        content.put("function", spec.function().value());
        content.put("code", layers.code().toString());
        if (layers.dependencies() != null) {
            content.put("deps", layers.dependencies().toString());
        }
        content.put("tmp", folder.scratch().toString());
        content.put(
                "entrypoint",
                Map.of(
                        "kind", entrypoint.kind().name().toLowerCase(Locale.ROOT),
                        "file", entrypoint.file(),
                        "symbol", entrypoint.symbol()));
        content.put("env", environment());
        content.put("concurrency", concurrency());
        var bytes = json.writeValueAsBytes(content);
        if (bytes.length >= Frame.LONGEST_SENT) {
            throw new IOException(
                    "its environment: " + bytes.length + " bytes (expected: less than " + Frame.LONGEST_SENT + ")");
        }
        return Frame.encode(Frame.SPECIALISE, bytes);
    }

    private Map<String, String> environment() {
        var variables = new LinkedHashMap<>(Launch.environment(folder));
        variables.putAll(spec.environment());
        // Last: this one is how the platform finds its own processes again.
        variables.put(InstanceFolder.MARK_NAME, folder.run().toString());
        return variables;
    }

    /** The worker finds out what it serves; until then the most that this could be. */
    private int concurrency() {
        return switch (spec.entrypoint().kind()) {
            case HANDLER -> spec.limits().concurrencyFor(dev.mayfly.model.ServingMode.HANDLER);
            case SCRIPT -> spec.limits().concurrencyFor(dev.mayfly.model.ServingMode.SCRIPT);
            case APP -> spec.limits().concurrencyFor(dev.mayfly.model.ServingMode.WSGI);
            case COMMAND -> spec.limits().concurrencyFor(dev.mayfly.model.ServingMode.PROVIDED);
        };
    }
}
