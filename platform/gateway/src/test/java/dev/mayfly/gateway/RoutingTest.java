package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mayfly.store.Snapshot;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts, ports and paths to what they lead to. */
class RoutingTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    @Test
    void onlyExactHostsWithTheServersPortReachTheManagementApi() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            for (var host : new String[] {"localhost", "127.0.0.1", "[::1]", "LOCALHOST"}) {
                assertThat(host(edge, host + ":" + edge.port)).endsWith("managed");
            }
            for (var host : new String[] {
                "localhost",
                "localhost:1",
                "evil.example",
                "evil.example:" + edge.port,
                "127.0.0.2:" + edge.port,
                "mayfly.localhost:" + edge.port,
                "localhost.evil.example:" + edge.port,
                "xlocalhost:" + edge.port
            }) {
                assertThat(host(edge, host)).startsWith("HTTP/1.1 404 ").contains("deployment_not_found");
            }
            assertThat(edge.managed).hasSize(4);
        }
    }

    @Test
    void aNameBelowTheDomainNeverReachesTheManagementApi() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var answer = edge.raw("GET /mayfly/v1/projects HTTP/1.1\r\nHost: hello.localhost:" + edge.port
                    + "\r\nConnection: close\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 404 ");
            assertThat(edge.managed).isEmpty();
        }
    }

    @Test
    void projectsAndDeploymentsHaveHostsAndPortsOfTheirOwn() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(host(edge, "hello.localhost")).startsWith("HTTP/1.1 200");
            assertThat(host(edge, "HELLO.localhost.:80")).startsWith("HTTP/1.1 200");
            assertThat(host(edge, "hello--aaaaaaaaaa.localhost")).startsWith("HTTP/1.1 200");
            assertThat(host(edge, "hello--bbbbbbbbbb.localhost")).startsWith("HTTP/1.1 404");
            assertThat(host(edge, "x.hello.localhost")).startsWith("HTTP/1.1 404");
            var any = "GET /api/hello HTTP/1.1\r\nHost: whatever.example\r\nConnection: close\r\n\r\n";
            assertThat(TestEdge.raw(edge.project().port(), any)).startsWith("HTTP/1.1 200");
            assertThat(TestEdge.raw(edge.deploymentPort(), any)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aDeploymentThatIsGoneIsServedNoLongerAndItsPortIsClosed() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(new Snapshot(2, new TreeMap<>()));

            assertThat(edge.served.await(2, Duration.ofSeconds(20))).isTrue();
            assertThat(host(edge, "hello.localhost")).startsWith("HTTP/1.1 404");
            await().until(() -> {
                try (var again = new ServerSocket()) {
                    again.bind(new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), edge.project().port()));
                    return true;
                } catch (IOException notYet) {
                    return false;
                }
            });
        }
    }

    @Test
    void aPortThatAnotherProgramHasIsMoved() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var taken = TestEdge.snapshot(2, other.getLocalPort(), edge.deploymentPort(), TestEdge.deployment());
            edge.gateway.follow(taken);

            assertThat(edge.moved).containsExactly(other.getLocalPort());
            assertThat(edge.served.await(2, Duration.ofMillis(1))).isFalse();
        }
    }

    @Test
    void theListenPortOfAnotherProgramIsSaid() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThatThrownBy(() -> edge.gateway.listen("127.0.0.1", other.getLocalPort()))
                    .isInstanceOf(BindException.class);
        }
    }

    @Test
    void anAdminHostBelowTheDomainIsRefused() {
        assertThatThrownBy(() -> new Hosts("example.com", Optional.of("admin.example.com")))
                .hasMessage(
                        "--admin-host: admin.example.com (expected: a host that is not below --domain example.com)");
    }

    @Test
    void whatIsNotThereListsWhatIs() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.get("/", "Accept: application/json"))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("\"code\":\"not_found\"")
                    .contains(
                            "\"paths\":[\"/<script>.txt\",\"/api/hello\",\"/api/items/[id]\",\"/docs/index.html\",\"/page.html\"]");
            assertThat(edge.get("/<nothing>", "Accept: text/html"))
                    .contains(
                            "&lt;nothing&gt;",
                            "<a href=\"/%3Cscript%3E.txt\">/&lt;script&gt;.txt</a>",
                            "<li>/api/items/[id]</li>")
                    .doesNotContain("<script>");
            assertThat(edge.get("/"))
                    .contains("content-type: text/plain", "  /api/hello\n")
                    .contains("not_found (request ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/hello", "/api/hello/", "/api/hello.py", "/api/h%65llo", "/api/items/5"})
    void pathsThatLeadToAFunction(String path) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.get(path)).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/hell",
                "/api/hello/x",
                "/api/items/",
                "/api/items/5/",
                "/api/items/5/6",
                "/API/hello",
                "/api/%zz",
                "/api",
                "/../api/hello"
            })
    void pathsThatLeadNowhere(String path) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            assertThat(edge.get(path)).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void anAbsoluteTargetIsUnderstood() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var answer = edge.raw(
                    "GET http://hello.localhost:7/api/hello?a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 200 ");
            assertThat(edge.instance.requests().getFirst())
                    .startsWith("GET /api/hello?a HTTP/1.1\r\n")
                    .containsIgnoringCase("host: hello.localhost:7\r\n");
        }
    }

    private static String host(TestEdge edge, String host) throws IOException {
        return edge.raw("GET /api/hello HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }
}
