package dev.mayfly.server;

import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.gateway.PortMover;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Catalog;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives what lost its loopback port to another program a new one, for good. */
record PortMoves(Catalog catalog, LoopbackPorts ports) implements PortMover {
    private static final Logger LOG = LoggerFactory.getLogger(PortMoves.class);

    @Override
    public void move(ProjectName project, Optional<DeploymentId> deployment, int taken) {
        int port = ports.reserve(catalog.snapshot());
        try {
            catalog.movePorts(project, deployment, port);
            LOG.warn(
                    "{}{} moved from port {} to {}",
                    project,
                    deployment.map(id -> "--" + id).orElse(""),
                    taken,
                    port);
        } finally {
            ports.release(port);
        }
    }
}
