package dev.mayfly.acme;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mayfly.gateway.Challenges;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.toolbox.JSON;
import org.shredzone.acme4j.toolbox.JoseUtils;
import org.shredzone.acme4j.util.CertificateUtils;

/**
 * An authority as RFC 8555 has it, over plain HTTP on loopback: signatures are verified, nonces are good once, orders go from pending over ready and
 * processing to valid. Whether a name leads here it asks the challenges themselves. Its rules can be changed, to be as bad as an authority can be.
 */
final class FakeAcme implements AutoCloseable {
    private static final String ERROR = "urn:ietf:params:acme:error:";
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<String> replaced = new CopyOnWriteArrayList<>();
    final AtomicInteger orders = new AtomicInteger();
    final Map<String, Trouble> troubles = new ConcurrentHashMap<>();
    final List<String> challengesOffered = new CopyOnWriteArrayList<>(List.of("dns-01", "http-01", "tls-alpn-01"));
    final AtomicInteger badNonces = new AtomicInteger();
    volatile String challengeError = "";
    volatile boolean otherKey;
    volatile boolean otherName;
    volatile boolean withoutKeyId;
    volatile boolean neverReady;
    volatile boolean neverDone;
    volatile @Nullable String renewal;
    volatile @Nullable String refusesReplacing;

    private final HttpServer server;
    private final Challenges seen;
    private final Clock clock;
    private final X509Bundle root;
    private final Map<String, Boolean> nonces = new ConcurrentHashMap<>();
    private final Map<String, PublicKey> accounts = new ConcurrentHashMap<>();
    private final Map<String, Placed> placed = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();
    private final List<HttpExchange> held = new ArrayList<>();

    /** What is answered at a path instead. */
    @FunctionalInterface
    interface Trouble {
        void answer(HttpExchange exchange) throws IOException;
    }

    private static final class Placed {
        final String name;
        volatile String status = "pending";
        volatile String authorization = "pending";
        volatile String certificate = "";
        final AtomicInteger looks = new AtomicInteger();

        Placed(String name) {
            this.name = name;
        }
    }

    /** @param seen what this authority finds when it looks */
    FakeAcme(Challenges seen, Clock clock) throws IOException {
        this.seen = seen;
        this.clock = clock;
        root = root(clock);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    private static X509Bundle root(Clock clock) {
        try {
            return new CertificateBuilder()
                    .algorithm(CertificateBuilder.Algorithm.ecp256)
                    .subject("CN=fake")
                    .notBefore(clock.instant().minus(Duration.ofDays(1)))
                    .notAfter(clock.instant().plus(Duration.ofDays(1000)))
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    URI directory() {
        return URI.create(base() + "/directory");
    }

    /** Sends this, whatever was asked. */
    static Trouble says(int status, String type, String body, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            send(exchange, status, type, body);
        };
    }

    static Trouble problem(int status, String type, String detail, String... headers) {
        return says(
                status,
                "application/problem+json",
                "{\"type\":\"" + ERROR + type + "\",\"detail\":\"" + detail + "\"}",
                headers);
    }

    /** Says nothing for as long as this server runs. */
    Trouble silent() {
        return exchange -> {
            synchronized (held) {
                held.add(exchange);
            }
        };
    }

    /** Begins to answer and then sends nothing more. */
    Trouble halfAnAnswer() {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            silent().answer(exchange);
        };
    }

    @Override
    public void close() {
        synchronized (held) {
            held.forEach(HttpExchange::close);
        }
        server.stop(0);
    }

    private String base() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        requests.add(path);
        try {
            exchange.getResponseHeaders().set("Replay-Nonce", nonce());
            var trouble = troubles.get(path.replaceAll("/\\d+$", ""));
            if (trouble != null) {
                trouble.answer(exchange);
            } else if (exchange.getRequestMethod().equals("POST")) {
                signed(exchange, path, new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            } else if (path.equals("/directory")) {
                var info = renewal == null ? "" : "\"renewalInfo\":\"" + base() + "/renewal\",";
                json(
                        exchange,
                        200,
                        "{" + info
                                + "\"newNonce\":\"%1$s/nonce\",\"newAccount\":\"%1$s/account\",\"newOrder\":\"%1$s/order\"}"
                                        .formatted(base()));
            } else if (path.startsWith("/renewal/")) {
                json(exchange, 200, String.valueOf(renewal));
            } else {
                exchange.sendResponseHeaders(path.equals("/nonce") ? 200 : 404, -1);
                exchange.close();
            }
        } catch (Exception e) {
            problem(400, "malformed", "the test server did not like it: " + e).answer(exchange);
        }
    }

    private String nonce() {
        var nonce = "nonce" + next.incrementAndGet();
        nonces.put(nonce, true);
        return nonce;
    }

    /** RFC 8555, section 6.2. */
    private void signed(HttpExchange exchange, String path, String body) throws Exception {
        var outer = JSON.parse(body);
        var header = JSON.parse(text(outer.get("protected").asString()));
        var payload = text(outer.get("payload").asString());
        if (!header.get("url").asString().equals(base() + path)) {
            throw new IllegalArgumentException("url");
        }
        if (nonces.remove(header.get("nonce").asString()) == null
                || badNonces.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            problem(400, "badNonce", "that nonce is not good").answer(exchange);
            return;
        }
        var key = header.contains("jwk")
                ? key(header.get("jwk").asObject())
                : Optional.ofNullable(accounts.get(header.get("kid").asString()))
                        .orElseThrow(() -> new IllegalArgumentException("kid"));
        var verifying = Signature.getInstance("SHA256withECDSAinP1363Format");
        verifying.initVerify(key);
        verifying.update(
                (outer.get("protected").asString() + "." + outer.get("payload").asString())
                        .getBytes(StandardCharsets.US_ASCII));
        if (!verifying.verify(DECODER.decode(outer.get("signature").asString()))) {
            throw new IllegalArgumentException("signature");
        }
        answer(exchange, path, payload, key);
    }

    private void answer(HttpExchange exchange, String path, String payload, PublicKey key) throws Exception {
        var number = path.replaceAll("^.*/", "");
        switch (path.replaceAll("/\\d+$", "")) {
            case "/account" -> {
                var url = base() + "/account/" + Integer.toHexString(key.hashCode());
                boolean known = accounts.put(url, key) != null;
                exchange.getResponseHeaders().set("Location", url);
                json(exchange, known ? 200 : 201, "{\"status\":\"valid\"}");
            }
            case "/order" -> {
                if (number.equals("order")) {
                    var wanted = JSON.parse(payload);
                    if (wanted.contains("replaces")) {
                        replaced.add(wanted.get("replaces").asString());
                    }
                    if (wanted.contains("replaces") && refusesReplacing != null) {
                        problem(409, "alreadyReplaced", refusesReplacing).answer(exchange);
                        return;
                    }
                    number = Integer.toString(orders.incrementAndGet());
                    placed.put(
                            number,
                            new Placed(wanted.get("identifiers")
                                    .asArray()
                                    .iterator()
                                    .next()
                                    .asObject()
                                    .get("value")
                                    .asString()));
                    exchange.getResponseHeaders().set("Location", base() + "/order/" + number);
                    order(exchange, 201, number);
                } else {
                    order(exchange, 200, number);
                }
            }
            case "/authorization" -> authorization(exchange, number);
            case "/challenge/http-01", "/challenge/tls-alpn-01" -> {
                var order = of(number);
                boolean proven = path.contains("http-01")
                        ? print(key, "token" + number)
                                .equals(seen.at(order.name, "/.well-known/acme-challenge/token" + number))
                        : shows(order.name, print(key, "token" + number));
                order.authorization = proven && challengeError.isEmpty() ? "valid" : "invalid";
                if (!neverReady) {
                    order.status = order.authorization.equals("valid") ? "ready" : "invalid";
                }
                json(exchange, 200, challenge(number, path.replaceAll("^/challenge/|/\\d+$", "")));
            }
            case "/finalize" -> {
                var order = of(number);
                if (!order.status.equals("ready")) {
                    problem(403, "orderNotReady", "it is " + order.status).answer(exchange);
                    return;
                }
                order.certificate =
                        issue(order.name, JSON.parse(payload).get("csr").asString());
                order.status = "processing";
                order(exchange, 200, number);
            }
            case "/certificate" -> send(exchange, 200, "application/pem-certificate-chain", of(number).certificate);
            default -> problem(404, "malformed", "there is no such thing").answer(exchange);
        }
    }

    private Placed of(String number) {
        return Optional.ofNullable(placed.get(number)).orElseThrow(() -> new IllegalArgumentException("order"));
    }

    private void order(HttpExchange exchange, int status, String number) throws IOException {
        var order = of(number);
        if (order.status.equals("processing") && !neverDone && order.looks.getAndIncrement() > 0) {
            order.status = "valid";
        }
        json(exchange, status, """
                {"status":"%s","identifiers":[{"type":"dns","value":"%s"}],"authorizations":["%s/authorization/%s"],
                 "finalize":"%s/finalize/%s"%s}
                """.formatted(
                order.status,
                order.name,
                base(),
                number,
                base(),
                number,
                order.status.equals("valid") ? ",\"certificate\":\"" + base() + "/certificate/" + number + "\"" : ""));
    }

    private void authorization(HttpExchange exchange, String number) throws IOException {
        var order = of(number);
        var all =
                challengesOffered.stream().map(type -> challenge(number, type)).toList();
        json(
                exchange,
                200,
                "{\"status\":\"%s\",\"identifier\":{\"type\":\"dns\",\"value\":\"%s\"},\"challenges\":[%s]}"
                        .formatted(order.authorization, order.name, String.join(",", all)));
    }

    private String challenge(String number, String type) {
        var order = of(number);
        var error = order.authorization.equals("invalid") && !type.equals("dns-01")
                ? ",\"error\":{\"type\":\"" + ERROR + (challengeError.isEmpty() ? "unauthorized" : challengeError)
                        + "\",\"detail\":\"it was looked for\"}"
                : "";
        return "{\"type\":\"%s\",\"url\":\"%s/challenge/%s/%s\",\"token\":\"token%s\",\"status\":\"%s\"%s}"
                .formatted(type, base(), type, number, number, order.authorization, error);
    }

    private boolean shows(String name, String print) throws Exception {
        var proof = seen.of(name);
        if (proof == null) {
            return false;
        }
        var extension = proof.certificate().getExtensionValue("1.3.6.1.5.5.7.1.31");
        var digest = MessageDigest.getInstance("SHA-256").digest(print.getBytes(StandardCharsets.US_ASCII));
        var told = new byte[32];
        System.arraycopy(extension, extension.length - 32, told, 0, 32);
        return MessageDigest.isEqual(told, digest)
                && proof.certificate().getCriticalExtensionOIDs().contains("1.3.6.1.5.5.7.1.31");
    }

    private String issue(String name, String csr) throws Exception {
        var request = CertificateUtils.readCSR(new ByteArrayInputStream(
                Keys.block("CERTIFICATE REQUEST", DECODER.decode(csr)).getBytes(StandardCharsets.US_ASCII)));
        var wanted = KeyFactory.getInstance("EC")
                .generatePublic(
                        new X509EncodedKeySpec(request.getSubjectPublicKeyInfo().getEncoded()));
        var builder = new CertificateBuilder();
        if (!withoutKeyId) {
            builder.addExtensionOctetString("2.5.29.35", false, new byte[] {0x30, 4, (byte) 0x80, 2, 7, 7});
        }
        return builder.algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=issued")
                .addSanDnsName(otherName ? "other.example.org" : name)
                .publicKey(otherKey ? Keys.fresh().getPublic() : wanted)
                .notBefore(clock.instant().minus(Duration.ofHours(1)))
                .notAfter(clock.instant().plus(Duration.ofDays(90)))
                .buildIssuedBy(root)
                .getCertificatePathPEM();
    }

    /** RFC 8555, section 8.1. */
    private static String print(PublicKey key, String token) {
        return token + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(JoseUtils.thumbprint(key));
    }

    private static PublicKey key(JSON jwk) throws Exception {
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(
                        new ECPoint(
                                new BigInteger(1, DECODER.decode(jwk.get("x").asString())),
                                new BigInteger(1, DECODER.decode(jwk.get("y").asString()))),
                        parameters.getParameterSpec(ECParameterSpec.class)));
    }

    private static String text(String base64) {
        return new String(DECODER.decode(base64), StandardCharsets.UTF_8);
    }

    private static void json(HttpExchange exchange, int status, String body) throws IOException {
        send(exchange, status, "application/json", body);
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
