package dev.mayfly.store.json;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Egress;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import java.time.Duration;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/**
 * How the words of the platform look in JSON: names and digests as plain strings, durations as integer milliseconds, enum constants in lower
 * case, maps in the order of their keys.
 */
public final class Json {
    private Json() {}

    /** A new mapper; make one and share it, it is expensive and safe for use by many threads. */
    public static JsonMapper mapper() {
        return JsonMapper.builder()
                .addModule(words())
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .build();
    }

    /** The value types of the model, for mappers that are configured otherwise. */
    public static SimpleModule words() {
        var module = new SimpleModule("mayfly");
        text(module, ProjectName.class, ProjectName::value, ProjectName::new);
        text(module, FunctionName.class, FunctionName::value, FunctionName::new);
        text(module, DeploymentId.class, DeploymentId::value, DeploymentId::new);
        text(module, InstanceId.class, InstanceId::value, InstanceId::new);
        text(module, InvocationId.class, InvocationId::toString, InvocationId::parse);
        text(module, Digest.class, Digest::hex, Digest::new);
        text(module, Egress.class, Egress::toString, Egress::parse);
        module.addSerializer(Duration.class, new StdSerializer<>(Duration.class) {
            @Override
            public void serialize(Duration value, JsonGenerator out, SerializationContext context) {
                out.writeNumber(value.toMillis());
            }
        });
        module.addDeserializer(Duration.class, new StdDeserializer<>(Duration.class) {
            @Override
            public Duration deserialize(JsonParser in, DeserializationContext context) {
                return Duration.ofMillis(in.getLongValue());
            }
        });
        return module;
    }

    private static <T> void text(
            SimpleModule module, Class<T> type, Function<T, String> write, Function<String, T> read) {
        module.addSerializer(type, new StdSerializer<>(type) {
            @Override
            public void serialize(T value, JsonGenerator out, SerializationContext context) {
                out.writeString(write.apply(value));
            }
        });
        module.addDeserializer(type, new StdDeserializer<>(type) {
            @Override
            public T deserialize(JsonParser in, DeserializationContext context) {
                var text = in.getValueAsString();
                if (text == null) {
                    context.reportInputMismatch(type, "value: %s (expected: a string)", in.currentToken());
                    throw new IllegalStateException("unreachable");
                }
                return read.apply(text);
            }
        });
    }
}
