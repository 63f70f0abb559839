package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.store.Artifacts;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One event loop of the edge, with everything it needs: a request is served from its first byte to its last without another thread. */
final class EdgeLoop extends VerticleBase {
    private static final Caller OUTSIDE = new Caller.Outside();

    private final GatewayOptions options;
    private final Engine engine;
    private final Artifacts artifacts;
    private final RequestIds ids;
    private final Management management;
    private final Supplier<RoutingTable> table;
    private final IntPredicate ownPort;
    private final InsideCallers callers;
    private final SplittableRandom random;
    private final ClientGate gate;
    private final Exchanges exchanges;

    @SuppressWarnings("NullAway.Init")
    private Answers answers;

    @SuppressWarnings("NullAway.Init")
    private ToTls toTls;

    @SuppressWarnings("NullAway.Init")
    private StaticFiles files;

    @SuppressWarnings("NullAway.Init")
    private NotFoundPage notFound;

    @SuppressWarnings("NullAway.Init")
    private Upstreams upstreams;

    @SuppressWarnings("NullAway.Init")
    private ConnectionClock clock;

    /** @param ownPort whether a port is one where hosts are asked */
    EdgeLoop(
            GatewayOptions options,
            Engine engine,
            Artifacts artifacts,
            RequestIds ids,
            Management management,
            Supplier<RoutingTable> table,
            IntPredicate ownPort,
            InsideCallers callers,
            @Nullable ClientRequests requests,
            Exchanges exchanges) {
        this.options = options;
        this.engine = engine;
        this.artifacts = artifacts;
        this.ids = ids;
        this.management = management;
        this.table = table;
        this.ownPort = ownPort;
        this.callers = callers;
        this.random = new SplittableRandom(ids.random().nextLong());
        this.gate = new ClientGate(options.clients(), requests);
        this.exchanges = exchanges;
    }

    @Override
    public Future<?> start() {
        answers = new Answers(vertx, ids, exchanges);
        toTls = new ToTls(options, table, answers);
        files = new StaticFiles(artifacts, answers);
        notFound = new NotFoundPage(artifacts, answers);
        upstreams = new Upstreams(vertx, options.maxHeadBytes());
        clock = new ConnectionClock(vertx, options);
        return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
        return upstreams.close();
    }

    /** The loop itself, for running things on it. */
    Context context() {
        return context;
    }

    /**
     * Only on this loop.
     *
     * @param certificates null: it speaks clear text
     */
    HttpServer server(Face face, @Nullable Certificates certificates) {
        var listener = ListenerOptions.of(options, face);
        var server = certificates == null
                ? vertx.createHttpServer(listener)
                : vertx.createHttpServer(new HttpServerConfig(listener), ListenerOptions.tls(options, certificates));
        server.connectionHandler(connection -> {
            gate.opened(connection, AcceptedConnections.opened(connection));
            clock.opened(connection, () -> {
                callers.closed(connection);
                gate.closed(connection);
            });
            connection.exceptionHandler(failure -> failed(connection, failure));
            if (face instanceof Face.Inside && !callers.admit(connection)) {
                AcceptedConnections.because(connection, ConnectionEnd.REFUSED);
                connection.close();
            }
        });
        server.invalidRequestHandler(request -> {
            if (admits(face, request.connection())) {
                clock.began(request, exchanges.begin(request, gate.client(request)));
                invalid(request);
            }
        });
        server.requestHandler(request -> {
            if (!admits(face, request.connection()) || gate.isShut(request.connection())) {
                return;
            }
            var client = gate.client(request);
            clock.began(request, exchanges.begin(request, client));
            toTls.keep(request);
            var refusal = gate.refusal(request, client);
            if (refusal != null) {
                refuse(request, refusal);
                return;
            }
            if (request.method().equals(HttpMethod.CONNECT)) {
                refuse(request, ClientGate.Refusal.malformed(request, NotServed.NO_TUNNEL));
                return;
            }
            var target = RequestTarget.of(request);
            if (target.isEmpty()) {
                refuse(request, ClientGate.Refusal.malformed(request, NotServed.BAD_HOST));
            } else {
                switch (face) {
                    case Face.ByHost host -> byHost(request, target.get(), OUTSIDE);
                    case Face.OneSite(var label) -> site(request, target.get(), label, OUTSIDE);
                    case Face.Inside inside -> inside(request, target.get());
                    case Face.Redirect(var port) -> toTls.redirect(request, target.get(), port);
                }
            }
        });
        return server;
    }

    private void refuse(HttpServerRequest request, ClientGate.Refusal refusal) {
        var headers = new HashMap<String, String>();
        if (refusal.retryAfter() > 0) {
            headers.put("retry-after", Integer.toString(refusal.retryAfter()));
        }
        if (refusal.last() && request.version() != HttpVersion.HTTP_2) {
            headers.put("connection", "close");
        }
        if (refusal.last()) {
            gate.shut(request.connection());
        }
        answers.problem(request, new ErrorPage(refusal.problem(), ids.next(), List.of()), headers);
        if (refusal.last()) {
            request.connection().close();
        }
    }

    private boolean admits(Face face, HttpConnection connection) {
        return !(face instanceof Face.Inside) || callers.admits(connection);
    }

    /** As on the listener with the port that the caller connected to. */
    private void inside(HttpServerRequest request, RequestTarget target) {
        int port = request.localAddress().port();
        var caller = InsideCallers.caller(request.remoteAddress());
        var label = table.get().labels().get(port);
        if (ownPort.test(port)) {
            byHost(request, target, caller);
        } else if (label != null) {
            site(request, target, label, caller);
        } else {
            answers.problem(request, NotServed.nobody("127.0.0.1:" + port));
        }
    }

    private void byHost(HttpServerRequest request, RequestTarget target, Caller caller) {
        // The port of this machine, whatever a proxy says that its client connected to.
        boolean outside = caller instanceof Caller.Outside;
        var local = request.connection().localAddress(outside);
        switch (options.hosts().asked(target.host(), local.port())) {
            case Hosts.Asked.Management m
            when !outside -> answers.refusal(request, InsideCallers.NO_MANAGEMENT, List.of());
            case Hosts.Asked.Management m
            when options.security().tellsSecrets(gate.client(request)) ->
                answers.refusal(request, NotServed.PLAIN, List.of());
            case Hosts.Asked.Management m -> {
                exchanges.of(request).management();
                management.handle(request, this::call);
            }
            case Hosts.Asked.Function(var label) -> site(request, target, label, caller);
            case Hosts.Asked.Unknown u -> {
                var label = table.get().domains().get(target.host().host());
                if (label == null) {
                    answers.problem(request, NotServed.unknown(target.host().host()));
                } else {
                    site(request, target, label, caller);
                }
            }
        }
    }

    private void site(HttpServerRequest request, RequestTarget target, String label, Caller caller) {
        var site = table.get().sites().get(label);
        if (site == null) {
            answers.problem(request, NotServed.nobody(target.host().host()));
            return;
        }
        switch (site.resolve(target.path())) {
            case Resolution.File(var file) -> {
                exchanges.of(request).file(site.deployment());
                files.serve(request, request.method(), file);
            }
            case Resolution.Call(var function, var parameters) -> {
                exchanges.of(request).function(site.deployment(), function);
                var query = Query.with(target.query(), parameters);
                var uri = query == null ? target.path() : target.path() + "?" + query;
                var headers = toFunction(request, target);
                boolean upgrade = isUpgrade(request);
                if (upgrade) {
                    ProxyHeaders.upgrade(headers);
                }
                invoke(
                        request,
                        new Outgoing(
                                site.deployment(),
                                function,
                                Trigger.HTTP,
                                request.method(),
                                uri,
                                headers,
                                upgrade,
                                caller));
            }
            case Resolution.Nothing nothing ->
                notFound.serve(
                        request,
                        site,
                        target.path(),
                        () -> answers.problem(
                                request,
                                new ErrorPage(
                                        NotServed.notFound(site, target.path()),
                                        answers.newId(),
                                        NotServed.shown(site)),
                                Map.of()));
        }
    }

    /** {@link FunctionCaller} of this loop. */
    private void call(
            HttpServerRequest request,
            ProjectName project,
            Optional<DeploymentId> deployment,
            Optional<FunctionName> named,
            HttpMethod method,
            String uri) {
        var label = deployment.map(id -> RoutingTable.label(project, id)).orElse(project.value());
        var site = table.get().sites().get(label);
        if (site == null) {
            answers.refusal(request, NotServed.nobody(label), List.of());
            return;
        }
        var path = uri.isEmpty() ? named.map(site::pathOf).orElse("/") : uri;
        var host = label + "." + options.hosts().domain();
        var target = RequestTarget.of(new Authority(host, -1), host, path.startsWith("/") ? path : "/" + path);
        var resolved = site.resolve(target.path());
        if (named.isPresent()) {
            var function = site.deployment().function(named.get());
            if (function.isEmpty()) {
                answers.refusal(
                        request,
                        new Problem(ErrorCode.NOT_FOUND, "there is no function " + named.get() + " in " + label, ""),
                        List.of());
                return;
            }
            if (!(resolved instanceof Resolution.Call c && c.function().equals(function.get()))) {
                resolved = new Resolution.Call(function.get(), List.of());
            }
        }
        switch (resolved) {
            case Resolution.File(var file) -> files.serve(request, method, file);
            case Resolution.Call(var function, var parameters) -> {
                var query = Query.with(target.query(), parameters);
                var whole = query == null ? target.path() : target.path() + "?" + query;
                MultiMap headers = toFunction(request, target);
                headers.remove(HttpHeaders.AUTHORIZATION);
                invoke(
                        request,
                        new Outgoing(site.deployment(), function, Trigger.API, method, whole, headers, false, OUTSIDE));
            }
            case Resolution.Nothing nothing ->
                answers.refusal(request, NotServed.notFound(site, target.path()), NotServed.shown(site));
        }
    }

    private MultiMap toFunction(HttpServerRequest request, RequestTarget target) {
        var headers = ProxyHeaders.toFunction(request, target, gate.client(request));
        TraceContext.complete(headers, random, options.clients().sampleTraces());
        return headers;
    }

    private void invoke(HttpServerRequest request, Outgoing outgoing) {
        int limit = outgoing.function().limits().requestHeaders();
        if (limit < options.maxHeadBytes() && headBytes(request) > limit) {
            if (outgoing.trigger() == Trigger.API) {
                answers.refusal(request, NotServed.headTooLarge(limit), List.of());
            } else {
                answers.problem(request, NotServed.headTooLarge(limit));
            }
            return;
        }
        new Invocation(vertx, engine, upstreams, answers, request, outgoing).start();
    }

    private static int headBytes(HttpServerRequest request) {
        int bytes = 0;
        for (var header : request.headers()) {
            bytes += header.getKey().length() + header.getValue().length() + 4;
        }
        return bytes;
    }

    /** RFC 6455, section 4.1. Other protocols are not offered: such a request is answered as if it had not asked (RFC 9110, section 7.8). */
    private static boolean isUpgrade(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_1_1
                && request.method().equals(HttpMethod.GET)
                && "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))
                && request.headers().getAll(HttpHeaders.CONNECTION).stream()
                        .anyMatch(value -> value.toLowerCase(Locale.ROOT).contains("upgrade"))
                && !Upload.isPresent(request);
    }

    /** A connection broke a rule of HTTP/2, or broke. */
    private static void failed(HttpConnection connection, Throwable failure) {
        if (failure instanceof Http2Exception broken) {
            AcceptedConnections.because(
                    connection,
                    broken.error() == Http2Error.ENHANCE_YOUR_CALM
                            ? ConnectionEnd.FLOOD
                            : ConnectionEnd.PROTOCOL_ERROR);
        }
    }

    /** What is not HTTP, or too much of it. Nothing more is read from that connection. */
    private void invalid(HttpServerRequest request) {
        var cause = request.decoderResult().cause();
        var problem = switch (cause) {
            case TooLongHttpLineException e ->
                new Problem(
                        ErrorCode.URI_TOO_LONG, "the request line is longer than " + options.maxLineBytes() + " bytes");
            case TooLongHttpHeaderException e -> NotServed.headTooLarge(options.maxHeadBytes());
            case null, default -> new Problem(ErrorCode.BAD_REQUEST, "this is not a request of HTTP/1.1");
        };
        AcceptedConnections.because(
                request.connection(),
                problem.code() == ErrorCode.BAD_REQUEST ? ConnectionEnd.PROTOCOL_ERROR : ConnectionEnd.TOO_LARGE);
        answers.problem(request, problem);
        request.connection().close();
    }
}
