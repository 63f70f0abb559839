package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.store.Artifacts;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One event loop of the edge, with everything it needs: a request is served from its first byte to its last without another thread. */
final class EdgeLoop extends VerticleBase {

    private final GatewayOptions options;
    private final Engine engine;
    private final Artifacts artifacts;
    private final RequestIds ids;
    private final Management management;
    private final Supplier<RoutingTable> table;
    private final IntFunction<@Nullable Face> faces;
    private final InsideCallers callers;
    private final ClientGate gate;
    private final Exchanges exchanges;
    private final Tracebacks tracebacks;

    @SuppressWarnings("NullAway.Init")
    private Answers answers;

    @SuppressWarnings("NullAway.Init")
    private ToTls toTls;

    @SuppressWarnings("NullAway.Init")
    private SiteAnswers sites;

    @SuppressWarnings("NullAway.Init")
    private Upstreams upstreams;

    @SuppressWarnings("NullAway.Init")
    private ConnectionClock clock;

    /** @param faces by port, of those where the host name matters */
    EdgeLoop(
            GatewayOptions options,
            Engine engine,
            Artifacts artifacts,
            RequestIds ids,
            Management management,
            Supplier<RoutingTable> table,
            IntFunction<@Nullable Face> faces,
            InsideCallers callers,
            @Nullable ClientRequests requests,
            Exchanges exchanges,
            Tracebacks tracebacks) {
        this.options = options;
        this.engine = engine;
        this.artifacts = artifacts;
        this.ids = ids;
        this.management = management;
        this.table = table;
        this.faces = faces;
        this.callers = callers;
        this.gate = new ClientGate(options.clients(), requests);
        this.exchanges = exchanges;
        this.tracebacks = tracebacks;
    }

    @Override
    public Future<?> start() {
        answers = new Answers(vertx, ids, exchanges, tracebacks);
        toTls = new ToTls(options, table, answers);
        upstreams = new Upstreams(vertx, options.maxHeadBytes());
        var random = new SplittableRandom(ids.random().nextLong());
        var sticky = new StickyHeads(toTls, gate);
        sites = new SiteAnswers(vertx, options, engine, artifacts, table, gate, sticky, random, answers, upstreams);
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
     * @param challenges what authorities find here; null: none of them is asked for certificates
     */
    HttpServer server(Face face, @Nullable Certificates certificates, @Nullable Challenges challenges) {
        var listener = ListenerOptions.of(options, face);
        var server = certificates == null
                ? vertx.createHttpServer(listener)
                : vertx.createHttpServer(
                        new HttpServerConfig(listener), ListenerOptions.tls(options, certificates, challenges));
        server.connectionHandler(connection -> {
            gate.opened(connection, AcceptedConnections.opened(connection));
            clock.opened(connection, () -> {
                callers.closed(connection);
                gate.closed(connection);
            });
            connection.exceptionHandler(failure -> failed(connection, failure));
            AcceptedConnections.boundHeaderTable(connection);
            ChunkTrailers.read(connection, () -> clock.deaf(connection));
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
            } else if (!ChallengeAnswer.given(request, target.get(), challenges, answers)) {
                switch (face) {
                    case Face.ByHost host -> byHost(request, target.get(), client.caller());
                    case Face.OneSite(var label) -> sites.answer(request, target.get(), label, client.caller());
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
        var face = faces.apply(port);
        if (face instanceof Face.ByHost) {
            byHost(request, target, caller);
        } else if (face instanceof Face.Redirect(var tls)) {
            toTls.redirect(request, target, tls);
        } else if (label != null) {
            sites.answer(request, target, label, caller);
        } else {
            answers.problem(request, NotServed.nobody("127.0.0.1:" + port));
        }
    }

    private void byHost(HttpServerRequest request, RequestTarget target, Caller caller) {
        // The port of this machine, whatever a proxy says that its client connected to.
        boolean outside = caller instanceof Caller.Outside;
        var local = request.connection().localAddress(outside);
        switch (options.hosts().asked(target.host(), local.port(), request.isSSL() ? 443 : 80)) {
            case Hosts.Asked.Management m
            when !outside -> answers.refusal(request, InsideCallers.NO_MANAGEMENT, List.of());
            case Hosts.Asked.Management m
            when options.security().tellsSecrets(gate.client(request), request.connection()) ->
                answers.refusal(request, NotServed.PLAIN, List.of());
            case Hosts.Asked.Management m -> {
                exchanges.of(request).management();
                management.handle(request, sites::call);
            }
            case Hosts.Asked.Function(var label) -> sites.answer(request, target, label, caller);
            case Hosts.Asked.Unknown u -> {
                var label = table.get().domains().get(target.host().host());
                if (label == null) {
                    answers.problem(request, NotServed.unknown(target.host().host()));
                } else {
                    sites.answer(request, target, label, caller);
                }
            }
        }
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
