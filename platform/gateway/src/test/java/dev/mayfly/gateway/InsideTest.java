package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Caller;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What code in an instance finds at the platform's ports. */
@Timeout(60)
class InsideTest extends InsideCase {
    @Test
    void productionAnswersAtItsLoopbackPort() throws Exception {
        int port = edge.project().port();

        var answer = inside.get(port, "127.0.0.1:" + port, "/api/hello?x=1");

        assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("ok");
        assertThat(edge.engine.asked)
                .singleElement()
                .extracting(InvocationRequest::path, InvocationRequest::caller)
                .containsExactly("/api/hello?x=1", new Caller.Inside(InsideClient.ADDRESS));
    }

    @Test
    void aDeploymentAnswersAtItsLoopbackPort() throws Exception {
        int port = edge.deploymentPort();

        assertThat(inside.get(port, "127.0.0.1:" + port, "/api/hello")).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello.localhost", "hello--aaaaaaaaaa.localhost"})
    void aHostNameAnswersAtTheServersPort(String host) throws Exception {
        assertThat(inside.get(edge.port, host + ":" + edge.port, "/api/hello")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void filesAnswerToo() throws Exception {
        assertThat(inside.get(edge.port, "hello.localhost:" + edge.port, "/page.html"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith(TestEdge.FILE);
    }

    @Test
    void everyEventLoopTakesConnections() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(inside.get(edge.port, "hello.localhost", "/api/hello")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aPortThatIsNobodysSaysSo() throws Exception {
        assertThat(inside.get(7999, "127.0.0.1:7999", "/"))
                .startsWith("HTTP/1.1 404 ")
                .contains("deployment_not_found", "127.0.0.1:7999");
    }

    @Test
    void aCallFromOutsideIsNoCallFromInside() throws Exception {
        edge.get("/api/hello");

        assertThat(edge.engine.asked)
                .singleElement()
                .extracting(InvocationRequest::caller)
                .isEqualTo(new Caller.Outside("127.0.0.1"));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:PORT,/mayfly/v1/projects",
        "127.0.0.1:PORT,/",
        "localhost:PORT,/mayfly/v1/projects",
        "LOCALHOST.:PORT,/mayfly/v1/projects",
        "[::1]:PORT,/mayfly/v1/projects",
        "admin.example.org,/mayfly/v1/projects",
        "admin.example.org:PORT,/mayfly/v1/server/stop",
        "admin.example.org:1,/call?path=/api/hello",
    })
    void theManagementApiRefuses(String host, String path) throws Exception {
        var named = host.replace("PORT", Integer.toString(edge.port));

        var answer = inside.get(edge.port, named, path, "Authorization: Bearer whatever");

        assertThat(answer)
                .startsWith("HTTP/1.1 403 ")
                .contains("\"code\":\"forbidden\"", "does not answer from inside a function");
        assertThat(edge.managed).isEmpty();
    }

    @Test
    void theTargetOfTheRequestLineDoesNotLeadToTheManagementApi() throws Exception {
        var line = InsideClient.line(InsideClient.ADDRESS, edge.port);

        var answer = inside.raw(line + "GET http://127.0.0.1:" + edge.port
                + "/mayfly/v1/projects HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 403 ");
        assertThat(edge.managed).isEmpty();
    }

    @Test
    void noOtherPortLeadsToTheManagementApi() throws Exception {
        int port = edge.project().port();

        inside.get(port, "127.0.0.1:" + edge.port, "/mayfly/v1/projects");
        inside.get(7999, "127.0.0.1:7999", "/mayfly/v1/projects");

        assertThat(edge.managed).isEmpty();
    }

    @Test
    void headersOfWhoCallsAreThePlatforms() throws Exception {
        int port = edge.project().port();

        inside.get(
                port,
                "127.0.0.1:" + port,
                "/api/hello",
                "X-Forwarded-For: 1.2.3.4",
                "X-Real-IP: 1.2.3.4",
                "x-mayfly-depth: 0",
                "X_Mayfly_Invocation: 1",
                "Forwarded: for=1.2.3.4");

        assertThat(edge.instance.requests().getFirst())
                .contains("x-forwarded-for: 198.18.3.4\r\n", "x-real-ip: 198.18.3.4\r\n")
                .doesNotContain("1.2.3.4", "x-mayfly-depth", "X_Mayfly");
    }

    @Test
    void aChainThatIsTooLongIs508() throws Exception {
        var problem = new Problem(ErrorCode.CALL_LOOP, "api/hello was called at the end of a chain", "--call-depth 17");
        edge.engine.answer = self -> new Admission.Refused(new InvocationId(0x77), problem, 0);

        var answer = inside.get(edge.port, "hello.localhost", "/api/hello", "Accept: application/json");

        assertThat(answer)
                .startsWith("HTTP/1.1 508 Loop Detected")
                .contains("\"code\":\"call_loop\"", "--call-depth 17", "0000000000000077");
        assertThat(edge.instance.connections()).isZero();
    }

    @Test
    void onlyTheServersUserMayConnect() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        assertThat(folder.resolve("inside.sock.new")).doesNotExist();
    }
}
