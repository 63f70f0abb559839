package dev.mayfly.store.local;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;

import dev.mayfly.store.Catalog;
import dev.mayfly.store.Catalog.Ports;
import dev.mayfly.store.Samples;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

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
                    var production = store.catalog()
                            .snapshot()
                            .project(HELLO)
                            .orElseThrow()
                            .aliases()
                            .get("production");
                    if (!store.catalog()
                            .moveAlias(
                                    HELLO,
                                    Catalog.PRODUCTION,
                                    Optional.ofNullable(production),
                                    Samples.deploymentId(deployment))) {
                        throw new IllegalStateException("nobody else moves it");
                    }
                    store.usage().flush();
                    store.logs().flush();
                    System.out.println(n);
                }
            }
        }
    }
}
