package dev.mayfly.control;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Share;
import dev.mayfly.store.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How aliases look to a client of the API (docs/api.md). */
record AliasViews(Addresses addresses) {
    List<Map<String, Object>> aliases(Snapshot.Project project) {
        return project.aliases().values().stream()
                .map(alias -> alias(project, alias))
                .toList();
    }

    Map<String, Object> alias(Snapshot.Project project, Alias alias) {
        var view = new LinkedHashMap<String, Object>();
        boolean production = alias.name().equals(AliasName.PRODUCTION);
        var hostUrl = production ? addresses.hostUrl(project.name()) : addresses.hostUrl(project.name(), alias.name());
        view.put("name", alias.name().value());
        view.put("project", project.name().value());
        view.put("url", production ? addresses.best(hostUrl, addresses.portUrl(project)) : hostUrl);
        view.put("hostUrl", hostUrl);
        view.put("deployments", shares(alias.shares()));
        view.put("sticky", alias.stickiness().toString());
        return view;
    }

    static List<Map<String, Object>> shares(List<Share> shares) {
        return shares.stream().map(AliasViews::share).toList();
    }

    private static Map<String, Object> share(Share share) {
        var view = new LinkedHashMap<String, Object>();
        view.put("id", share.deployment().value());
        view.put("weight", share.weight());
        return view;
    }

    Map<String, Object> move(Snapshot.Project project, AliasMove move) {
        var view = new LinkedHashMap<String, Object>();
        view.put("at", move.at());
        view.put("alias", move.alias().value());
        view.put("cause", move.cause().word());
        view.put(
                "deployments",
                move.shares().stream().map(share -> moved(project, share)).toList());
        return view;
    }

    private static Map<String, Object> moved(Snapshot.Project project, Share share) {
        var view = share(share);
        view.put("removed", !project.deployments().containsKey(share.deployment()));
        return view;
    }
}
