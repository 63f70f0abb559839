package dev.mayfly.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;

/**
 * What a command is about: a project, or one deployment of it.
 *
 * @param deployment its id; empty: the project
 */
record Subject(String project, String deployment) {
    /** Finds what {@code PROJECT}, {@code DEPLOYMENT}, {@code PROJECT--DEPLOYMENT} or a URL names. */
    static Subject find(Api api, String name) {
        if (name.contains("://")) {
            try {
                return ofUrl(api, new URI(name));
            } catch (URISyntaxException e) {
                throw Failure.usage("url: " + name + " (expected: http://HOST:PORT/)", "mayfly ls");
            }
        }
        int dashes = name.indexOf("--");
        if (dashes > 0) {
            return new Subject(name.substring(0, dashes), name.substring(dashes + 2));
        }
        var projects = api.get("/projects").objects("projects");
        if (projects.stream().anyMatch(project -> project.text("name").equals(name))) {
            return new Subject(name, "");
        }
        for (var project : projects) {
            var path = "/projects/" + Api.encode(project.text("name")) + "/deployments";
            for (var deployment : api.get(path).objects("deployments")) {
                if (deployment.text("id").equals(name)) {
                    return new Subject(project.text("name"), name);
                }
            }
        }
        throw new Failure("there is no project or deployment " + name, "mayfly ls");
    }

    /** The deployment of {@code project} that {@code DEPLOYMENT}, {@code PROJECT--DEPLOYMENT} or a URL names. */
    static Subject deploymentOf(Api api, String project, String name) {
        if (!name.contains("--") && !name.contains("://")) {
            return new Subject(project, name);
        }
        var named = find(api, name);
        if (!named.project.equals(project) || named.deployment.isEmpty()) {
            throw Failure.usage(name + " is not a deployment of " + project, "mayfly history " + project);
        }
        return named;
    }

    private static Subject ofUrl(Api api, URI url) {
        var host = url.getHost() == null ? "" : url.getHost();
        int dot = host.indexOf('.');
        var label = dot < 0 ? host : host.substring(0, dot);
        if (dot < 0 || label.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return ofPort(api, url);
        }
        int dashes = label.indexOf("--");
        return dashes < 0
                ? new Subject(label, "")
                : new Subject(label.substring(0, dashes), label.substring(dashes + 2));
    }

    /** The project or deployment whose loopback port it is. */
    private static Subject ofPort(Api api, URI url) {
        var projects = api.get("/projects").objects("projects");
        for (var project : projects) {
            if (same(url, project.text("portUrl"))) {
                return new Subject(project.text("name"), "");
            }
        }
        for (var project : projects) {
            var name = project.text("name");
            var path = "/projects/" + Api.encode(name) + "/deployments";
            for (var deployment : api.get(path).objects("deployments")) {
                if (same(url, deployment.text("portUrl"))) {
                    return new Subject(name, deployment.text("id"));
                }
            }
        }
        throw new Failure(url + " is no address of this server's projects", "mayfly ls");
    }

    private static boolean same(URI url, String other) {
        return !other.isEmpty()
                && Objects.equals(url.getAuthority(), URI.create(other).getAuthority());
    }

    /** Where the API keeps it. */
    String path() {
        var path = "/projects/" + Api.encode(project);
        return deployment.isEmpty() ? path : path + "/deployments/" + Api.encode(deployment);
    }
}
