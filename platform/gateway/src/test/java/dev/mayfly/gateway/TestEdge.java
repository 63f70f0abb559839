package dev.mayfly.gateway;

import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.EdgeObserver;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Route;
import dev.mayfly.model.StaticFile;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Snapshot;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A whole gateway on free ports, serving one project {@code hello}, with a scripted instance behind it. */
final class TestEdge implements AutoCloseable {
    static final ProjectName HELLO = new ProjectName("hello");
    static final DeploymentId FIRST = new DeploymentId("aaaaaaaaaa");
    static final String FILE = "0123456789";

    final Vertx vertx;
    final RecordingEngine engine;
    final ScriptedInstance instance;
    final LoopbackPorts ports =
            new LoopbackPorts(17_101 + (int) (ProcessHandle.current().pid() % 20) * 500);
    final ServedRevision served = new ServedRevision();
    final List<String> managed = new ArrayList<>();
    final List<Integer> moved = new ArrayList<>();
    final EdgeCounts counts = new EdgeCounts();
    final List<Served> seen = new CopyOnWriteArrayList<>();
    final Gateway gateway;
    final Snapshot snapshot;
    final int port;

    TestEdge(Path folder, ScriptedInstance.Script script) throws IOException {
        this(folder, script, options());
    }

    TestEdge(Path folder, ScriptedInstance.Script script, GatewayOptions options) throws IOException {
        this(folder, script, options, deployment());
    }

    TestEdge(Path folder, ScriptedInstance.Script script, Tracebacks tracebacks) throws IOException {
        this(folder, script, options(), tracebacks);
    }

    TestEdge(Path folder, ScriptedInstance.Script script, GatewayOptions options, Tracebacks tracebacks)
            throws IOException {
        this(folder, script, options, deployment(), tracebacks);
    }

    TestEdge(Path folder, ScriptedInstance.Script script, GatewayOptions options, Deployment first) throws IOException {
        this(folder, script, options, first, Tracebacks.NONE);
    }

    private TestEdge(
            Path folder,
            ScriptedInstance.Script script,
            GatewayOptions options,
            Deployment first,
            Tracebacks tracebacks)
            throws IOException {
        vertx = EventLoops.start(options, counts);
        instance = new ScriptedInstance(folder.resolve("i.sock"), script);
        engine = new RecordingEngine(self -> self.grant(instance.path().toString()));
        var blob = folder.resolve("blob");
        Files.writeString(blob, FILE);
        Management management = (request, caller) -> {
            managed.add(request.uri());
            if ("/call".equals(request.path())) {
                caller.call(
                        request,
                        HELLO,
                        Optional.empty(),
                        Optional.empty(),
                        HttpMethod.GET,
                        request.getParam("path", ""));
            } else {
                request.response().end("managed");
            }
        };
        gateway = new Gateway(
                vertx,
                options,
                engine,
                new OneBlob(blob),
                new RequestIds(Clock.systemUTC(), new Random(1)),
                management,
                (project, deployment, taken) -> moved.add(taken),
                served,
                counts,
                new Watching(seen),
                tracebacks);
        var empty = new Snapshot(0, new TreeMap<>());
        port = ports.reserve(empty);
        gateway.listen("127.0.0.1", port);
        snapshot = snapshot(1, ports.reserve(empty), ports.reserve(empty), first);
        gateway.follow(snapshot);
    }

    static GatewayOptions options() {
        var defaults = GatewayOptions.defaults(new Hosts("localhost", Optional.empty()));
        return new GatewayOptions(
                defaults.hosts(), defaults.maxHeadBytes(), defaults.maxLineBytes(), 15_000, 75_000, 2);
    }

    static Deployment deployment(StaticFile... more) {
        return deployment(limits(), List.of(), more);
    }

    /** The same project, built another time. */
    static Deployment deployment(DeploymentId id) {
        var first = deployment();
        return new Deployment(
                first.version(),
                id,
                first.project(),
                first.createdAt() + 1,
                first.mode(),
                first.reason(),
                first.functions(),
                first.routes(),
                first.staticFiles(),
                first.environment(),
                first.secrets(),
                first.warnings(),
                first.files(),
                first.bytes(),
                first.compression());
    }

    /** @param first routes that are tried before the others */
    static Deployment deployment(Limits limits, List<Route> first, StaticFile... more) {
        var files = new ArrayList<>(List.of(more));
        files.addAll(List.of(
                new StaticFile("/page.html", Digest.of(FILE), FILE.length(), "text/html; charset=utf-8"),
                new StaticFile("/docs/index.html", Digest.of(FILE), FILE.length(), "text/html; charset=utf-8"),
                new StaticFile("/<script>.txt", Digest.of(FILE), FILE.length(), "text/plain")));
        var hello = function("api/hello", limits);
        var item = function("api/items/[id]", limits);
        var routes = new ArrayList<>(first);
        routes.addAll(List.of(
                new Route("/api/hello", hello.name()),
                new Route("/api/hello/", hello.name()),
                new Route("/api/hello.py", hello.name()),
                new Route("/api/items/[id]", item.name())));
        return new Deployment(
                Deployment.VERSION,
                FIRST,
                HELLO,
                0,
                "functions",
                "api has entrypoints",
                List.of(hello, item),
                routes,
                files,
                Map.of(),
                List.of(),
                List.of(),
                3,
                100,
                true);
    }

    static Limits limits() {
        return limits(null, 20, Duration.ofMinutes(5));
    }

    static Limits limits(@Nullable Integer concurrency, int mostInstances, Duration timeout) {
        return new Limits(
                Limits.DEFAULTS.memory(),
                1,
                concurrency,
                0,
                mostInstances,
                timeout,
                Duration.ofSeconds(60),
                1000,
                Duration.ofSeconds(30),
                200_000,
                64 * 1024,
                256,
                0,
                1,
                0,
                null,
                Isolation.DEFAULT,
                true);
    }

    static Snapshot snapshot(long revision, int productionPort, int deploymentPort, Deployment deployment) {
        var deployments = new TreeMap<DeploymentId, Deployment>(Map.of(deployment.id(), deployment));
        var project = new Snapshot.Project(
                HELLO,
                Catalog.FIRST_TEAM,
                0,
                productionPort,
                new TreeMap<>(Map.of(
                        AliasName.PRODUCTION, Alias.of(AliasName.PRODUCTION, deployment.id(), new Stickiness.None()))),
                deployments,
                Map.of(deployment.id(), deploymentPort),
                new TreeSet<>(),
                new TreeMap<>());
        return new Snapshot(revision, new TreeMap<>(Map.of(HELLO, project)));
    }

    private static Function function(String name, Limits limits) {
        return new Function(
                new FunctionName(name),
                "python3.11",
                new Entrypoint(Entrypoint.Kind.HANDLER, name + ".py", "handler"),
                limits,
                Digest.of(name),
                null);
    }

    Snapshot.Project project() {
        return snapshot.project(HELLO).orElseThrow();
    }

    int deploymentPort() {
        return Objects.requireNonNull(project().deploymentPorts().get(FIRST));
    }

    /** Sends these bytes on a fresh connection and reads until the other side closes. */
    String raw(String request) throws IOException {
        return raw(port, request);
    }

    static String raw(int port, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** A GET of production on a connection of its own. */
    String get(String path, String... headers) throws IOException {
        return send("GET", path, "", headers);
    }

    String send(String method, String path, String body, String... headers) throws IOException {
        var more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return raw(method + " " + path + " HTTP/1.1\r\nHost: hello.localhost:" + port + "\r\nConnection: close\r\n"
                + more + "\r\n" + body);
    }

    @Override
    public void close() throws IOException {
        gateway.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        instance.close();
    }

    /** Wants to be told of everything. */
    private record Watching(List<Served> seen) implements EdgeObserver {
        @Override
        public void served(int status, Supplier<Served> details) {
            seen.add(details.get());
        }
    }

    /** Artifacts that have {@link #FILE}, and what a test puts beside it under its digest. */
    private record OneBlob(Path file) implements Artifacts {
        @Override
        public Set<Digest> missing(Collection<Digest> wanted) {
            return Set.of();
        }

        @Override
        public void putBlob(Digest claimed, InputStream bytes, long limit) {
            throw new UnsupportedOperationException("the edge only reads");
        }

        @Override
        public Optional<Stored> putBlob(BlobContent content, long limit) {
            throw new UnsupportedOperationException("the edge only reads");
        }

        @Override
        public Optional<Path> blob(Digest digest) {
            return Optional.of(digest.equals(Digest.of(FILE)) ? file : file.resolveSibling(digest.hex()))
                    .filter(Files::exists);
        }

        @Override
        public Optional<Path> layer(Digest key) {
            return Optional.empty();
        }

        @Override
        public Path layer(Digest key, LayerContent content) {
            throw new UnsupportedOperationException("the edge only reads");
        }

        @Override
        public void sweep(Set<Digest> liveBlobs, Set<Digest> liveLayers) {
            throw new UnsupportedOperationException("the edge only reads");
        }

        @Override
        public void sweepAtOnce(Set<Digest> liveBlobs, Set<Digest> liveLayers) {
            throw new UnsupportedOperationException("the edge only reads");
        }
    }
}
