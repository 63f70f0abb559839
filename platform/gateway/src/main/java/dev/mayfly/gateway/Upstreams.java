package dev.mayfly.gateway;

import dev.mayfly.engine.Lease;
import dev.mayfly.model.Protocol;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;

/** One event loop's connections to instances: kept and reused where the instance allows it, one request at a time on each but for {@link H2cUpstreams}. */
final class Upstreams {
    private static final int MOST_PER_INSTANCE = 10_000;

    private final HttpClient kept;
    private final HttpClient single;
    private final H2cUpstreams h2c;

    Upstreams(Vertx vertx, int maxHeaderBytes) {
        kept = client(vertx, maxHeaderBytes, true);
        single = client(vertx, maxHeaderBytes, false);
        h2c = new H2cUpstreams(vertx, maxHeaderBytes);
    }

    /**
     * A connected request, its head not yet sent. One that asks for another protocol says so in {@code Connection}, where a client that keeps nothing
     * says {@code close}; whoever asks closes what it was not given.
     */
    Future<HttpClientRequest> connect(Lease lease, Outgoing outgoing) {
        if (outgoing.function().protocol() == Protocol.H2C) {
            return h2c.connect(lease.address(), outgoing);
        }
        return connect(lease.keepAlive() || outgoing.upgrade() ? kept : single, lease.address(), outgoing);
    }

    /** The same to an instance that may become the one that is asked. */
    Future<HttpClientRequest> connectEarly(String address, Outgoing outgoing) {
        return connect(kept, address, outgoing);
    }

    private static Future<HttpClientRequest> connect(HttpClient client, String address, Outgoing outgoing) {
        var options = new RequestOptions()
                .setServer(SocketAddress.domainSocketAddress(address))
                .setHost("instance")
                .setPort(80)
                .setMethod(outgoing.method())
                .setURI(outgoing.uri())
                .setHeaders(outgoing.headers());
        return client.request(options);
    }

    /**
     * Breaks off a request that nobody waits for: its connection is closed, or its stream reset where others are on the same connection. Until one
     * has been on that, its place there would stay taken; one that was not is there with a head that asks for nothing (RFC 9110, section 9.3.7).
     */
    static void leave(HttpClientRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            request.connection().close();
            return;
        }
        if (request.streamId() < 0) {
            request.headers().clear();
            request.setMethod(HttpMethod.OPTIONS).setURI("*").writeHead();
        }
        request.reset(Http2Errors.CANCEL);
    }

    Future<Void> close() {
        return Future.all(kept.close(), single.close(), h2c.close()).mapEmpty();
    }

    private static HttpClient client(Vertx vertx, int maxHeaderBytes, boolean keepAlive) {
        var options = new HttpClientOptions()
                .setKeepAlive(keepAlive)
                .setPipelining(false)
                .setMaxHeaderSize(maxHeaderBytes)
                .setMaxInitialLineLength(8192)
                .setConnectTimeout(5000)
                .setDecompressionSupported(false);
        var pool = new PoolOptions().setHttp1MaxSize(MOST_PER_INSTANCE).setMaxWaitQueueSize(-1);
        return vertx.createHttpClient(options, pool);
    }
}
