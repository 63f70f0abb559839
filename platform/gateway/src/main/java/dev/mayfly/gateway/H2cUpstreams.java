package dev.mayfly.gateway;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's connections to instances that speak HTTP/2 in clear text by prior knowledge: one to each, with as many requests on it as the instance
 * is given, or as it lets there be at a time if that is fewer. Made when the first such instance is called.
 */
final class H2cUpstreams {
    /** Bytes of an answer that an instance may send unasked: what the server holds of it while its client does not read. */
    private static final int WINDOW = 65_535;

    /** So wide that answers whose clients do not read, up to 256 on a connection, hold up no other on it. Each is bounded by its own window. */
    private static final int CONNECTION_WINDOW = 256 * WINDOW;

    /** One that nothing comes over is closed soon: a program is asked to leave when it has none left. */
    private static final int IDLE_SECONDS = 1;

    private final Vertx vertx;
    private final int maxHeaderBytes;
    private @Nullable HttpClient client;

    H2cUpstreams(Vertx vertx, int maxHeaderBytes) {
        this.vertx = vertx;
        this.maxHeaderBytes = maxHeaderBytes;
    }

    /** A request to which the instance has said that it speaks HTTP/2, its head not yet sent. */
    Future<HttpClientRequest> connect(String address, Outgoing outgoing) {
        if (client == null) {
            client = client();
        }
        var headers = HttpHeaders.headers().addAll(outgoing.headers());
        var host = Objects.requireNonNullElse(headers.get(HttpHeaders.HOST), "instance");
        headers.remove(HttpHeaders.HOST);
        var options = new RequestOptions()
                .setServer(SocketAddress.domainSocketAddress(address))
                .setHost("instance")
                .setPort(80)
                .setMethod(outgoing.method())
                .setURI(outgoing.uri())
                .setHeaders(headers);
        return client.request(options).map(request -> request.authority(HostAndPort.parseAuthority(host, -1)));
    }

    Future<Void> close() {
        return client == null ? Future.succeededFuture() : client.close();
    }

    private HttpClient client() {
        var options = new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setInitialSettings(new Http2Settings()
                        .setPushEnabled(false)
                        .setInitialWindowSize(WINDOW)
                        .setMaxHeaderListSize(maxHeaderBytes))
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
                .setHttp2KeepAliveTimeout(IDLE_SECONDS)
                .setConnectTimeout(5000)
                .setDecompressionSupported(false);
        var pool = new PoolOptions().setHttp2MaxSize(1).setMaxWaitQueueSize(-1);
        return vertx.httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(H2cConnection::watch)
                .build();
    }
}
