package dev.mayfly.gateway;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Supplier;

/** Leads clients from clear text to TLS, and keeps them there. */
final class ToTls {
    private static final String HSTS = "strict-transport-security";

    private final GatewayOptions options;
    private final Supplier<RoutingTable> table;
    private final Answers answers;

    ToTls(GatewayOptions options, Supplier<RoutingTable> table, Answers answers) {
        this.options = options;
        this.table = table;
        this.answers = answers;
    }

    /** To the same at {@code port}, as it was, method and body (RFC 9110, section 15.4.9); only where something answers there. */
    void redirect(HttpServerRequest request, RequestTarget target, int port) {
        var host = target.host().host();
        if (options.hosts().asked(new Authority(host, port), port, port) instanceof Hosts.Asked.Unknown
                && !table.get().domains().containsKey(host)) {
            answers.problem(request, NotServed.nobody(host));
            return;
        }
        var query = target.query() == null ? "" : "?" + target.query();
        var there = "https://" + host + (port == 443 ? "" : ":" + port) + target.path() + query;
        answers.afterBody(
                request,
                () -> request.response()
                        .setStatusCode(308)
                        .putHeader(HttpHeaders.LOCATION, there)
                        .end());
    }

    /** Once a browser has come by TLS, it is not to come otherwise; a function may say that differently (RFC 6797). */
    void keep(HttpServerRequest request) {
        if (keeps(request)) {
            request.response().headersEndHandler(end -> say(request.response()));
        }
    }

    /** The same, and what else the end of the head is for: a response has only one who is told. */
    void keep(HttpServerRequest request, Runnable also) {
        boolean keeps = keeps(request);
        request.response().headersEndHandler(end -> {
            if (keeps) {
                say(request.response());
            }
            also.run();
        });
    }

    private boolean keeps(HttpServerRequest request) {
        return options.security().hstsSeconds() > 0 && request.isSSL();
    }

    private void say(HttpServerResponse response) {
        if (!response.headers().contains(HSTS)) {
            response.putHeader(HSTS, "max-age=" + options.security().hstsSeconds());
        }
    }
}
