package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Route;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same bytes to nginx and to this gateway, each before the same function: whether they take it for a request, and what the function then sees of
 * method, path, body and of the client's headers. Where they differ it is on purpose, and said here; a difference that is gone is to be said no longer.
 */
class NginxTest {
    private static final Path NGINX = Path.of("/usr/sbin/nginx");
    private static final Pattern STATUS =
            Pattern.compile("(?s)(?:HTTP/1\\.1 1.*?\r\n\r\n)*HTTP/1\\.[01] ([2-5])\\d\\d ");
    private static final Pattern FINAL = Pattern.compile(STATUS.pattern() + ".*\r\n\r\n", Pattern.DOTALL);

    /** What either proxy says of itself, or of the connection that is its own. */
    private static final List<String> OF_PROXIES =
            List.of("connection", "x-forwarded-", "x-real-ip", "x-mayfly-", "x-request-id", "traceparent");

    @TempDir
    private static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static TestEdge edge;

    @SuppressWarnings("NullAway.Init")
    private static Process nginx;

    @SuppressWarnings("NullAway.Init")
    private static ScriptedInstance behindNginx;

    private static final StrictFunction ofNginx = new StrictFunction();
    private static final StrictFunction ofMayfly = new StrictFunction();
    private static int nginxPort;

    /**
     * @param status the first digit of the first answer; empty: closed without one
     * @param requests what the function saw, line by line
     */
    private record Seen(String status, List<String> requests) {}

    @BeforeAll
    static void start() throws IOException {
        assertThat(NGINX).as("apt-get install nginx-light").isExecutable();
        var everything = new Route(Route.EVERYTHING, new FunctionName("api/hello"));
        edge = new TestEdge(
                folder, ofMayfly, ProxyTest.oneLoop(), TestEdge.deployment(TestEdge.limits(), List.of(everything)));
        behindNginx = new ScriptedInstance(folder.resolve("n.sock"), ofNginx);
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nginxPort = free.getLocalPort();
        }
        // As its documentation has it for a proxy that changes nothing: no URI in proxy_pass, the Host of the client.
        Files.writeString(folder.resolve("nginx.conf"), """
                daemon off; master_process off; pid nginx.pid; error_log nginx.log;
                events { worker_connections 64; }
                http {
                  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                  upstream function { server unix:%s; }
                  server {
                    listen 127.0.0.1:%d; client_max_body_size 200000; large_client_header_buffers 4 16k;
                    location / { proxy_pass http://function; proxy_http_version 1.1; proxy_set_header Host $http_host; }
                  }
                }
                """.formatted(behindNginx.path(), nginxPort));
        nginx = new ProcessBuilder(NGINX.toString(), "-p", folder.toString(), "-c", "nginx.conf", "-e", "nginx.log")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("nginx.out").toFile())
                .start();
        await().until(() -> nginx.isAlive() && listens());
    }

    private static boolean listens() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), nginxPort)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (nginx != null) {
            nginx.destroy();
            assertThat(nginx.waitFor(20, TimeUnit.SECONDS)).isTrue();
            behindNginx.close();
        }
        if (edge != null) {
            edge.close();
        }
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";
    }

    private static String with(String header) {
        return "GET /x HTTP/1.1\r\nHost: hello.localhost\r\n" + header + "\r\n\r\n";
    }

    private static String post(String headers, String body) {
        return "POST /x HTTP/1.1\r\nHost: hello.localhost\r\n" + headers + "\r\n\r\n" + body;
    }

    /** What both do alike. */
    private static List<String> alike() {
        var cases = new ArrayList<String>();
        for (var target : List.of(
                "/",
                "/a",
                "/a/",
                "/a//b",
                "//a",
                "/a/./b",
                "/a/../b",
                "/a/%2e%2e/b",
                "/a%2Fb",
                "/a%2fb",
                "/%61",
                "/a+b",
                "/a%20b",
                "/a;b=c",
                "/a?",
                "/a?b",
                "/a?b=c&b=d",
                "/a?b?c",
                "/a?/../b",
                "/a?%zz",
                "/a?b#c",
                "/a%3Fb",
                "/a%23b",
                "/a:b",
                "/a@b",
                "/a\\b",
                "/a|b",
                "/a\"b",
                "/a<b>",
                "/a{b}",
                "/a^b`",
                "/a%C3%A9",
                "/a%ff",
                "/~a",
                "/a%25b",
                "/a%0d%0ab",
                "/*",
                "/a/.",
                "/a/b/..",
                "/" + "a".repeat(8000),
                "http://hello.localhost/a",
                "http://hello.localhost/a?b",
                "http://hello.localhost",
                "http://hello.localhost?b",
                "HTTP://hello.localhost/a")) {
            cases.add(get(target));
        }
        for (var header : List.of(
                "X-A: b",
                "X-A:b",
                "X-A: b ",
                "X-A:\tb\t",
                "X-A:",
                "X-A: b\r\nX-A: c",
                "X-A: b\r\nx-a: c",
                "x-A-b: C",
                "X-A: \u00e9",
                "X-A: b, c",
                "X-A: \"b\"",
                "Cookie: a=1; b=2",
                "Authorization: Basic eA==",
                "Accept: text/html, */*;q=0.1",
                "Accept-Encoding: gzip",
                "User-Agent: x (y)",
                "Range: bytes=0-1",
                "If-None-Match: \"x\"",
                "Referer: http://x/",
                "Via: 1.1 x",
                "Date: x",
                "Content-Type: text/plain",
                "X-A: " + "b".repeat(10_000),
                "Origin: null",
                "Max-Forwards: 0",
                "Cache-Control: no-cache",
                "A: b",
                "1: 2",
                "Keep-Alive: 5",
                "Upgrade: x",
                "Connection: close",
                "Connection: keep-alive")) {
            cases.add(with(header));
        }
        cases.addAll(List.of(
                post("Content-Length: 2", "ok"),
                post("Content-Length: 0", ""),
                post("Content-Length: 2\r\nExpect: 100-continue", "ok"),
                "OPTIONS /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "PATCH /x HTTP/1.1\r\nHost: hello.localhost\r\nContent-Length: 2\r\n\r\nok",
                "DELETE /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "PROPFIND /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "FOO /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: hello.localhost:8080\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: HELLO.localhost\r\n\r\n",
                "GET /x HTTP/1.0\r\nHost: hello.localhost\r\n\r\n",
                "\r\nGET /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                // refused by both
                "GET /x HTTP/1.1\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n",
                "GET /x HTTP/1.1\r\nHost: \r\n\r\n",
                "GET x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "G\u00e9T /x HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "\u0016\u0003\u0001\u0002\0\u0001",
                with("X-A: b\0c"),
                with("X-A\0: b"),
                post("Content-Length: x", "ok"),
                post("Content-Length: -2", "ok"),
                post("Content-Length: 2\r\nContent-Length: 3", "ok!"),
                post("Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
                post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
                post("Content-Length: 200001", "x"),
                with("X-A: " + "b".repeat(80_000))));
        return cases;
    }

    /** What they do differently, and why. */
    private static Map<String, String> different() {
        var version = "Vert.x answers 501 to a version that it does not know, and in the client's own words for it";
        var coding = "any coding but chunked is refused with 400 here, with 501 there";
        return Map.of(
                get("/a\u00e9"),
                "a byte that is not ASCII is no part of an address, and the function gets it escaped",
                with("X!#$%&'*+.^`|~: y"),
                "a name that RFC 9110 allows is passed on; nginx drops it (ignore_invalid_headers)",
                post("Content-Length: 02", "ok"),
                "nginx writes the number anew",
                "CONNECT hello.localhost:80 HTTP/1.1\r\nHost: hello.localhost\r\n\r\n",
                "501 here, 405 there",
                "GET /x HTTP/9.9\r\nHost: hello.localhost\r\n\r\n",
                version,
                "GET /x HTTX/1.1\r\nHost: hello.localhost\r\n\r\n",
                version,
                post("Transfer-Encoding: gzip", "0\r\n\r\n"),
                coding,
                post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
                coding);
    }

    @TestFactory
    List<DynamicTest> bothDoTheSame() {
        return alike().stream()
                .map(bytes -> DynamicTest.dynamicTest(
                        shown(bytes), () -> assertThat(mayfly(bytes)).isEqualTo(nginx(bytes))))
                .toList();
    }

    @TestFactory
    List<DynamicTest> eachDoesItsOwn() {
        return new TreeMap<>(different())
                .entrySet().stream()
                        .map(known -> DynamicTest.dynamicTest(
                                shown(known.getKey()) + ": " + known.getValue(),
                                () -> assertThat(mayfly(known.getKey())).isNotEqualTo(nginx(known.getKey()))))
                        .toList();
    }

    private static Seen mayfly(String bytes) throws IOException {
        return seen(edge.port, ofMayfly, bytes);
    }

    private static Seen nginx(String bytes) throws IOException {
        return seen(nginxPort, ofNginx, bytes);
    }

    private static Seen seen(int port, StrictFunction function, String bytes) throws IOException {
        int before = function.heads().size();
        var status = STATUS.matcher(answer(port, bytes));
        var digit = status.lookingAt() ? status.group(1) : "";
        var requests = new ArrayList<String>();
        for (int i = before; i < function.heads().size(); i++) {
            requests.addAll(ofClient(function.heads().get(i)));
            requests.add(
                    "body: " + (i < function.bodies().size() ? function.bodies().get(i) : "not there"));
        }
        return new Seen(digit, requests);
    }

    /** The request line and the headers that are the client's, in order of their names. */
    private static List<String> ofClient(String head) {
        var lines = head.strip().lines().toList();
        var headers = new ArrayList<String>();
        for (var line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            var name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (OF_PROXIES.stream().noneMatch(name::startsWith)) {
                headers.add(name + ": " + line.substring(colon + 1).strip());
            }
        }
        headers.sort(null);
        headers.addFirst(lines.getFirst());
        return headers;
    }

    /** Until it is closed, or the head of an answer has come that is no interim one. */
    private static String answer(int port, String bytes) throws IOException {
        var answer = new StringBuilder();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            var in = socket.getInputStream();
            for (int next = in.read(); next >= 0 && !FINAL.matcher(answer).lookingAt(); next = in.read()) {
                answer.append((char) next);
            }
        } catch (SocketException reset) {
            // closed while bytes were on their way
        }
        return answer.toString();
    }

    private static String shown(String bytes) {
        var shown = Noise.escaped(bytes).replace("\\u000d\\u000a", "↵");
        return shown.length() > 120 ? shown.substring(0, 120) + "…" : shown;
    }
}
