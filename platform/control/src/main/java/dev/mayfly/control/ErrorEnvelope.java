package dev.mayfly.control;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import java.util.LinkedHashMap;
import java.util.Map;

/** The one shape of every error of the API. */
final class ErrorEnvelope {
    private ErrorEnvelope() {}

    static Map<String, Object> of(Problem problem, InvocationId requestId) {
        var error = new LinkedHashMap<String, Object>();
        error.put("code", problem.code().code());
        error.put("message", problem.message());
        error.put("fix", problem.fix());
        error.put("requestId", requestId.toString());
        return Map.of("error", error);
    }
}
