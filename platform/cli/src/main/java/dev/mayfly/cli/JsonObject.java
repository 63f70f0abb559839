package dev.mayfly.cli;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON object. What is missing or of another type reads as empty, zero or false, so that a newer server can say more. */
record JsonObject(Map<String, @Nullable Object> fields) {
    static Map<String, @Nullable Object> cast(Map<?, ?> map) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((name, value) -> fields.put(String.valueOf(name), value));
        return fields;
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    String text(String name) {
        var value = fields.get(name);
        return value == null ? "" : value.toString();
    }

    long number(String name) {
        return fields.get(name) instanceof Number number ? number.longValue() : 0;
    }

    BigDecimal decimal(String name) {
        var text = text(name);
        try {
            return text.isEmpty() ? BigDecimal.ZERO : new BigDecimal(text);
        } catch (NumberFormatException e) {
            return BigDecimal.ZERO;
        }
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(fields.get(name));
    }

    JsonObject object(String name) {
        return new JsonObject(fields.get(name) instanceof Map<?, ?> map ? cast(map) : Map.of());
    }

    List<JsonObject> objects(String name) {
        return items(name).stream()
                .map(item -> new JsonObject(item instanceof Map<?, ?> map ? cast(map) : Map.of()))
                .toList();
    }

    List<String> texts(String name) {
        return items(name).stream().map(String::valueOf).toList();
    }

    private List<?> items(String name) {
        return fields.get(name) instanceof List<?> list ? list : List.of();
    }
}
