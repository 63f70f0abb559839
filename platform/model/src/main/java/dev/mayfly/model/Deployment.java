package dev.mayfly.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One immutable build of a project: the content of {@code deployment.json}, all that gateway, engine and other nodes read.
 *
 * @param createdAt milliseconds since 1970
 * @param mode how the source was understood: {@code app}, {@code functions}, {@code script}, {@code server} or {@code static}
 * @param reason why that mode, in one sentence for people
 * @param staticFiles by request path
 * @param environment plain variables from {@code mayfly.yaml}; stored secrets are added when an instance starts
 * @param files how many files the source had
 * @param bytes their size
 * @param compression whether its answers may be compressed
 */
public record Deployment(
        int version,
        DeploymentId id,
        ProjectName project,
        long createdAt,
        String mode,
        String reason,
        List<Function> functions,
        List<Route> routes,
        List<StaticFile> staticFiles,
        Map<String, String> environment,
        List<String> secrets,
        List<String> warnings,
        int files,
        long bytes,
        boolean compression) {
    public static final int VERSION = 1;

    public Deployment {
        functions = List.copyOf(functions);
        routes = List.copyOf(routes);
        staticFiles = List.copyOf(staticFiles);
        environment = Map.copyOf(environment);
        secrets = List.copyOf(secrets);
        warnings = List.copyOf(warnings);
    }

    public Optional<Function> function(FunctionName name) {
        return functions.stream().filter(f -> f.name().equals(name)).findFirst();
    }
}
