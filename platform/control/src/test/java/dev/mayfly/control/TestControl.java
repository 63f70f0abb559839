package dev.mayfly.control;

import dev.mayfly.build.BuildEvent;
import dev.mayfly.build.Builder;
import dev.mayfly.build.Source;
import dev.mayfly.control.explain.Automatic;
import dev.mayfly.control.explain.AutomaticList;
import dev.mayfly.control.metrics.ColdStartCounts;
import dev.mayfly.control.metrics.Metrics;
import dev.mayfly.gateway.EventLoops;
import dev.mayfly.gateway.Gateway;
import dev.mayfly.gateway.GatewayOptions;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.gateway.RequestIds;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.gateway.Tracebacks;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.RecentAnswers;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Route;
import dev.mayfly.model.Scope;
import dev.mayfly.model.StaticFile;
import dev.mayfly.provider.Provider;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.CertificateStore;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.local.LocalStore;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API over a real store and a real edge; a builder and an engine that do what a test says. */
final class TestControl implements AutoCloseable {
    static final String TOKEN = "mf_admin";
    static final JsonMapper JSON = JsonMapper.builder().build();
    static final Instant NOW = Instant.ofEpochMilli(EchoEngine.START).plusSeconds(3600);

    final NameServer names = new NameServer();
    final LocalStore store;
    final Path home;
    private final GatewayOptions edge =
            GatewayOptions.defaults(new Hosts("localhost", Optional.of("admin.example.org")));
    final EdgeCounts counts = new EdgeCounts();
    final ColdStartCounts coldStarts = new ColdStartCounts();
    final Vertx vertx = EventLoops.start(edge, counts);
    final EchoEngine engine;
    final LoopbackPorts ports =
            new LoopbackPorts(8_101 + (int) (ProcessHandle.current().pid() % 20) * 400);
    final ServedRevision served = new ServedRevision();
    final List<Collection<Snapshot.Project>> kept = new CopyOnWriteArrayList<>();
    final RecentAnswers answers = new RecentAnswers();
    final AtomicInteger stops = new AtomicInteger();
    final AtomicInteger handedOn = new AtomicInteger();
    final List<Provider.PlatformProcess> processes =
            new CopyOnWriteArrayList<>(List.of(new Provider.PlatformProcess(7, "", "server", 1, 2)));
    final ControlPlane plane;
    final Api api;
    final Gateway gateway;
    final int port;
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** What building does; by default a function that echoes, and one file. */
    volatile Builder builder = (source, log) -> {
        log.accept(new BuildEvent.Step("Reading " + source.files().size() + " files"));
        return hello(source.id(), source);
    };

    /** What is known of the certificates of names; of no other one. */
    final Map<String, CertificateStore.State> certificates = new ConcurrentHashMap<>();

    TestControl(Path folder) throws IOException {
        this(folder, 1 << 20);
    }

    TestControl(Path folder, long uploadLimit) throws IOException {
        this(folder, uploadLimit, Retention.ALL);
    }

    /** @param newest deployments of a project that stay in any case */
    TestControl(Path folder, long uploadLimit, int newest) throws IOException {
        var clock = Clock.fixed(NOW, ZoneOffset.UTC);
        home = folder.resolve("home");
        store = LocalStore.open(home, folder.resolve("artifacts"), Clock.systemUTC());
        addToken(TOKEN, Scope.ADMIN);
        var socket = folder.resolve("i.sock").toString();
        vertx.createHttpServer()
                .requestHandler(request -> request.body()
                        .onSuccess(body -> request.response()
                                .putHeader(
                                        "x-seen",
                                        request.method() + " " + request.uri() + " "
                                                + request.getHeader("content-type"))
                                .end(body.appendBuffer(Buffer.buffer("!")))))
                .listen(SocketAddress.domainSocketAddress(socket))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        engine = new EchoEngine(socket, store.usage());
        port = ports.reserve(new Snapshot(0, new TreeMap<>()));
        var ids = new RequestIds(clock, new Random(1));
        plane = new ControlPlane(
                store.catalog(),
                store.artifacts(),
                store.usage(),
                store.logs(),
                engine,
                (source, log) -> builder.build(source, log),
                ports,
                served,
                new Sweeper(store.catalog(), store.artifacts(), kept::add),
                new Retention(store.catalog(), engine, Clock.systemUTC(), newest),
                ids,
                clock,
                new Random(2),
                new Addresses("localhost", false, port, false),
                new ServerFacts(
                        "1",
                        1,
                        folder,
                        "process",
                        Isolation.NONE,
                        "isolation none: functions are plain processes",
                        "",
                        0),
                new PriceFile(folder.resolve("prices.yaml")),
                new DomainChecks(edge.hosts(), DnsTxt.of(Optional.of("127.0.0.1:" + names.port()))),
                name -> Optional.ofNullable(certificates.get(name)),
                uploadLimit,
                () -> List.of(new Provider.Finding("isolation", false, "none", "trust all code")),
                () -> List.copyOf(processes),
                handedOn::incrementAndGet,
                stops::incrementAndGet,
                new Metrics(counts, coldStarts, Optional.empty(), Optional.empty(), engine),
                answers,
                new AutomaticList(List.of(new Automatic(
                        "--call-depth",
                        Automatic.Place.SERVER,
                        "",
                        "calls from function to function in a row",
                        "5",
                        "command line",
                        List.of()))));
        api = plane.api();
        gateway = new Gateway(
                vertx,
                edge,
                engine,
                store.artifacts(),
                ids,
                api,
                (project, deployment, taken) -> {
                    throw new IllegalStateException("port " + taken + " is taken");
                },
                served,
                counts,
                answers,
                Tracebacks.NONE);
        store.catalog().follow(snapshot -> {
            gateway.follow(snapshot);
            engine.follow(snapshot);
        });
        gateway.follow(store.catalog().snapshot());
        gateway.listen("127.0.0.1", port);
    }

    void addToken(String token, Scope scope) {
        addToken(token, Catalog.FIRST_TEAM, scope);
    }

    void addToken(String token, String team, Scope scope) {
        store.catalog().addToken(Digest.of(token).hex(), team, scope);
    }

    /** A team beside the first; so far nothing but the store knows that there may be several. */
    void addTeam(String name) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("mayfly.db"));
                var insert = connection.prepareStatement("INSERT INTO team (name, created_at) VALUES (?, 0)")) {
            insert.setString(1, name);
            insert.executeUpdate();
        }
    }

    static Deployment hello(DeploymentId id, Source source) {
        var function = new Function(
                new FunctionName("api/hello"),
                "python3.11",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api/hello.py", "handler"),
                Limits.DEFAULTS,
                Digest.of("code"),
                null);
        var blobs = source.files().stream()
                .filter(file -> file.blob() != null)
                .map(file -> new StaticFile(
                        "/" + file.path(), Objects.requireNonNull(file.blob()), file.size(), "text/plain"))
                .toList();
        return new Deployment(
                Deployment.VERSION,
                id,
                source.project(),
                EchoEngine.START,
                "functions",
                "api has entrypoints",
                List.of(function),
                List.of(new Route("/api/hello", function.name())),
                blobs,
                Map.of(),
                List.of(),
                List.of("a warning"),
                source.files().size(),
                5,
                true);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/mayfly/v1" + path))
                .header("authorization", "Bearer " + TOKEN);
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).build());
    }

    HttpResponse<String> json(String method, String path, String body) throws IOException, InterruptedException {
        return send(request(path)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("content-type", "application/json")
                .build());
    }

    HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE().build());
    }

    /** Stores {@code contents} as {@code mayfly deploy} does. */
    void upload(String... contents) throws IOException, InterruptedException {
        var tar = new TarBytes();
        for (var content : contents) {
            tar.file(Digest.of(content).hex(), content);
        }
        var answer = tar(tar.bytes());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.body());
        }
    }

    HttpResponse<String> tar(byte[] tar) throws IOException, InterruptedException {
        return send(request("/blobs")
                .POST(HttpRequest.BodyPublishers.ofByteArray(tar))
                .header("content-type", "application/x-tar")
                .build());
    }

    /** Deploys one file and returns the lines of the answer. */
    List<JsonNode> deploy(String project, String content, boolean production) throws IOException, InterruptedException {
        upload(content);
        var answer = json("POST", "/projects/" + project + "/deployments", order(content, production));
        return answer.body().lines().map(JSON::readTree).toList();
    }

    static String order(String content, boolean production) {
        return "{\"files\":[{\"path\":\"page.txt\",\"sha256\":\""
                + Digest.of(content).hex() + "\",\"size\":" + content.length() + "}],\"production\":" + production
                + "}";
    }

    /** Every file below the store of artifacts. */
    static List<Path> filesBelow(Path folder) {
        try (var walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        api.close();
        gateway.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        store.close();
        http.close();
        names.close();
    }

    /** For builders that say several things. */
    static void say(Consumer<BuildEvent> log, BuildEvent... events) {
        List.of(events).forEach(log);
    }
}
