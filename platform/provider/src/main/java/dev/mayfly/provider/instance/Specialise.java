package dev.mayfly.provider.instance;

import dev.mayfly.provider.InstanceSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What makes a fresh worker the worker of one function: the first frame it gets.
 *
 * @param code folder of the code as the worker sees it
 * @param dependencies likewise; null: none
 * @param tmp likewise, where it may write
 * @param environment complete
 * @param pids processes that it may have, where nobody could say so when its own began; 0: somebody did
 */
public record Specialise(
        InstanceSpec spec,
        Path code,
        @Nullable Path dependencies,
        Path tmp,
        Map<String, String> environment,
        int pids) {
    /** @throws IOException when it is too long for a frame, in words that name what makes it so */
    public ByteBuffer frame(JsonMapper json) throws IOException {
        var entrypoint = spec.entrypoint();
        var content = new LinkedHashMap<String, Object>();
        content.put("function", spec.function().value());
        content.put("code", code.toString());
        if (dependencies != null) {
            content.put("deps", dependencies.toString());
        }
        content.put("tmp", tmp.toString());
        content.put(
                "entrypoint",
                Map.of(
                        "kind", entrypoint.kind().name().toLowerCase(Locale.ROOT),
                        "file", entrypoint.file(),
                        "symbol", entrypoint.symbol()));
        content.put("env", environment);
        // The worker finds out what it serves; until then the most that this could be.
        content.put(
                "concurrency", spec.limits().concurrencyFor(entrypoint.kind().assumedMode()));
        if (pids > 0) {
            content.put("pids", pids);
        }
        var bytes = json.writeValueAsBytes(content);
        if (bytes.length >= Frame.LONGEST_SENT) {
            throw new IOException(
                    "its environment: " + bytes.length + " bytes (expected: less than " + Frame.LONGEST_SENT + ")");
        }
        return Frame.encode(Frame.SPECIALISE, bytes);
    }
}
