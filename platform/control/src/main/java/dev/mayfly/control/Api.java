package dev.mayfly.control;

import dev.mayfly.control.metrics.Metrics;
import dev.mayfly.gateway.FunctionCaller;
import dev.mayfly.gateway.Management;
import dev.mayfly.gateway.RequestIds;
import dev.mayfly.gateway.UnreadBody;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Principal;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.Scope;
import dev.mayfly.store.Catalog;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The management API: takes each request to a virtual thread of its own, lets nobody in without a token, finds the endpoint and writes its
 * answer. Errors of any kind leave as one envelope.
 */
public final class Api implements Management, AutoCloseable {
    /** Every path of the API begins with it. */
    public static final String ROOT = "/mayfly/v1";

    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    private static final String METRICS = "/metrics";
    private static final String BEARER = "Bearer ";

    private final Catalog catalog;
    private final RequestIds ids;
    private final List<Endpoint> endpoints;
    private final Metrics metrics;
    private final Bodies bodies = new Bodies();
    private final Set<ClientPresence> present = ConcurrentHashMap.newKeySet();

    Api(Catalog catalog, RequestIds ids, List<Endpoint> endpoints, Metrics metrics) {
        this.metrics = metrics;
        this.catalog = catalog;
        this.ids = ids;
        this.endpoints = List.copyOf(endpoints);
    }

    @Override
    public void handle(HttpServerRequest request, FunctionCaller caller) {
        var loop = Objects.requireNonNull(Vertx.currentContext(), "not on an event loop");
        var body = new RequestBody(request, loop);
        var client = new ClientPresence();
        present.add(client);
        request.response().exceptionHandler(failure -> client.left()); // the edge has its close handler
        Thread.ofVirtual().name("api").start(() -> serve(request, body, client, caller, loop));
    }

    private void serve(
            HttpServerRequest request, RequestBody body, ClientPresence client, FunctionCaller caller, Context loop) {
        var id = ids.next();
        var response = request.response();
        try {
            var answer = answer(request, body, client, caller, id);
            write(answer, request, id, loop);
        } catch (ProblemException e) {
            error(e.problem(), id, request, loop);
        } catch (InterruptedException | IOException e) {
            if (client.gone()) {
                LOG.debug("request {}: the client left", id);
            } else {
                internal(e, id, request, loop);
            }
        } catch (Exception e) {
            internal(e, id, request, loop);
        }
        present.remove(client);
        if (client.gone()) {
            loop.runOnContext(go -> response.reset());
        }
    }

    /** Breaks off what would go on for as long as its client wants it to: builds, followed logs. */
    @Override
    public void close() {
        present.forEach(ClientPresence::left);
    }

    private void internal(Exception e, InvocationId id, HttpServerRequest request, Context loop) {
        LOG.error("request {} failed", id, e);
        error(new Problem(ErrorCode.INTERNAL, "the server failed", "see server.log"), id, request, loop);
    }

    private Answer answer(
            HttpServerRequest request, RequestBody body, ClientPresence client, FunctionCaller caller, InvocationId id)
            throws Exception {
        var uri = request.uri();
        int mark = uri.indexOf('?');
        var path = mark < 0 ? uri : uri.substring(0, mark);
        if (path.equals(METRICS)) {
            return metrics(request);
        }
        if (!path.equals(ROOT) && !path.startsWith(ROOT + "/")) {
            throw new Problem(
                            ErrorCode.NOT_FOUND,
                            "there is nothing at " + path + " of this server; its API is below " + ROOT,
                            "projects have addresses of their own: mayfly ls")
                    .asException();
        }
        var principal = principal(request);
        var segments = segments(path.substring(ROOT.length()));
        var methods = new TreeSet<String>();
        for (var endpoint : endpoints) {
            var parameters = endpoint.match(segments);
            if (parameters.isEmpty()) {
                continue;
            }
            if (!endpoint.method().equals(request.method().name())) {
                methods.add(endpoint.method());
                continue;
            }
            require(principal, endpoint.scope());
            var query = query(mark < 0 ? "" : uri.substring(mark + 1));
            var call = new Call(request, body, caller, principal, id, client, parameters.get(), query, bodies);
            call.allow(endpoint.query());
            return endpoint.action().answer(call);
        }
        if (methods.isEmpty()) {
            throw new Problem(
                            ErrorCode.NOT_FOUND, "the API has no " + path, "GET " + ROOT + "/openapi.json lists it all")
                    .asException();
        }
        request.response().putHeader("allow", String.join(", ", methods));
        throw new Problem(
                        ErrorCode.METHOD_NOT_ALLOWED,
                        request.method() + " " + path + " (expected: " + String.join(" or ", methods) + ")")
                .asException();
    }

    private Answer metrics(HttpServerRequest request) throws IOException {
        var principal = principal(request);
        require(principal, Scope.READ);
        if (!new Projects(catalog).seesAll(principal)) {
            throw new Problem(
                            ErrorCode.FORBIDDEN,
                            "these are the numbers of all teams, and this token is of one",
                            "use the operator's token, the content of the file token in the server's MAYFLY_HOME")
                    .asException();
        }
        if (!request.method().equals(HttpMethod.GET)) {
            request.response().putHeader("allow", "GET");
            throw new Problem(ErrorCode.METHOD_NOT_ALLOWED, request.method() + " " + METRICS + " (expected: GET)")
                    .asException();
        }
        return new Answer.Exposition(metrics.text());
    }

    private static void require(Principal principal, Scope scope) {
        if (!principal.scope().includes(scope)) {
            throw new Problem(
                            ErrorCode.FORBIDDEN,
                            "this token does not allow it",
                            "use a token with the scope " + scope.name().toLowerCase(Locale.ROOT))
                    .asException();
        }
    }

    private Principal principal(HttpServerRequest request) {
        var header = request.getHeader("authorization");
        if (header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            var token = header.substring(BEARER.length()).strip();
            var found = catalog.principal(Digest.of(token).hex());
            if (found.isPresent()) {
                return found.get();
            }
        }
        request.response().putHeader("www-authenticate", "Bearer");
        throw new Problem(
                        ErrorCode.UNAUTHORIZED,
                        header == null ? "a token is needed" : "the token is not valid here",
                        "set MAYFLY_TOKEN to the content of the file token in the server's MAYFLY_HOME")
                .asException();
    }

    private static List<String> segments(String path) {
        var segments = new ArrayList<String>();
        if (path.startsWith("/")) {
            for (var segment : path.substring(1).split("/", -1)) {
                segments.add(decode(segment.replace("+", "%2B")));
            }
        }
        return segments;
    }

    private static Map<String, List<String>> query(String raw) {
        var query = new LinkedHashMap<String, List<String>>();
        for (var pair : raw.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                var name = decode(equals < 0 ? pair : pair.substring(0, equals));
                query.computeIfAbsent(name, n -> new ArrayList<>())
                        .add(equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Call.bad("percent-encoding of " + text + " (expected: %XX with two hexadecimal digits)");
        }
    }

    private void write(Answer answer, HttpServerRequest request, InvocationId id, Context loop) throws Exception {
        var response = request.response();
        switch (answer) {
            case Answer.Json(var status, var json) -> whole(request, status, bodies.write(json), id, loop);
            case Answer.Text(var json) -> whole(request, 200, json.getBytes(StandardCharsets.UTF_8), id, loop);
            case Answer.Exposition(var text) ->
                whole(request, 200, Metrics.CONTENT_TYPE, text.getBytes(StandardCharsets.UTF_8), id, loop);
            case Answer.Empty(var status) -> whole(request, status, new byte[0], id, loop);
            case Answer.HandedOn(var onLoop) -> {
                loop.runOnContext(go -> onLoop.run());
                return;
            }
            case Answer.Lines(var source) -> {
                await(onLoop(loop, () -> {
                    response.putHeader("content-type", "application/x-ndjson")
                            .putHeader("x-mayfly-request-id", id.toString())
                            .putHeader("cache-control", "no-store")
                            .setChunked(true);
                    return response.writeHead();
                }));
                source.writeTo(line -> {
                    var bytes = Buffer.buffer(bodies.write(line)).appendByte((byte) '\n');
                    await(onLoop(loop, () -> response.write(bytes)));
                });
                loop.runOnContext(go -> UnreadBody.endAnswer(loop.owner(), request, null));
            }
        }
    }

    private static void whole(HttpServerRequest request, int status, byte[] json, InvocationId id, Context loop) {
        whole(request, status, "application/json", json, id, loop);
    }

    private static void whole(
            HttpServerRequest request, int status, String type, byte[] body, InvocationId id, Context loop) {
        loop.runOnContext(go -> {
            var response = request.response();
            response.setStatusCode(status)
                    .putHeader("x-mayfly-request-id", id.toString())
                    .putHeader("cache-control", "no-store");
            if (body.length == 0) {
                UnreadBody.endAnswer(loop.owner(), request, null);
                return;
            }
            response.putHeader("content-type", type)
                    .putHeader("x-content-type-options", "nosniff")
                    .putHeader("content-length", Integer.toString(body.length));
            UnreadBody.endAnswer(loop.owner(), request, Buffer.buffer(body));
        });
    }

    private void error(Problem problem, InvocationId id, HttpServerRequest request, Context loop) {
        if (request.response().headWritten()) {
            loop.runOnContext(go -> request.response().reset());
        } else {
            whole(request, problem.code().status(), bodies.write(ErrorEnvelope.of(problem, id)), id, loop);
        }
    }

    private static <T extends @Nullable Object> Future<T> onLoop(Context loop, Supplier<Future<T>> work) {
        Promise<T> done = Promise.promise();
        loop.runOnContext(go -> {
            try {
                work.get().onComplete(done);
            } catch (RuntimeException e) {
                done.fail(e);
            }
        });
        return done.future();
    }

    private static void await(Future<?> future) throws IOException {
        try {
            future.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new IOException("the client left", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while answering");
        }
    }
}
