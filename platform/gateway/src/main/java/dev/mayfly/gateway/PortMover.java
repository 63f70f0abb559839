package dev.mayfly.gateway;

import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import java.util.Optional;

/** Gives another loopback port to what cannot have its own: some other program listens there. */
@FunctionalInterface
public interface PortMover {
    /** @param deployment empty: the project's production */
    void move(ProjectName project, Optional<DeploymentId> deployment, int taken);
}
