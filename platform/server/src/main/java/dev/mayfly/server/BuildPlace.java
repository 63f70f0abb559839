package dev.mayfly.server;

import dev.mayfly.build.tool.Account;
import dev.mayfly.build.tool.BuildLimits;
import dev.mayfly.build.tool.Owner;
import dev.mayfly.build.tool.Workshop;
import dev.mayfly.control.Sweeper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where tools of builds run on this server. */
final class BuildPlace {
    private BuildPlace() {}

    /** @param key of the home of a server that runs as root; empty: it does not */
    static Workshop open(Path folder, String key, ChosenProvider chosen, ServerOptions options)
            throws IOException, InterruptedException {
        return new Workshop(
                folder,
                key.isEmpty() ? Optional.empty() : Optional.of(account(key)),
                chosen.tools(),
                options.allowUnisolated() && !options.isolation().required(),
                BuildLimits.DEFAULTS);
    }

    static Sweeper.Caches caches(Workshop workshop) {
        return projects -> workshop.keepCaches(projects.stream()
                .map(each -> new Owner(each.name(), each.createdAt()))
                .collect(Collectors.toSet()));
    }

    /** The user that build tools run as: one for each home, apart from those of instances. */
    private static Account account(String key) {
        int id = 61_000 + Integer.remainderUnsigned(Integer.parseUnsignedInt(key, 16), 3_000);
        return new Account(id, id);
    }
}
