package dev.mayfly.control;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Principal;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.util.List;

/** What a caller may see of the catalog: the projects of its team. */
record Projects(Catalog catalog) {

    List<Snapshot.Project> all(Call call) {
        return catalog.snapshot().projects().values().stream()
                .filter(project -> project.team().equals(call.principal().team()))
                .toList();
    }

    Snapshot.Project one(Call call) {
        return named(call, call.project());
    }

    Snapshot.Project named(Call call, ProjectName name) {
        return catalog.snapshot()
                .project(name)
                .filter(project -> project.team().equals(call.principal().team()))
                .orElseThrow(() -> new Problem(ErrorCode.PROJECT_NOT_FOUND, "there is no project " + name, "mayfly ls")
                        .asException());
    }

    /** The operator sees all: an admin of the team that every server has. Others do where there is nothing of another team to be seen. */
    boolean seesAll(Principal principal) {
        boolean operator = principal.team().equals(Catalog.FIRST_TEAM) && principal.scope() == Scope.ADMIN;
        return operator
                || catalog.snapshot().projects().values().stream()
                        .allMatch(project -> project.team().equals(principal.team()));
    }

    /** Whether what is left of a project, which may be gone by now, may be seen. */
    boolean sees(Call call, ProjectName name) {
        return seesAll(call.principal())
                || catalog.snapshot()
                        .project(name)
                        .filter(project ->
                                project.team().equals(call.principal().team()))
                        .isPresent();
    }

    Deployment deployment(Call call, Snapshot.Project project) {
        return deployment(project, call.deployment());
    }

    Deployment deployment(Snapshot.Project project, DeploymentId id) {
        var deployment = project.deployments().get(id);
        if (deployment == null) {
            throw noDeployment(project.name(), id);
        }
        return deployment;
    }

    static ProblemException noDeployment(ProjectName project, DeploymentId id) {
        return new Problem(
                        ErrorCode.DEPLOYMENT_NOT_FOUND,
                        "there is no deployment " + id + " of " + project,
                        "mayfly inspect " + project)
                .asException();
    }
}
