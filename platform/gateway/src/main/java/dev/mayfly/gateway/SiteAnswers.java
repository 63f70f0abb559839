package dev.mayfly.gateway;

import dev.mayfly.engine.Caller;
import dev.mayfly.engine.Engine;
import dev.mayfly.gateway.encoding.Encodings;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Protocol;
import dev.mayfly.model.Trigger;
import dev.mayfly.store.Artifacts;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Answers requests of one event loop with what a deployment has for them: a file, a function, or that there is nothing. */
final class SiteAnswers {
    private final Vertx vertx;
    private final GatewayOptions options;
    private final Engine engine;
    private final Supplier<RoutingTable> table;
    private final ClientGate gate;
    private final StickyHeads sticky;
    private final SplittableRandom random;
    private final Answers answers;
    private final Upstreams upstreams;
    private final Encodings encodings;
    private final StaticFiles files;
    private final NotFoundPage notFound;

    SiteAnswers(
            Vertx vertx,
            GatewayOptions options,
            Engine engine,
            Artifacts artifacts,
            Supplier<RoutingTable> table,
            ClientGate gate,
            StickyHeads sticky,
            SplittableRandom random,
            Answers answers,
            Upstreams upstreams) {
        this.vertx = vertx;
        this.options = options;
        this.engine = engine;
        this.table = table;
        this.gate = gate;
        this.sticky = sticky;
        this.random = random;
        this.answers = answers;
        this.upstreams = upstreams;
        this.encodings = new Encodings(vertx);
        this.files = new StaticFiles(artifacts, answers);
        this.notFound = new NotFoundPage(artifacts, answers);
    }

    /** @param label whose production, deployment or alias is asked */
    void answer(HttpServerRequest request, RequestTarget target, String label, Caller caller) {
        var site = site(request, label);
        if (site == null) {
            answers.problem(request, NotServed.nobody(target.host().host()));
            return;
        }
        switch (site.resolve(target.path())) {
            case Resolution.File(var file) -> {
                answers.seen(request).file(site.deployment());
                files.serve(request, request.method(), file);
            }
            case Resolution.Call(var function, var parameters) -> {
                var seen = answers.seen(request);
                seen.function(site.deployment(), function);
                var query = Query.with(target.query(), parameters);
                var uri = query == null ? target.path() : target.path() + "?" + query;
                var headers = toFunction(request, target, function);
                boolean upgrade = function.protocol() == Protocol.HTTP1 && isUpgrade(request);
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
                                caller,
                                seen.split()));
            }
            case Resolution.Nothing nothing -> {
                answers.seen(request).nothing(site.deployment());
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
    }

    /** What serves the request, as its answer says from here on; null: nothing has that label. */
    private @Nullable Site site(HttpServerRequest request, String label) {
        var now = table.get();
        var site = now.sites().get(label);
        if (site == null) {
            var split = now.splits().get(label);
            if (split == null) {
                return null;
            }
            var led = split.choose(request, sticky);
            answers.seen(request).split(led.choice());
            site = led.site();
        }
        request.response().putHeader(Answers.DEPLOYMENT, site.id());
        return site;
    }

    /** {@link FunctionCaller} of this loop. */
    void call(
            HttpServerRequest request,
            ProjectName project,
            Optional<DeploymentId> deployment,
            Optional<FunctionName> named,
            HttpMethod method,
            String uri) {
        var label = deployment.map(id -> RoutingTable.label(project, id)).orElse(project.value());
        var site = site(request, label);
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
                var seen = answers.seen(request);
                seen.called(site.deployment(), function);
                MultiMap headers = toFunction(request, target, function);
                headers.remove(HttpHeaders.AUTHORIZATION);
                invoke(
                        request,
                        new Outgoing(
                                site.deployment(),
                                function,
                                Trigger.API,
                                method,
                                whole,
                                headers,
                                false,
                                gate.client(request).caller(),
                                seen.split()));
            }
            case Resolution.Nothing nothing -> {
                answers.seen(request).nothing(site.deployment());
                answers.refusal(request, NotServed.notFound(site, target.path()), NotServed.shown(site));
            }
        }
    }

    private MultiMap toFunction(HttpServerRequest request, RequestTarget target, Function function) {
        var headers = ProxyHeaders.toFunction(request, target, gate.client(request));
        if (function.protocol() == Protocol.H2C) {
            ProxyHeaders.takeTrailers(request.headers(), headers);
        }
        answers.seen(request)
                .trace(TraceContext.complete(headers, random, options.clients().traces()));
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
        new Invocation(vertx, options, engine, upstreams, answers, encodings, request, outgoing).start();
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
}
