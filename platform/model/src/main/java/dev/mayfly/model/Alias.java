package dev.mayfly.model;

import java.util.HashSet;
import java.util.List;

/**
 * A name that points to deployments of a project.
 *
 * @param shares oldest deployment first, each once
 * @param stickiness whether a client stays with the deployment that it came to
 */
public record Alias(AliasName name, List<Share> shares, Stickiness stickiness) {
    /** Deployments of one alias. */
    public static final int MOST_SHARES = 10;

    public Alias {
        shares = List.copyOf(shares);
        if (shares.isEmpty() || shares.size() > MOST_SHARES) {
            throw new IllegalArgumentException(
                    "deployments of " + name + ": " + shares.size() + " (expected: 1 to " + MOST_SHARES + " of them)");
        }
        var seen = new HashSet<DeploymentId>();
        for (var share : shares) {
            if (!seen.add(share.deployment())) {
                throw new IllegalArgumentException(
                        "deployment " + share.deployment() + " of " + name + ": given twice (expected: once)");
            }
        }
    }

    /** All to one. */
    public static Alias of(AliasName name, DeploymentId deployment, Stickiness stickiness) {
        return new Alias(name, List.of(new Share(deployment, 1)), stickiness);
    }

    public boolean names(DeploymentId deployment) {
        return shares.stream().anyMatch(share -> share.deployment().equals(deployment));
    }

    /** The one that most requests go to; of several, the newest. */
    public DeploymentId main() {
        var main = shares.getFirst();
        for (var share : shares) {
            main = share.weight() >= main.weight() ? share : main;
        }
        return main.deployment();
    }
}
