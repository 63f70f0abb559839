package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.store.Catalog;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The variables of an instance: the platform's standard ones, those of the deployment, those stored for the project; later ones win, but
 * {@code MAYFLY_*} is the platform's.
 */
final class Environment {
    private static final String RESERVED = "MAYFLY_";

    private final Catalog catalog;
    private final Function<Deployment, String> url;

    /** @param url where the deployment answers */
    Environment(Catalog catalog, Function<Deployment, String> url) {
        this.catalog = catalog;
        this.url = url;
    }

    /**
     * @param warn told of variables that are not used
     * @throws dev.mayfly.model.ProblemException when a secret that is asked for is not stored
     */
    Map<String, String> of(Target target, Consumer<String> warn) {
        var deployment = target.deployment();
        var stored = catalog.environment(deployment.project());
        var missing = new TreeSet<>(deployment.secrets());
        missing.removeAll(stored.keySet());
        if (!missing.isEmpty()) {
            var name = missing.first();
            throw new Problem(
                            ErrorCode.FUNCTION_START_FAILED,
                            "the secret " + String.join(", ", missing) + " is not stored",
                            "mayfly env set " + name + "=VALUE --project " + deployment.project())
                    .asException();
        }
        var given = new LinkedHashMap<>(deployment.environment());
        given.putAll(stored);
        var ignored = new TreeSet<String>();
        given.keySet().removeIf(name -> reserved(name) && ignored.add(name));
        if (!ignored.isEmpty()) {
            warn.accept("Not set: " + String.join(", ", ignored) + ". Names starting with " + RESERVED
                    + " are the platform's; rename yours.");
        }
        var variables = new LinkedHashMap<String, String>(Map.of("TZ", "UTC", "LANG", "C.UTF-8"));
        variables.putAll(given);
        variables.put("MAYFLY", "1");
        variables.put("MAYFLY_PROJECT", deployment.project().value());
        variables.put("MAYFLY_DEPLOYMENT", deployment.id().value());
        variables.put("MAYFLY_FUNCTION", target.function().name().value());
        variables.put("MAYFLY_URL", url.apply(deployment));
        return variables;
    }

    /** The team's project that it is of: a name that no other has, nor one that comes after it. */
    String owner(Target target) {
        var name = target.deployment().project();
        return catalog.snapshot()
                .project(name)
                .map(project -> project.team() + "/" + name + "/" + project.createdAt())
                .orElse("");
    }

    private static boolean reserved(String name) {
        return name.startsWith(RESERVED) || name.equals("MAYFLY");
    }
}
