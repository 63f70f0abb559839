package dev.mayfly.acme;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mayfly.gateway.Challenges;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.toolbox.JSON;

/**
 * An authority as RFC 8555 has it, over plain HTTP on loopback: signatures are verified, nonces are good once, orders go from pending over ready and
 * processing to valid. Whether a name leads here it asks the challenges themselves. Its rules can be changed, to be as bad as an authority can be.
 */
final class FakeAcme implements AutoCloseable {
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<String> replaced = new CopyOnWriteArrayList<>();
    final AtomicInteger orders = new AtomicInteger();

    /** What is answered at a path instead. */
    final Map<String, Trouble> troubles = new ConcurrentHashMap<>();

    final List<String> challengesOffered = new CopyOnWriteArrayList<>(List.of("dns-01", "http-01", "tls-alpn-01"));
    final AtomicInteger badNonces = new AtomicInteger();
    volatile String challengeError = "";
    volatile boolean neverLooks;
    volatile boolean neverReady;
    volatile boolean neverDone;
    volatile @Nullable String renewal;
    volatile @Nullable String refusesReplacing;

    final FakeIssuer issuer;

    private final HttpServer server;
    private final Challenges seen;
    private final Map<String, Boolean> nonces = new ConcurrentHashMap<>();
    private final Map<String, PublicKey> accounts = new ConcurrentHashMap<>();
    private final Map<String, Placed> placed = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();

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
        issuer = new FakeIssuer(clock);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    URI directory() {
        return URI.create(base() + "/directory");
    }

    @Override
    public void close() {
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
            Trouble.problem(400, "malformed", "the test server did not like it: " + e)
                    .answer(exchange);
        }
    }

    private String nonce() {
        var nonce = "nonce" + next.incrementAndGet();
        nonces.put(nonce, true);
        return nonce;
    }

    private void signed(HttpExchange exchange, String path, String body) throws Exception {
        var request = SignedRequest.read(body, accounts);
        if (!request.url().equals(base() + path)) {
            throw new IllegalArgumentException("url");
        }
        if (nonces.remove(request.nonce()) == null || badNonces.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            Trouble.problem(400, "badNonce", "that nonce is not good").answer(exchange);
            return;
        }
        answer(exchange, path, request);
    }

    private void answer(HttpExchange exchange, String path, SignedRequest request) throws Exception {
        var number = path.replaceAll("^.*/", "");
        switch (path.replaceAll("/\\d+$", "")) {
            case "/account" -> {
                var url =
                        base() + "/account/" + Integer.toHexString(request.key().hashCode());
                boolean known = accounts.put(url, request.key()) != null;
                exchange.getResponseHeaders().set("Location", url);
                json(exchange, known ? 200 : 201, "{\"status\":\"valid\"}");
            }
            case "/order" -> {
                if (number.equals("order")) {
                    var wanted = JSON.parse(request.payload());
                    if (wanted.contains("replaces")) {
                        replaced.add(wanted.get("replaces").asString());
                    }
                    if (wanted.contains("replaces") && refusesReplacing != null) {
                        Trouble.problem(409, "alreadyReplaced", refusesReplacing)
                                .answer(exchange);
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
                var proof = request.proof("token" + number);
                boolean proven = path.contains("http-01")
                        ? proof.equals(seen.at(order.name, "/.well-known/acme-challenge/token" + number))
                        : shows(order.name, proof);
                if (!neverLooks) {
                    order.authorization = proven && challengeError.isEmpty() ? "valid" : "invalid";
                    order.status = neverReady ? "pending" : proven && challengeError.isEmpty() ? "ready" : "invalid";
                }
                json(exchange, 200, challenge(number, path.replaceAll("^/challenge/|/\\d+$", "")));
            }
            case "/finalize" -> {
                var order = of(number);
                if (!order.status.equals("ready")) {
                    Trouble.problem(403, "orderNotReady", "it is " + order.status)
                            .answer(exchange);
                    return;
                }
                order.certificate = issuer.issue(
                        order.name, JSON.parse(request.payload()).get("csr").asString());
                order.status = "processing";
                order(exchange, 200, number);
            }
            case "/certificate" ->
                Trouble.says(200, "application/pem-certificate-chain", of(number).certificate)
                        .answer(exchange);
            default ->
                Trouble.problem(404, "malformed", "there is no such thing").answer(exchange);
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
                ? ",\"error\":{\"type\":\"" + Trouble.ERROR
                        + (challengeError.isEmpty() ? "unauthorized" : challengeError)
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

    private static void json(HttpExchange exchange, int status, String body) throws IOException {
        Trouble.says(status, "application/json", body).answer(exchange);
    }
}
