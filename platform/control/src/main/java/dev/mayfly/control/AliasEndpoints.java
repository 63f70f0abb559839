package dev.mayfly.control;

import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.AliasChange;
import dev.mayfly.store.AliasState;
import dev.mayfly.store.RollbackTarget;
import dev.mayfly.store.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What names of a project lead to, and led to before. An answer comes once the edge does as it says: the next request goes there. */
record AliasEndpoints(Projects projects, AliasViews views, ServedRevision served) {
    private static final Duration MOST = Duration.ofSeconds(30);
    private static final long MOST_SHOWN = 1000;

    /** A deployment and its weight; without one, 1. */
    record Part(@Nullable String id, @Nullable Number weight) {}

    /** Body of a PUT. What is left out stays as it is. */
    record Wanted(
            @Nullable List<@Nullable Part> deployments,
            @Nullable String sticky) {}

    /** Body of a POST; empty: whichever is next. */
    record Chosen(@Nullable String deployment) {}

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/projects/{p}/aliases", Scope.READ, Set.of(), this::list),
                new Endpoint("PUT", "/projects/{p}/aliases/{name}", Scope.DEPLOY, Set.of(), this::set),
                new Endpoint("DELETE", "/projects/{p}/aliases/{name}", Scope.DEPLOY, Set.of(), this::remove),
                new Endpoint("POST", "/projects/{p}/promotion", Scope.DEPLOY, Set.of(), this::promote),
                new Endpoint("POST", "/projects/{p}/rollback", Scope.DEPLOY, Set.of(), this::rollBack),
                new Endpoint("GET", "/projects/{p}/history", Scope.READ, Set.of("alias", "limit"), this::history));
    }

    private Answer list(Call call) {
        return Answer.json(Map.of("aliases", views.aliases(projects.one(call))));
    }

    private Answer set(Call call) throws InterruptedException {
        var project = projects.one(call);
        var name = name(call.inPath("name"));
        var wanted = call.json(Wanted.class);
        var shares = Optional.ofNullable(wanted.deployments()).map(AliasEndpoints::shares);
        var stickiness =
                Optional.ofNullable(wanted.sticky()).map(sticky -> Call.parsed("sticky", sticky, Stickiness::parse));
        return changed(
                project,
                projects.catalog()
                        .changeAlias(
                                project.name(),
                                name,
                                AliasMove.Cause.ALIAS,
                                now -> wanted(name, now.alias(), shares, stickiness)));
    }

    private static Alias wanted(
            AliasName name, Optional<Alias> now, Optional<List<Share>> shares, Optional<Stickiness> stickiness) {
        var all = shares.or(() -> now.map(Alias::shares))
                .orElseThrow(() -> new Problem(
                                ErrorCode.BAD_REQUEST,
                                "deployments: missing (expected: a list, as there is no alias " + name + " yet)",
                                "mayfly alias " + name + " DEPLOYMENT")
                        .asException());
        var how = stickiness.or(() -> now.map(Alias::stickiness)).orElse(new Stickiness.None());
        return Call.parsed("alias", name.value(), ok -> new Alias(name, all, how));
    }

    private Answer remove(Call call) throws InterruptedException {
        var project = projects.one(call);
        await(projects.catalog().removeAlias(project.name(), name(call.inPath("name"))));
        return new Answer.Empty(204);
    }

    /** To the newest deployment, where none is chosen. */
    private Answer promote(Call call) throws InterruptedException {
        var project = projects.one(call);
        var chosen = chosen(call);
        return changed(
                project,
                projects.catalog()
                        .changeAlias(
                                project.name(),
                                AliasName.PRODUCTION,
                                AliasMove.Cause.PROMOTE,
                                now -> production(now.alias(), chosen.orElseGet(now.deployments()::getLast))));
    }

    /** To what it pointed to before, where no deployment is chosen; from what its caller can have seen, and nothing else. */
    private Answer rollBack(Call call) throws InterruptedException {
        var project = projects.one(call);
        var seen = project.alias(AliasName.PRODUCTION);
        var chosen = chosen(call);
        return changed(
                project,
                projects.catalog().changeAlias(project.name(), AliasName.PRODUCTION, AliasMove.Cause.ROLLBACK, now -> {
                    if (!now.alias().equals(seen)) {
                        throw overtaken(project.name());
                    }
                    return chosen.map(deployment -> earlier(project.name(), now, deployment))
                            .orElseGet(() -> previous(project.name(), now));
                }));
    }

    private static ProblemException overtaken(ProjectName project) {
        return new Problem(
                        ErrorCode.CONFLICT,
                        "production of " + project + " was moved by somebody else at the same time",
                        "mayfly history " + project + ", then roll back again")
                .asException();
    }

    private static Alias earlier(ProjectName project, AliasState now, DeploymentId deployment) {
        if (!now.deployments().contains(deployment)) {
            throw Projects.noDeployment(project, deployment);
        }
        boolean was = now.moves().stream()
                .flatMap(move -> move.shares().stream())
                .anyMatch(share -> share.deployment().equals(deployment));
        if (!was) {
            throw new Problem(
                            ErrorCode.CONFLICT,
                            "deployment " + deployment + " was not production of " + project + " before",
                            "mayfly promote " + project + "--" + deployment)
                    .asException();
        }
        return production(now.alias(), deployment);
    }

    private static Alias previous(ProjectName project, AliasState state) {
        return state.alias()
                .flatMap(now -> RollbackTarget.of(now, state.moves(), state.deployments())
                        .map(shares -> new Alias(AliasName.PRODUCTION, shares, now.stickiness())))
                .orElseThrow(() -> new Problem(
                                ErrorCode.CONFLICT,
                                "production of " + project + " pointed to nothing else before that is still there",
                                "mayfly history " + project + "; mayfly promote DEPLOYMENT chooses any")
                        .asException());
    }

    private static Alias production(Optional<Alias> before, DeploymentId deployment) {
        return Alias.of(
                AliasName.PRODUCTION, deployment, before.map(Alias::stickiness).orElse(new Stickiness.None()));
    }

    private Answer history(Call call) {
        var project = projects.one(call);
        var alias = call.text("alias").map(AliasEndpoints::name);
        long limit = call.number("limit", 1, MOST_SHOWN).orElse(MOST_SHOWN);
        return Answer.json(Map.of(
                "moves",
                projects.catalog().moves(project.name(), alias).stream()
                        .limit(limit)
                        .map(move -> views.move(project, move))
                        .toList()));
    }

    private Answer changed(Snapshot.Project project, AliasChange change) throws InterruptedException {
        await(change.revision());
        var view = new LinkedHashMap<String, Object>();
        view.put("alias", views.alias(project, change.after()));
        view.put("moved", change.moved());
        view.put("before", AliasViews.shares(change.before().map(Alias::shares).orElse(List.of())));
        return Answer.json(view);
    }

    private static Optional<DeploymentId> chosen(Call call) {
        return Optional.ofNullable(call.json(Chosen.class).deployment())
                .map(text -> Call.parsed("deployment", text, DeploymentId::new));
    }

    private static List<Share> shares(List<@Nullable Part> parts) {
        var shares = new ArrayList<Share>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            var part = parts.get(i);
            if (part == null || part.id() == null) {
                throw Call.bad("deployments[" + i + "].id: missing (expected: a deployment)");
            }
            var id = Call.parsed("deployment", part.id(), DeploymentId::new);
            var weight = part.weight() == null ? Integer.valueOf(1) : part.weight();
            if (!(weight instanceof Integer whole)) {
                throw Call.bad("weight of " + id + ": " + weight + " (expected: a whole number from 1 to "
                        + Share.MOST_WEIGHT + ")");
            }
            shares.add(Call.parsed("weight", id.value(), ok -> new Share(id, whole)));
        }
        return shares;
    }

    private static AliasName name(String text) {
        return Call.parsed("alias", text, AliasName::new);
    }

    private void await(long revision) throws InterruptedException {
        if (!served.await(revision, MOST)) {
            throw new Problem(
                            ErrorCode.UNAVAILABLE,
                            "the change is stored, but after " + MOST.toSeconds() + " s requests do not go there yet",
                            "mayfly history; the server's log says what keeps it")
                    .asException();
        }
    }
}
