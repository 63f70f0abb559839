package dev.mayfly.gateway;

import dev.mayfly.engine.SplitChoice;
import dev.mayfly.gateway.observe.EdgeAnswer;
import dev.mayfly.gateway.observe.Ending;
import dev.mayfly.gateway.observe.Kind;
import dev.mayfly.gateway.observe.Protocol;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.gateway.observe.Trace;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Function;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * A request and its answer as observers see them, from the request's head to the one end that either side gives it. Lives on the event loop of the
 * client's connection.
 */
final class Exchange {
    private static final int LONGEST_METHOD = 32;
    private static final int LONGEST_HOST = 255;
    private static final int LONGEST_PATH = 1024;
    private static final int LONGEST_HEADER = 256;
    /** What Netty calls a request whose first line was none. */
    private static final String NO_REQUEST = "/bad-request";

    private final Exchanges all;
    private final HttpServerRequest request;
    private final Client client;
    private final long atMillis;
    private final long startNanos;
    private Kind kind = Kind.EDGE;
    private @Nullable Deployment asked;
    private @Nullable Deployment deployment;
    private @Nullable Function function;
    private @Nullable SplitChoice split;
    private @Nullable InvocationId invocation;
    private @Nullable Trace trace;
    private @Nullable ErrorCode error;
    private boolean cutOff;
    private boolean tunnel;
    private boolean over;

    Exchange(Exchanges all, HttpServerRequest request, Client client, long atMillis, long startNanos) {
        this.all = all;
        this.request = request;
        this.client = client;
        this.atMillis = atMillis;
        this.startNanos = startNanos;
    }

    void management() {
        kind = Kind.MANAGEMENT;
    }

    /** It asks for something that this has not. */
    void nothing(Deployment of) {
        asked = of;
    }

    void file(Deployment of) {
        kind = Kind.FILE;
        deployment = of;
    }

    void function(Deployment of, Function called) {
        kind = Kind.FUNCTION;
        called(of, called);
    }

    /** The same, by a call of the API, which stays a matter of management. */
    void called(Deployment of, Function called) {
        deployment = of;
        function = called;
    }

    /** An alias of several deployments led it to this one. */
    void split(SplitChoice choice) {
        split = choice;
    }

    /** Null: all requests go there. */
    @Nullable SplitChoice split() {
        return split;
    }

    void invocation(InvocationId id) {
        invocation = id;
    }

    /** The one that the function was told of. */
    void trace(Trace told) {
        trace = told;
    }

    /** The edge answers by itself, and shows {@code id}. */
    void failed(Problem problem, InvocationId id) {
        error = problem.code();
        var whose = deployment == null ? asked : deployment;
        boolean known = isRequest();
        all.observer()
                .answered(new EdgeAnswer(
                        atMillis,
                        id,
                        problem,
                        known ? cut(request.method().name(), LONGEST_METHOD) : null,
                        known ? cut(host(), LONGEST_HOST) : null,
                        known && request.uri() != null ? cut(withoutQuery(request.uri()), LONGEST_HEADER) : null,
                        whose == null ? null : whose.project(),
                        whose == null ? null : whose.id(),
                        function == null ? null : function.name()));
    }

    private boolean isRequest() {
        return !NO_REQUEST.equals(request.uri()) || !request.decoderResult().isFailure();
    }

    /** The answer is broken off after its head. */
    void cutOff() {
        cutOff = true;
    }

    /** From here on both sides say what they like, and the response is not what ends. */
    void tunnelled() {
        tunnel = true;
    }

    /** Both sides of it are closed, or it came to nothing. */
    void tunnelEnded(long bytesIn, long bytesOut) {
        end(Protocol.WEBSOCKET, 101, bytesIn, bytesOut, error == null ? Ending.COMPLETE : Ending.CUT_OFF);
    }

    /** The answer was written to its end. */
    void ended() {
        if (!tunnel) {
            respond(cutOff ? Ending.CUT_OFF : Ending.COMPLETE);
        }
    }

    /** The connection, or this stream of it, was closed. */
    void closed() {
        if (!tunnel) {
            // A stream of HTTP/2 is told to be closed before, or instead of, its answer being told to have ended.
            boolean whole = request.version() == HttpVersion.HTTP_2
                    && request.response().ended();
            respond(cutOff ? Ending.CUT_OFF : whole ? Ending.COMPLETE : Ending.CLIENT_GONE);
        }
    }

    private void respond(Ending ending) {
        var response = request.response();
        int status = response.headWritten() ? response.getStatusCode() : 0;
        end(protocol(), status, request.bytesRead(), response.bytesWritten(), ending);
    }

    private void end(Protocol protocol, int status, long bytesIn, long bytesOut, Ending ending) {
        if (over) {
            return;
        }
        over = true;
        long nanos = System.nanoTime() - startNanos;
        all.ended(request);
        var counts = all.counts();
        counts.of(kind, deployment == null ? null : deployment.id(), function == null ? null : function.name())
                .served(protocol, status, nanos, bytesIn, bytesOut);
        if (error != null) {
            counts.failed(error);
        }
        all.observer().served(status, () -> served(protocol, status, bytesIn, bytesOut, nanos, ending));
    }

    private Served served(Protocol protocol, int status, long bytesIn, long bytesOut, long nanos, Ending ending) {
        var uri = request.uri();
        boolean known = isRequest();
        return new Served(
                atMillis,
                client.address().toString(),
                known ? cut(request.method().name(), LONGEST_METHOD) : null,
                known ? cut(host(), LONGEST_HOST) : null,
                known && uri != null ? cut(withoutQuery(uri), LONGEST_PATH) : null,
                protocol,
                status,
                bytesIn,
                bytesOut,
                nanos,
                kind,
                deployment == null ? null : deployment.project(),
                deployment == null ? null : deployment.id(),
                function == null ? null : function.name(),
                id(),
                cut(request.getHeader(HttpHeaders.USER_AGENT), LONGEST_HEADER),
                referer(),
                trace == null ? Trace.read(request.getHeader("traceparent")) : trace,
                error,
                ending);
    }

    private Protocol protocol() {
        var version = request.version();
        return version == HttpVersion.HTTP_2
                ? Protocol.HTTP_2
                : version == HttpVersion.HTTP_1_0 ? Protocol.HTTP_1_0 : Protocol.HTTP_1_1;
    }

    private @Nullable String host() {
        var host = request.getHeader(HttpHeaders.HOST);
        var authority = host == null ? request.authority() : null;
        return authority == null ? host : authority.toString();
    }

    private @Nullable String id() {
        return invocation == null ? request.response().headers().get(Answers.REQUEST_ID) : invocation.toString();
    }

    private @Nullable String referer() {
        var referer = request.getHeader(HttpHeaders.REFERER);
        return referer == null ? null : cut(withoutQuery(referer), LONGEST_HEADER);
    }

    /** Of an address. What else may be secret, {@code user:password@}, browsers leave out of what they refer to, and no path has it. */
    private static String withoutQuery(String address) {
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c == '?' || c == '#') {
                return address.substring(0, i);
            }
        }
        return address;
    }

    private static @Nullable String cut(@Nullable String text, int most) {
        return text == null || text.length() <= most ? text : text.substring(0, most);
    }
}
