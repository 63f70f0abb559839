package dev.mayfly.control;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.build.Builder;
import dev.mayfly.build.Source;
import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.model.Compressible;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.model.SourceFile;
import dev.mayfly.model.StaticFile;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes deployments: builds while the client listens, and makes the result live in one transaction. Until then the client may leave and nothing
 * remains; from then on it is there whether the client hears of it or not.
 */
record DeployEndpoint(
        Projects projects,
        Artifacts artifacts,
        Builder builder,
        LoopbackPorts ports,
        ServedRevision served,
        Sweeper sweeper,
        Retention retention,
        Views views,
        RandomGenerator random) {
    private static final Logger LOG = LoggerFactory.getLogger(DeployEndpoint.class);
    private static final Duration MOST_UNTIL_SERVED = Duration.ofSeconds(30);

    /** Body of a POST. */
    record Order(
            @Nullable List<@Nullable File> files,
            @Nullable List<String> skipped,
            @Nullable Map<String, String> settings,
            @Nullable Boolean production,
            @Nullable Boolean ignoreUnsupported) {}

    /** One file of it. */
    record File(
            @Nullable String path,
            @Nullable String sha256,
            @Nullable Long size,
            @Nullable Boolean executable,
            @Nullable String link) {}

    Endpoint endpoint() {
        return new Endpoint("POST", "/projects/{p}/deployments", Scope.DEPLOY, Set.of(), this::deploy);
    }

    private Answer deploy(Call call) {
        var name = call.project();
        // Of the project that this caller may use: by the time of the build another may have taken the name.
        var existing = projects.catalog().snapshot().project(name);
        existing.ifPresent(any -> projects.one(call));
        long createdAt = existing.map(Snapshot.Project::createdAt).orElse(0L);
        var order = call.json(Order.class);
        var files = files(order.files());
        return new Answer.Lines(sink -> {
            try {
                var ready = sweeper.keeping(() -> make(call, name, createdAt, order, files, sink));
                var project = projects.one(call);
                sink.line(ordered(
                        "type",
                        "ready",
                        "deployment",
                        views.deployment(project, ready),
                        "project",
                        views.project(project)));
                retention.apply(name);
            } catch (ProblemException e) {
                sink.line(error(call, e.problem()));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } catch (RuntimeException e) {
                LOG.error("deployment of {} failed (request {})", name, call.requestId(), e);
                sink.line(error(call, new Problem(ErrorCode.INTERNAL, "the server failed", "see server.log")));
            }
        });
    }

    private Deployment make(
            Call call, ProjectName name, long createdAt, Order order, List<SourceFile> files, Answer.Sink sink)
            throws Exception {
        requireBlobs(files);
        var source = new Source(
                name,
                createdAt,
                DeploymentId.random(random),
                files,
                order.skipped() == null ? List.of() : order.skipped(),
                projects.catalog()
                        .snapshot()
                        .project(name)
                        .map(DeployEndpoint::compressed)
                        .orElse(Map.of()),
                order.settings() == null ? Map.of() : order.settings(),
                Boolean.TRUE.equals(order.ignoreUnsupported()));
        var built = call.client().whilePresent(() -> builder.build(source, event -> tell(sink, event)));
        var snapshot = projects.catalog().snapshot();
        int production = snapshot.project(name).map(Snapshot.Project::port).orElseGet(() -> ports.reserve(snapshot));
        int own = ports.reserve(snapshot);
        try {
            long revision = projects.catalog()
                    .addDeployment(
                            call.principal().team(),
                            built,
                            Boolean.TRUE.equals(order.production()),
                            new Catalog.Ports(production, own));
            if (!served.await(revision, MOST_UNTIL_SERVED)) {
                LOG.warn("revision {} is not served after {}", revision, MOST_UNTIL_SERVED);
            }
            return built;
        } finally {
            ports.release(production);
            ports.release(own);
        }
    }

    /** What the project's deployments have in compressed form. */
    private static Map<Digest, List<StaticFile.Encoded>> compressed(Snapshot.Project project) {
        var known = new HashMap<Digest, List<StaticFile.Encoded>>();
        for (var deployment : project.deployments().values()) {
            if (deployment.compression()) {
                deployment.staticFiles().stream()
                        .filter(file -> Compressible.is(file.contentType()))
                        .forEach(file -> known.put(file.blob(), file.encoded()));
            }
        }
        return known;
    }

    private void requireBlobs(List<SourceFile> files) throws IOException {
        var wanted = new LinkedHashSet<Digest>();
        files.stream().map(SourceFile::blob).filter(Objects::nonNull).forEach(wanted::add);
        var missing = artifacts.missing(wanted);
        if (!missing.isEmpty()) {
            throw new Problem(
                            ErrorCode.BLOBS_MISSING,
                            missing.size() + " files were not uploaded, among them "
                                    + missing.iterator().next(),
                            "POST them to " + Api.ROOT + "/blobs")
                    .asException();
        }
        for (var file : files) {
            if (file.blob() != null) {
                long actual = Files.size(artifacts.blob(file.blob()).orElseThrow());
                if (actual != file.size()) {
                    throw Call.bad("size of " + file.path() + ": " + file.size() + " (expected: " + actual + ")");
                }
            }
        }
    }

    private static List<SourceFile> files(@Nullable List<@Nullable File> sent) {
        if (sent == null) {
            throw Call.bad("files: missing (expected: a list)");
        }
        var files = new ArrayList<SourceFile>(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            var file = sent.get(i);
            var what = "files[" + i + "]";
            if (file == null || file.path() == null || file.path().isEmpty()) {
                throw Call.bad(what + ".path: missing (expected: a path)");
            }
            if (file.link() == null && file.sha256() == null) {
                throw Call.bad(what + ": neither sha256 nor link (expected: one of them)");
            }
            var blob = file.sha256() == null ? null : BlobEndpoints.digest(what + ".sha256", file.sha256());
            long size = file.size() == null ? 0 : file.size();
            files.add(Call.parsed(
                    what,
                    file.path(),
                    path -> new SourceFile(path, blob, size, Boolean.TRUE.equals(file.executable()), file.link())));
        }
        return files;
    }

    private static void tell(Answer.Sink sink, BuildEvent event) {
        try {
            sink.line(
                    switch (event) {
                        case BuildEvent.Step(var text) -> ordered("type", "step", "text", text);
                        case BuildEvent.Output(var line) -> ordered("type", "output", "text", line);
                        case BuildEvent.Warning(var text) -> ordered("type", "warning", "text", text);
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> error(Call call, Problem problem) {
        var line = new LinkedHashMap<String, Object>();
        line.put("type", "error");
        line.putAll(ErrorEnvelope.of(problem, call.requestId()));
        return line;
    }

    private static Map<String, Object> ordered(Object... namesAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}
