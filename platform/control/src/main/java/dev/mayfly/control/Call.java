package dev.mayfly.control;

import dev.mayfly.gateway.FunctionCaller;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Principal;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** A request to an endpoint, admitted and taken apart. */
record Call(
        HttpServerRequest request,
        RequestBody body,
        FunctionCaller caller,
        Principal principal,
        InvocationId requestId,
        ClientPresence client,
        Map<String, String> path,
        Map<String, List<String>> query,
        Bodies bodies) {

    /** The body as a {@code type}, or bad_request naming the place. */
    <T> T json(Class<T> type) {
        return bodies.read(body, type);
    }

    ProjectName project() {
        return parsed("project", inPath("p"), ProjectName::new);
    }

    DeploymentId deployment() {
        return parsed("deployment", inPath("id"), DeploymentId::new);
    }

    String inPath(String name) {
        var value = path.get(name);
        if (value == null) {
            throw new IllegalStateException("the path has no " + name);
        }
        return value;
    }

    Optional<String> text(String name) {
        var values = query.getOrDefault(name, List.of());
        if (values.size() > 1) {
            throw bad(name + ": given " + values.size() + " times (expected: once)");
        }
        return values.stream().findFirst();
    }

    boolean flag(String name) {
        return switch (text(name).orElse("0")) {
            case "", "1", "true" -> true;
            case "0", "false" -> false;
            case String other -> throw bad(name + ": " + other + " (expected: 1 or 0)");
        };
    }

    Optional<Long> number(String name, long least, long most) {
        return text(name).map(value -> {
            try {
                long number = Long.parseLong(value);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException notOne) {
                // told below
            }
            throw bad(name + ": " + value + " (expected: a whole number from " + least + " to " + most + ")");
        });
    }

    Optional<Instant> time(String name) {
        return number(name, 0, 253_402_300_799_999L).map(Instant::ofEpochMilli);
    }

    Optional<ProjectName> projectName(String name) {
        return text(name).map(value -> parsed(name, value, ProjectName::new));
    }

    Optional<DeploymentId> deploymentId(String name) {
        return text(name).map(value -> parsed(name, value, DeploymentId::new));
    }

    Optional<FunctionName> functionName(String name) {
        return text(name).map(value -> parsed(name, value, FunctionName::new));
    }

    Optional<InvocationId> invocationId(String name) {
        return text(name).map(value -> parsed(name, value, InvocationId::parse));
    }

    void allow(Set<String> names) {
        for (var name : query.keySet()) {
            if (!names.contains(name)) {
                throw bad("query parameter " + name + " (expected: "
                        + (names.isEmpty()
                                ? "none"
                                : String.join(", ", names.stream().sorted().toList())) + ")");
            }
        }
    }

    static <T> T parsed(String what, String value, Function<String, T> parser) {
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage() == null ? what + ": " + value : e.getMessage());
        }
    }

    static RuntimeException bad(String message) {
        return new Problem(ErrorCode.BAD_REQUEST, message).asException();
    }
}
