package dev.mayfly.control;

import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;

/**
 * The URLs of what is deployed.
 *
 * @param secure whether {@code port} speaks TLS
 * @param hostNamesResolve whether names below {@code domain} resolve on this machine; if not, loopback ports are what to call
 */
public record Addresses(String domain, boolean secure, int port, boolean hostNamesResolve) {

    /** Where {@code deployment} itself answers. */
    public String url(Snapshot snapshot, Deployment deployment) {
        var hostUrl = hostUrl(deployment.project(), deployment.id());
        return snapshot.project(deployment.project())
                .map(project -> best(hostUrl, portUrl(project, deployment.id())))
                .orElse(hostUrl);
    }

    String hostUrl(ProjectName project) {
        return scheme() + project + "." + domain + colonPort() + "/";
    }

    String hostUrl(ProjectName project, DeploymentId deployment) {
        return scheme() + project + "--" + deployment + "." + domain + colonPort() + "/";
    }

    /** Of an alias other than production. */
    String hostUrl(ProjectName project, AliasName alias) {
        return scheme() + project + "--" + alias + "." + domain + colonPort() + "/";
    }

    String portUrl(Snapshot.Project project) {
        return loopback(project.port());
    }

    String portUrl(Snapshot.Project project, DeploymentId deployment) {
        return loopback(project.deploymentPorts().getOrDefault(deployment, project.port()));
    }

    String best(String hostUrl, String portUrl) {
        return hostNamesResolve ? hostUrl : portUrl;
    }

    private String scheme() {
        return secure ? "https://" : "http://";
    }

    private String colonPort() {
        return port == (secure ? 443 : 80) ? "" : ":" + port;
    }

    private static String loopback(int port) {
        return "http://127.0.0.1:" + port + "/";
    }
}
