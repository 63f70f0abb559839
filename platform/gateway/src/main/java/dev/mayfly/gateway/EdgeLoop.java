package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.engine.Engine;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Trigger;
import dev.mayfly.store.Artifacts;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** One event loop of the edge, with everything it needs: a request is served from its first byte to its last without another thread. */
final class EdgeLoop extends VerticleBase {
    /** Requests under way on one connection of HTTP/2. */
    private static final int MOST_STREAMS = 256;

    private static final int MOST_SMALL_CONTINUATIONS = 16;
    private static final Caller OUTSIDE = new Caller.Outside();

    private final GatewayOptions options;
    private final Engine engine;
    private final Artifacts artifacts;
    private final RequestIds ids;
    private final Management management;
    private final Supplier<RoutingTable> table;
    private final IntPredicate ownPort;
    private final InsideCallers callers;

    @SuppressWarnings("NullAway.Init")
    private Answers answers;

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
            InsideCallers callers) {
        this.options = options;
        this.engine = engine;
        this.artifacts = artifacts;
        this.ids = ids;
        this.management = management;
        this.table = table;
        this.ownPort = ownPort;
        this.callers = callers;
    }

    @Override
    public Future<?> start() {
        answers = new Answers(vertx, ids);
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

    /** Only on this loop. */
    HttpServer server(Face face) {
        var server = vertx.createHttpServer(new HttpServerOptions()
                .setUseProxyProtocol(face instanceof Face.Inside)
                .setProxyProtocolTimeout(options.firstHeadMillis())
                .setProxyProtocolTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxHeaderSize(options.maxHeadBytes())
                .setMaxInitialLineLength(options.maxLineBytes())
                .setHttp2ClearTextEnabled(true)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MOST_STREAMS)
                        .setMaxHeaderListSize(options.maxHeadBytes()))
                .setHttp2MaxSmallContinuationFrames(MOST_SMALL_CONTINUATIONS)
                // What extensions a WebSocket has is between its two ends.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setHandle100ContinueAutomatically(false)
                .setAcceptBacklog(4096)
                .setTcpNoDelay(true));
        server.connectionHandler(connection -> {
            AcceptedConnections.opened(connection);
            clock.opened(connection, () -> callers.closed(connection));
            if (face instanceof Face.Inside && !callers.admit(connection)) {
                connection.close();
            }
        });
        server.invalidRequestHandler(request -> {
            if (admits(face, request.connection())) {
                invalid(request);
            }
        });
        server.requestHandler(request -> {
            if (!admits(face, request.connection())) {
                return;
            }
            clock.began(request);
            var target = RequestTarget.of(request);
            if (target.isEmpty()) {
                answers.problem(request, NotServed.BAD_HOST);
            } else {
                switch (face) {
                    case Face.ByHost host -> byHost(request, target.get(), OUTSIDE);
                    case Face.OneSite(var label) -> site(request, target.get(), label, OUTSIDE);
                    case Face.Inside inside -> inside(request, target.get());
                }
            }
        });
        return server;
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
        switch (options.hosts().asked(target.host(), request.localAddress().port())) {
            case Hosts.Asked.Management m
            when caller instanceof Caller.Outside -> management.handle(request, this::call);
            case Hosts.Asked.Management m -> answers.refusal(request, InsideCallers.NO_MANAGEMENT, List.of());
            case Hosts.Asked.Function(var label) -> site(request, target, label, caller);
            case Hosts.Asked.Unknown u ->
                answers.problem(request, NotServed.nobody(target.host().host()));
        }
    }

    private void site(HttpServerRequest request, RequestTarget target, String label, Caller caller) {
        var site = table.get().sites().get(label);
        if (site == null) {
            answers.problem(request, NotServed.nobody(target.host().host()));
            return;
        }
        switch (site.resolve(target.path())) {
            case Resolution.File(var file) -> files.serve(request, request.method(), file);
            case Resolution.Call(var function, var parameters) -> {
                if (request.method().equals(HttpMethod.CONNECT)) {
                    answers.problem(request, NotServed.NO_TUNNEL);
                    return;
                }
                var query = Query.with(target.query(), parameters);
                var uri = query == null ? target.path() : target.path() + "?" + query;
                var headers = ProxyHeaders.toFunction(request, target);
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
                MultiMap headers = ProxyHeaders.toFunction(request, target);
                headers.remove(HttpHeaders.AUTHORIZATION);
                invoke(
                        request,
                        new Outgoing(site.deployment(), function, Trigger.API, method, whole, headers, false, OUTSIDE));
            }
            case Resolution.Nothing nothing ->
                answers.refusal(request, NotServed.notFound(site, target.path()), NotServed.shown(site));
        }
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
        answers.problem(request, problem);
        request.connection().close();
    }
}
