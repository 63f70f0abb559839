package dev.mayfly.cli;

import java.net.URI;

/**
 * What a command is about: a project, or one deployment of it.
 *
 * @param deployment its id; empty: the project
 */
record Subject(String project, String deployment) {
    /** Finds what {@code PROJECT}, {@code DEPLOYMENT}, {@code PROJECT--DEPLOYMENT} or a URL names. */
    static Subject find(Api api, String name) {
        if (name.contains("://")) {
            return ofUrl(api, URI.create(name));
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

    private static Subject ofUrl(Api api, URI url) {
        var host = url.getHost() == null ? "" : url.getHost();
        for (var project : api.get("/projects").objects("projects")) {
            if (same(url, project.text("portUrl"))) {
                return new Subject(project.text("name"), "");
            }
        }
        int dot = host.indexOf('.');
        var label = dot < 0 ? host : host.substring(0, dot);
        int dashes = label.indexOf("--");
        if (dot < 0 || label.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Failure(url + " is no address of this server's projects", "mayfly ls");
        }
        return dashes < 0
                ? new Subject(label, "")
                : new Subject(label.substring(0, dashes), label.substring(dashes + 2));
    }

    private static boolean same(URI url, String other) {
        return !other.isEmpty() && url.getAuthority().equals(URI.create(other).getAuthority());
    }

    /** Where the API keeps it. */
    String path() {
        var path = "/projects/" + Api.encode(project);
        return deployment.isEmpty() ? path : path + "/deployments/" + Api.encode(deployment);
    }
}
