package dev.mayfly.store.json;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.Protocol;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads and writes {@code deployment.json}. Only {@link Deployment#VERSION} is understood. */
public final class DeploymentJson {
    private final JsonMapper mapper;

    public DeploymentJson(JsonMapper mapper) {
        this.mapper = mapper;
    }

    public String write(Deployment deployment) {
        return mapper.writeValueAsString(deployment);
    }

    /** @throws ProblemException bad_request when {@code text} is not a deployment, or one of another version */
    public Deployment read(String text) {
        try {
            var tree = mapper.readTree(text);
            var version = tree.path("version");
            if (!version.isInt() || version.intValue() != Deployment.VERSION) {
                throw new Problem(
                                ErrorCode.BAD_REQUEST,
                                "version of deployment.json: " + (version.isMissingNode() ? "none" : version)
                                        + " (expected: " + Deployment.VERSION + ")",
                                "deploy the project again with this version of mayfly")
                        .asException();
            }
            for (var function : tree.path("functions")) {
                if (function instanceof ObjectNode object) {
                    complete(object);
                }
            }
            for (var file : tree.path("staticFiles")) {
                completeFile(file);
            }
            if (tree instanceof ObjectNode deployment) {
                completeWhole(deployment);
            }
            return mapper.treeToValue(tree, Deployment.class);
        } catch (JacksonException e) {
            throw new ProblemException(
                    new Problem(ErrorCode.BAD_REQUEST, "deployment.json: " + e.getOriginalMessage()), e);
        }
    }

    private static void completeWhole(ObjectNode deployment) {
        if (!deployment.has("compression")) {
            deployment.put("compression", false);
        }
        if (!deployment.has("maxConcurrency")) {
            deployment.putNull("maxConcurrency");
        }
    }

    private static void completeFile(JsonNode file) {
        if (file instanceof ObjectNode served && !served.has("encoded")) {
            served.putArray("encoded");
        }
    }

    /** Gives a function stored by an earlier server what was added to the version since, with the meaning that its absence had. */
    private static void complete(ObjectNode function) {
        if (!function.has("protocol")) {
            function.put("protocol", Protocol.HTTP1.toString());
        }
        if (function.path("entrypoint") instanceof ObjectNode entrypoint && !entrypoint.has("command")) {
            entrypoint.putArray("command");
        }
        if (function.path("limits") instanceof ObjectNode limits) {
            if (!limits.has("inodes")) {
                limits.put("inodes", Limits.DEFAULTS.inodes());
            }
            if (!limits.has("isolation")) {
                limits.put("isolation", Limits.DEFAULTS.isolation().toString());
            }
            if (!limits.has("zygotes")) {
                limits.put("zygotes", Limits.DEFAULTS.zygotes());
            }
            if (!limits.has("reservedConcurrency")) {
                limits.putNull("reservedConcurrency");
            }
        }
    }
}
