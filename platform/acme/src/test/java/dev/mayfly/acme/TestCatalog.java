package dev.mayfly.acme;

import dev.mayfly.gateway.Hosts;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Catalogs below {@code example.org}, each project with one deployment, which is its production and its canary. */
final class TestCatalog {
    static final Hosts HOSTS = new Hosts("example.org", Optional.of("admin.example.net"));
    static final String SHOP = "shop.example.org";
    static final String DEPLOYMENT = "shop--aaaaaaaaaa.example.org";
    static final String CANARY = "shop--canary.example.org";
    static final String OWNED = "www.example.com";
    static final String CLAIMED = "claimed.example.com";

    private TestCatalog() {}

    static Snapshot empty() {
        return new Snapshot(0, new TreeMap<>());
    }

    /** Shop, with a domain of its own and one that is only claimed. */
    static Snapshot shop() {
        return of(List.of("shop"), Map.of(OWNED, 5L, CLAIMED, 0L));
    }

    static Snapshot of(List<String> projects, Map<String, Long> domainsOfFirst) {
        var all = new TreeMap<ProjectName, Snapshot.Project>();
        for (var text : projects) {
            var name = new ProjectName(text);
            var id = new DeploymentId("aaaaaaaaaa");
            var deployment = new Deployment(
                    Deployment.VERSION,
                    id,
                    name,
                    0,
                    "static",
                    "files",
                    List.of(),
                    List.of(),
                    List.of(),
                    Map.of(),
                    List.of(),
                    List.of(),
                    0,
                    0,
                    true);
            var domains = new TreeMap<DomainName, Snapshot.Domain>();
            if (text.equals(projects.getFirst())) {
                domainsOfFirst.forEach((domain, verifiedAt) -> domains.put(
                        new DomainName(domain), new Snapshot.Domain(new DomainName(domain), "token", 1, verifiedAt)));
            }
            all.put(
                    name,
                    new Snapshot.Project(
                            name,
                            Catalog.FIRST_TEAM,
                            0,
                            7101 + all.size(),
                            aliases(id),
                            new TreeMap<>(Map.of(id, deployment)),
                            Map.of(),
                            new TreeSet<>(),
                            domains));
        }
        return new Snapshot(1, all);
    }

    private static NavigableMap<AliasName, Alias> aliases(DeploymentId deployment) {
        var aliases = new TreeMap<AliasName, Alias>();
        for (var name : List.of(AliasName.PRODUCTION, new AliasName("canary"))) {
            aliases.put(name, Alias.of(name, deployment, new Stickiness.None()));
        }
        return aliases;
    }
}
