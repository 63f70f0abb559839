package dev.mayfly.provider;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an instance is to run.
 *
 * @param code folder of the code layer
 * @param dependencies folder of the dependency layer; null: none
 * @param owner a team's project: only its functions may ever share memory into which these dependencies were loaded
 * @param environment complete, secrets included; reaches the worker over its control channel and nowhere else
 * @param startTimeout how long loading the user's code may take
 */
public record InstanceSpec(
        InstanceId id,
        FunctionName function,
        String runtime,
        Entrypoint entrypoint,
        Path code,
        @Nullable Path dependencies,
        String owner,
        Map<String, String> environment,
        Limits limits,
        Duration startTimeout) {}
