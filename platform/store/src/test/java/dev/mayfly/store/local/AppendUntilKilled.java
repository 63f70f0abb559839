package dev.mayfly.store.local;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Catalog.Ports;
import dev.mayfly.store.Samples;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * Appends usage records and log lines, and deploys, from number {@code first} on; after each flush it prints the number up to which all is
 * acknowledged.
 */
final class AppendUntilKilled {
    private AppendUntilKilled() {}

    public static void main(String[] arguments) throws IOException {
        var home = Path.of(arguments[0]);
        int first = Integer.parseInt(arguments[1]);
        try (var store = LocalStore.open(home, home.resolve("artifacts"), Clock.systemUTC())) {
            for (int n = first; ; n++) {
                store.usage().append(Samples.usage(HELLO, NOON, n));
                store.logs().append(Samples.printed(HELLO, n, Integer.toString(n)));
                if (n % 100 == 0) {
                    int deployment = n / 100;
                    store.catalog()
                            .addDeployment(
                                    Catalog.FIRST_TEAM,
                                    Samples.deployment(HELLO, deployment),
                                    false,
                                    new Ports(10_000, 20_000 + deployment));
                    store.catalog()
                            .pointAlias(HELLO, splitWithFirst(Samples.deploymentId(deployment)), AliasMove.Cause.ALIAS);
                    store.usage().flush();
                    store.logs().flush();
                    System.out.println(n);
                }
            }
        }
    }

    /** So that a move is of several rows. */
    private static Alias splitWithFirst(DeploymentId deployment) {
        var first = new Share(Samples.deploymentId(0), 3);
        var shares = deployment.equals(first.deployment()) ? List.of(first) : List.of(first, new Share(deployment, 5));
        return new Alias(AliasName.PRODUCTION, shares, new Stickiness.Cookie());
    }
}
