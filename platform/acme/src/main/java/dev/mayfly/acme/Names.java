package dev.mayfly.acme;

import dev.mayfly.gateway.Hosts;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which names may have a certificate: what this server answers at, and nothing else, whatever clients ask for.
 *
 * @param covered whether a name has a certificate from elsewhere
 * @param owned domains that projects own
 */
record Names(Snapshot snapshot, Hosts hosts, Predicate<String> covered, Set<String> owned) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9].*\\.[a-z][a-z0-9-]*");

    static Names of(Snapshot snapshot, Hosts hosts, Predicate<String> covered) {
        var owned = new HashSet<String>();
        for (var project : snapshot.projects().values()) {
            for (var domain : project.domains().values()) {
                if (domain.verified()) {
                    owned.add(domain.name().value());
                }
            }
        }
        return new Names(snapshot, hosts, covered, owned);
    }

    /** Those that get one at once, and always have one: of projects, of the domains that they own, of the management API. */
    TreeSet<String> standing() {
        var names = new TreeSet<String>();
        admin().ifPresent(names::add);
        for (var project : snapshot.projects().values()) {
            if (project.production().isPresent()) {
                names.add(project.name() + "." + hosts.domain());
                project.domains().values().stream()
                        .filter(Snapshot.Domain::verified)
                        .forEach(domain -> names.add(domain.name().value()));
            }
        }
        names.removeIf(covered);
        return names;
    }

    /** Whether {@code name} may have one: one of {@link #standing}, or of a deployment or an alias, which gets one when somebody comes there. */
    boolean known(String name) {
        if (covered.test(name)) {
            return false;
        }
        int label = name.length() - hosts.domain().length() - 1;
        if (label > 0 && name.endsWith(hosts.domain()) && name.charAt(label) == '.') {
            return deployed(name.substring(0, label));
        }
        return admin().filter(name::equals).isPresent() || owned.contains(name);
    }

    /** Addresses and names of one label are certified by nobody. */
    private Optional<String> admin() {
        return hosts.adminHost().filter(host -> NAME.matcher(host).matches());
    }

    private boolean deployed(String label) {
        try {
            int at = label.indexOf("--");
            if (at < 0) {
                return snapshot.project(new ProjectName(label))
                        .flatMap(Snapshot.Project::production)
                        .isPresent();
            }
            var name = label.substring(at + 2);
            return snapshot.project(new ProjectName(label.substring(0, at)))
                    .filter(project -> leads(project, name))
                    .isPresent();
        } catch (IllegalArgumentException noSuchName) {
            return false;
        }
    }

    /** Production answers at the name of its project alone. */
    private static boolean leads(Snapshot.Project project, String name) {
        return project.aliases().keySet().stream()
                        .anyMatch(alias -> !alias.equals(AliasName.PRODUCTION)
                                && alias.value().equals(name))
                || project.deployments().containsKey(new DeploymentId(name));
    }
}
