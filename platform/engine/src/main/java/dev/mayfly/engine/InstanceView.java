package dev.mayfly.engine;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ProjectName;

/**
 * A live instance.
 *
 * @param state {@code starting}, {@code idle}, {@code busy} or {@code draining}
 * @param reason why it exists, in words: {@code "first request"}, {@code "3 requests waited"}, {@code "idle for 12 s, ends after 60 s"}
 */
public record InstanceView(
        InstanceId id,
        ProjectName project,
        DeploymentId deployment,
        FunctionName function,
        String state,
        int active,
        long startedAt,
        String reason) {}
