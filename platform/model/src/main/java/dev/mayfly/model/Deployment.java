package dev.mayfly.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
 * @param maxConcurrency requests of the whole project that may run at once while production leads here; null: any number
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
        boolean compression,
        @Nullable Integer maxConcurrency) {
    public static final int VERSION = 1;

    public Deployment {
        functions = List.copyOf(functions);
        routes = List.copyOf(routes);
        staticFiles = List.copyOf(staticFiles);
        environment = Map.copyOf(environment);
        secrets = List.copyOf(secrets);
        warnings = List.copyOf(warnings);
        if (maxConcurrency != null && maxConcurrency < 1) {
            throw new IllegalArgumentException("maxConcurrency: " + maxConcurrency + " (expected: >= 1)");
        }
    }

    /** One that sets no limit to its project. */
    public Deployment(
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
        this(
                version,
                id,
                project,
                createdAt,
                mode,
                reason,
                functions,
                routes,
                staticFiles,
                environment,
                secrets,
                warnings,
                files,
                bytes,
                compression,
                null);
    }

    /** {@code reservedConcurrency} of the functions that have it. */
    public Map<FunctionName, Integer> reservations() {
        var reservations = new TreeMap<FunctionName, Integer>();
        for (var function : functions) {
            var reserved = function.limits().reservedConcurrency();
            if (reserved != null) {
                reservations.put(function.name(), reserved);
            }
        }
        return reservations;
    }

    public Optional<Function> function(FunctionName name) {
        return functions.stream().filter(f -> f.name().equals(name)).findFirst();
    }
}
