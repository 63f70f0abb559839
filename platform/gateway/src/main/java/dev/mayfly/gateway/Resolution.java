package dev.mayfly.gateway;

import dev.mayfly.model.Function;
import dev.mayfly.model.StaticFile;
import java.util.List;

/** What a path of a deployment leads to. */
sealed interface Resolution {
    record File(StaticFile file) implements Resolution {}

    record Call(Function function, List<RoutePattern.Parameter> parameters) implements Resolution {}

    record Nothing() implements Resolution {}
}
