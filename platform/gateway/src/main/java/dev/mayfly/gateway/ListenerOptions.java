package dev.mayfly.gateway;

import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What every listener of the edge allows. */
final class ListenerOptions {
    /** Requests under way on one connection of HTTP/2. */
    private static final int MOST_STREAMS = 256;

    /** Bytes of a body that a client may send unasked: what the server holds of it while the function that is to read it starts. */
    private static final int WINDOW = 65_535;

    private static final int MOST_SMALL_CONTINUATIONS = 16;

    /** Those with forward secrecy that encrypt and authenticate in one: what all browsers since 2014 have, and Mozilla's intermediate list has. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

    private ListenerOptions() {}

    static HttpServerOptions of(GatewayOptions options, Face face) {
        return new HttpServerOptions()
                .setUseProxyProtocol(beginsWithHeader(options, face))
                .setProxyProtocolTimeout(options.firstHeadMillis())
                .setProxyProtocolTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxHeaderSize(options.maxHeadBytes())
                .setMaxInitialLineLength(options.maxLineBytes())
                .setHttp2ClearTextEnabled(true)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MOST_STREAMS)
                        .setInitialWindowSize(WINDOW)
                        .setMaxHeaderListSize(options.maxHeadBytes()))
                .setHttp2MaxSmallContinuationFrames(MOST_SMALL_CONTINUATIONS)
                // What extensions a WebSocket has is between its two ends.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setHandle100ContinueAutomatically(false)
                .setAcceptBacklog(4096)
                .setTcpNoDelay(true);
    }

    /** What TLS is there for connections that begin from now on. */
    static ServerSSLOptions tls(GatewayOptions options, Certificates certificates, @Nullable Challenges challenges) {
        var keys = certificates.options();
        var tls = (challenges == null ? new ServerSSLOptions() : new ChallengeProtocols())
                .setSni(true)
                .setUseAlpn(true)
                .setApplicationLayerProtocols(List.of("h2", "http/1.1"))
                .setKeyCertOptions(challenges == null ? keys : new ChallengeKeys(keys, challenges))
                .setEnabledSecureTransportProtocols(PROTOCOLS)
                .setSslHandshakeTimeout(options.firstHeadMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        CIPHERS.forEach(tls::addEnabledCipherSuite);
        return tls;
    }

    /** Connections of the PROXY protocol: from the network of the instances, and from outside where the operator says so. */
    private static boolean beginsWithHeader(GatewayOptions options, Face face) {
        return switch (face) {
            case Face.Inside inside -> true;
            case Face.ByHost(var outside) -> outside && options.clients().proxyProtocol();
            case Face.Redirect redirect -> options.clients().proxyProtocol();
            case Face.OneSite local -> false;
        };
    }
}
