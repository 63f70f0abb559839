package dev.mayfly.engine;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.util.HashMap;
import java.util.Map;

/**
 * How many requests may run at once, of whom: what the operator says, and what deployments say of their projects. A project's limit, and what its
 * functions reserve, is what the deployment says that production leads to, so that it is promoted and rolled back with it; of functions that are
 * not there, what others say that an alias leads to.
 *
 * @param server requests of all; {@link #NONE}: any number
 * @param team requests of each team
 * @param teams whose the projects are; empty where nobody asks
 * @param projects those that say something
 */
record ConcurrencyLimits(int server, int team, Map<ProjectName, String> teams, Map<ProjectName, OfProject> projects) {
    static final int NONE = EngineSettings.ANY;

    /** @param reserved by name, {@code reservedConcurrency} of the functions that have it */
    record OfProject(int most, Map<FunctionName, Integer> reserved) {
        static final OfProject NOTHING = new OfProject(NONE, Map.of());

        int allReserved() {
            long all = reserved.values().stream().mapToLong(each -> each).sum();
            return (int) Math.min(all, NONE);
        }
    }

    ConcurrencyLimits {
        teams = Map.copyOf(teams);
        projects = Map.copyOf(projects);
    }

    static ConcurrencyLimits of(EngineSettings settings, Snapshot snapshot) {
        boolean operated = settings.maxConcurrency() != NONE || settings.teamConcurrency() != NONE;
        var teams = new HashMap<ProjectName, String>();
        var projects = new HashMap<ProjectName, OfProject>();
        for (var project : snapshot.projects().values()) {
            if (operated) {
                teams.put(project.name(), project.team());
            }
            var said = of(project);
            if (!said.equals(OfProject.NOTHING)) {
                projects.put(project.name(), said);
            }
        }
        return new ConcurrencyLimits(settings.maxConcurrency(), settings.teamConcurrency(), teams, projects);
    }

    private static OfProject of(Snapshot.Project project) {
        var reserved = new HashMap<FunctionName, Integer>();
        var production = project.production();
        production.ifPresent(deployment -> reserved.putAll(deployment.reservations()));
        for (var alias : project.aliases().values()) {
            for (var share : alias.shares()) {
                var deployment = project.deployments().get(share.deployment());
                if (deployment != null) {
                    deployment.reservations().forEach((name, count) -> {
                        if (production.flatMap(its -> its.function(name)).isEmpty()) {
                            reserved.putIfAbsent(name, count);
                        }
                    });
                }
            }
        }
        var most = production.map(Deployment::maxConcurrency).orElse(NONE);
        return new OfProject(most, Map.copyOf(reserved));
    }

    OfProject of(ProjectName project) {
        return projects.getOrDefault(project, OfProject.NOTHING);
    }

    String teamOf(ProjectName project) {
        return teams.getOrDefault(project, Catalog.FIRST_TEAM);
    }

    /** Whether a request of this function counts anywhere. */
    boolean concern(ProjectName project, FunctionName function) {
        var said = of(project);
        return server != NONE
                || team != NONE
                || said.most() != NONE
                || said.reserved().containsKey(function);
    }
}
