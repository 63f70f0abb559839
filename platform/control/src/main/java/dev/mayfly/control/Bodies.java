package dev.mayfly.control;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/** JSON in and out. */
final class Bodies {
    /** Room for the list of 100,000 files. */
    static final long MOST_JSON = 32L * 1024 * 1024;

    private final JsonMapper mapper = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    byte[] write(Object body) {
        return mapper.writeValueAsBytes(body);
    }

    /** @throws ProblemException bad_request naming line or field, payload_too_large */
    <T> T read(InputStream body, Class<T> type) {
        try {
            var value = mapper.readValue(new LimitedInput(body, MOST_JSON), type);
            if (value == null) {
                throw Call.bad("body: empty (expected: a JSON object)");
            }
            return value;
        } catch (JacksonException e) {
            if (e.getCause() instanceof IOException broken && broken.getCause() instanceof ProblemException problem) {
                throw problem;
            }
            throw new ProblemException(new Problem(ErrorCode.BAD_REQUEST, describe(e)), e);
        }
    }

    private static String describe(JacksonException e) {
        var field = e instanceof DatabindException ? path(e) : "";
        var where = field.isEmpty()
                ? "body, line " + e.getLocation().getLineNr() + " column "
                        + e.getLocation().getColumnNr()
                : field;
        var message = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
        if (e instanceof MismatchedInputException mismatch && message.startsWith("Cannot deserialize")) {
            return (field.isEmpty() ? "body" : field) + ": of another type (expected: "
                    + words(mismatch.getTargetType()) + ")";
        }
        return where + ": " + message;
    }

    private static String words(Class<?> type) {
        if (type == String.class) {
            return "a string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        return Collection.class.isAssignableFrom(type) ? "a list" : "an object";
    }

    /** {@code files[3].size}. */
    private static String path(JacksonException e) {
        var path = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getPropertyName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getPropertyName());
            }
        }
        return path.toString();
    }
}
