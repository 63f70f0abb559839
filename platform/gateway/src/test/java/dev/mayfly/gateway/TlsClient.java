package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Clients of this machine that speak TLS and trust everybody. */
final class TlsClient {
    private TlsClient() {}

    /**
     * A connection whose handshake is still to come.
     *
     * @param name the server that is asked for; null: none is named
     */
    static SSLSocket connect(int port, @Nullable String name) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everybody()}, new SecureRandom());
        var socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        var parameters = socket.getSSLParameters();
        parameters.setServerNames(Optional.ofNullable(name).stream()
                .<SNIServerName>map(SNIHostName::new)
                .toList());
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** Whose certificate is shown to who asks for {@code name}. */
    static String shown(int port, @Nullable String name) throws Exception {
        try (var socket = connect(port, name)) {
            socket.startHandshake();
            return subject(socket);
        }
    }

    static String subject(SSLSocket socket) throws Exception {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    /** The status line of an answer that ends with {@code ok}, on a connection that is kept. */
    static String keptAnswer(SSLSocket socket) throws Exception {
        socket.getOutputStream()
                .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        var answer = new StringBuilder();
        while (!answer.toString().endsWith("ok")) {
            int next = socket.getInputStream().read();
            assertThat(next).as("the rest of " + answer).isNotEqualTo(-1);
            answer.append((char) next);
        }
        return answer.toString().lines().findFirst().orElseThrow();
    }

    static HttpClient http(Vertx vertx, HttpVersion version) {
        return vertx.createHttpClient(new HttpClientOptions()
                .setSsl(true)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setUseAlpn(true)
                .setProtocolVersion(version));
    }

    static <T> T of(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private record Everybody() implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
