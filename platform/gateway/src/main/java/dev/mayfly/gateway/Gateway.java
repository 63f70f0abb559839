package dev.mayfly.gateway;

import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.EdgeObserver;
import dev.mayfly.store.Artifacts;
import dev.mayfly.store.Snapshot;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP edge: one listener that asks hosts, one loopback listener for each project's production and each deployment, one for callers from
 * inside that stands for all of these, and on every event loop the way from a request to a file, a function or the management API. Its methods block and are not for event loops.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    /** How long connections may finish: longer than the engine lets what runs, so that whoever is cut off there is still told here. */
    private static final Duration DRAIN = Duration.ofSeconds(15);

    private final Vertx vertx;
    private final List<EdgeLoop> loops = new ArrayList<>();
    private final Map<Integer, Face> faces = new ConcurrentHashMap<>();
    private final List<HttpServer> servers = new ArrayList<>();
    private final List<HttpServer> secure = new ArrayList<>();
    private final GatewayOptions options;
    private final Map<String, Opened> opened = new HashMap<>();
    private final PortMover mover;
    private final ServedRevision served;
    private final EdgeCounts counts;
    private volatile RoutingTable table = RoutingTable.EMPTY;
    private int next;
    private final List<InsideSocket> inside = new ArrayList<>();
    private @Nullable Challenges challenges;

    private record Opened(int port, HttpServer server) {}

    public Gateway(
            Vertx vertx,
            GatewayOptions options,
            Engine engine,
            Artifacts artifacts,
            RequestIds ids,
            Management management,
            PortMover mover,
            ServedRevision served,
            EdgeCounts counts,
            EdgeObserver observer,
            Tracebacks tracebacks) {
        this.vertx = vertx;
        this.options = options;
        this.counts = counts;
        this.served = served;
        this.mover = mover;
        var callers = new InsideCallers();
        int perSecond = options.clients().clientRequests();
        var requests = perSecond == 0 ? null : new ClientRequests(perSecond, ids.random());
        for (int i = 0; i < options.eventLoops(); i++) {
            var loop = new EdgeLoop(
                    options,
                    engine,
                    artifacts,
                    ids,
                    management,
                    () -> table,
                    faces::get,
                    callers,
                    requests,
                    new Exchanges(counts, observer, Clock.systemUTC()),
                    tracebacks);
            await(vertx.deployVerticle(loop, new DeploymentOptions()));
            loops.add(loop);
        }
    }

    /**
     * Has listeners that are opened from now on show these to authorities that look for them.
     *
     * @throws IllegalStateException when its options say that nothing is to be proven
     */
    public synchronized void prove(Challenges shown) {
        if (!options.security().proves()) {
            throw new IllegalStateException("proves: false (expected: true, for whoever proves)");
        }
        challenges = shown;
    }

    /**
     * Listens on {@code host:port} in clear text, on every event loop; where it listens for TLS already, that is for the operator alone.
     *
     * @throws BindException when some other program listens there
     * @throws IOException when listening is not possible for any other reason
     */
    public synchronized void listen(String host, int port) throws IOException {
        var address = SocketAddress.inetSocketAddress(port, host);
        var face = new Face.ByHost(secure.isEmpty());
        open(face, null, address);
        faces.put(port, face);
    }

    /**
     * Listens on {@code host:port} for TLS, on every event loop.
     *
     * @throws BindException when some other program listens there
     * @throws IOException when listening is not possible for any other reason
     */
    public synchronized void listenTls(String host, int port, Certificates certificates) throws IOException {
        var address = SocketAddress.inetSocketAddress(port, host);
        var face = new Face.ByHost(true);
        open(face, certificates, address);
        faces.put(port, face);
    }

    /**
     * Listens on {@code host:port} for whoever does not know of TLS, and sends them to {@code tlsPort}.
     *
     * @throws BindException when some other program listens there
     * @throws IOException when listening is not possible for any other reason
     */
    public synchronized void listenRedirecting(String host, int port, int tlsPort) throws IOException {
        var address = SocketAddress.inetSocketAddress(port, host);
        var face = new Face.Redirect(tlsPort);
        open(face, null, address);
        faces.put(port, face);
    }

    /** Shows {@code certificates} to connections that begin from now on; those that there are go on. */
    public synchronized void show(Certificates certificates) {
        var tls = ListenerOptions.tls(options, certificates, challenges);
        await(Future.all(
                secure.stream().map(server -> server.updateSSLOptions(tls)).toList()));
    }

    /**
     * Listens for callers from inside on the Unix socket {@code place}, which only {@code user} may use, or this one. Each connection begins with a line of the
     * PROXY protocol, version 1, whose source is the address of an instance and whose destination the loopback port that it wanted.
     *
     * @throws IOException when listening is not possible
     */
    public synchronized void listenInside(Path place, Optional<Integer> user) throws IOException {
        openInside(place, user, null);
    }

    /**
     * The same where the callers, after that line, speak TLS: they are shown what those from outside are.
     *
     * @throws IOException when listening is not possible
     */
    public synchronized void listenInsideTls(Path place, Optional<Integer> user, Certificates certificates)
            throws IOException {
        openInside(place, user, certificates);
    }

    private void openInside(Path place, Optional<Integer> user, @Nullable Certificates certificates)
            throws IOException {
        var socket = new InsideSocket(place);
        inside.add(socket);
        var address = SocketAddress.domainSocketAddress(socket.born().toString());
        open(new Face.Inside(), certificates, address);
        socket.show(user);
    }

    /** On every event loop; each server is known, to be closed, as soon as it listens. */
    private void open(Face face, @Nullable Certificates certificates, SocketAddress address) throws IOException {
        var listening = certificates == null ? servers : secure;
        for (var loop : loops) {
            listening.add(listenOn(loop, face, certificates, address));
        }
    }

    /** Serves {@code snapshot} from now on; returns when its ports are open. A port that cannot be had is given to the mover. */
    public synchronized void follow(Snapshot snapshot) {
        if (snapshot.revision() < table.revision()) {
            return;
        }
        counts.follow(snapshot);
        var newTable = table.next(snapshot);
        table = newTable;
        closeOthers(newTable);
        var moved = new ArrayList<RoutingTable.LocalPort>();
        newTable.ports().forEach((label, local) -> {
            if (!opened.containsKey(label)) {
                try {
                    var loop = loops.get(next++ % loops.size());
                    var address = SocketAddress.inetSocketAddress(local.port(), "127.0.0.1");
                    var server = listenOn(loop, new Face.OneSite(label), null, address);
                    opened.put(label, new Opened(local.port(), server));
                } catch (IOException taken) {
                    LOG.warn("port {} of {} is taken by another program; it gets another one", local.port(), label);
                    moved.add(local);
                }
            }
        });
        if (moved.isEmpty()) {
            served.reached(snapshot.revision());
        }
        moved.forEach(local -> mover.move(local.project(), local.deployment(), local.port()));
    }

    /** Takes no new connections, lets what runs finish for a while, then closes everything. */
    @Override
    public synchronized void close() {
        hide();
        var closing = new ArrayList<Future<?>>();
        servers.forEach(server -> closing.add(server.shutdown(DRAIN)));
        secure.forEach(server -> closing.add(server.shutdown(DRAIN)));
        opened.values().forEach(local -> closing.add(local.server().shutdown(DRAIN)));
        await(Future.join(closing).transform(done -> Future.succeededFuture()));
        var stopping = loops.stream()
                .map(loop -> vertx.undeploy(loop.context().deploymentID()))
                .toList();
        await(Future.join(stopping).transform(done -> Future.succeededFuture()));
    }

    private void closeOthers(RoutingTable newTable) {
        opened.entrySet().removeIf(entry -> {
            var local = newTable.ports().get(entry.getKey());
            boolean gone = local == null || local.port() != entry.getValue().port();
            if (gone) {
                entry.getValue().server().shutdown(DRAIN);
            }
            return gone;
        });
    }

    private void hide() {
        for (var socket : inside) {
            try {
                socket.close();
            } catch (IOException e) {
                LOG.warn("cannot delete a socket for callers from inside", e);
            }
        }
    }

    private HttpServer listenOn(EdgeLoop loop, Face face, @Nullable Certificates certificates, SocketAddress address)
            throws IOException {
        Promise<HttpServer> listening = Promise.promise();
        boolean looked = certificates != null || face instanceof Face.ByHost || face instanceof Face.Redirect;
        var shown = looked ? challenges : null;
        loop.context()
                .runOnContext(go ->
                        loop.server(face, certificates, shown).listen(address).onComplete(listening));
        try {
            return await(listening.future());
        } catch (IllegalStateException e) {
            if (!(e.getCause() instanceof IOException cause)) {
                throw e;
            }
            if (String.valueOf(cause.getMessage()).contains("already in use")) {
                throw (BindException) new BindException(cause.getMessage()).initCause(cause);
            }
            throw cause;
        }
    }

    private static <T extends @Nullable Object> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the event loops did not answer for 30 s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
