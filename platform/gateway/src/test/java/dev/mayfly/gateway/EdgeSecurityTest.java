package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may talk to the management API in clear text. */
class EdgeSecurityTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    /** A proxy here that is believed stands for other machines. */
    private TestEdge edge(boolean plainManagement) throws IOException {
        var usual = ClientRules.DEFAULT;
        var rules = new ClientRules(AddressRanges.LOOPBACK, usual.own(), false, 0, 0, 1000, 100, TraceRules.PASSED_ON);
        var options =
                TestEdge.options().with(new EdgeSecurity(plainManagement, 0)).with(rules);
        return new TestEdge(folder, ScriptedInstance.always(OK), options);
    }

    private static String ask(InetAddress to, int port, String... headers) throws IOException {
        try (var socket = new Socket(to, port)) {
            socket.setSoTimeout(20_000);
            var more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            var request = "GET /mayfly/v1/projects HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n" + more
                    + "Connection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void anotherMachineIsToldToComeByTls() throws Exception {
        var here = InetAddress.getLoopbackAddress();
        try (var edge = edge(false)) {
            assertThat(ask(here, edge.port)).endsWith("managed");
            assertThat(ask(here, edge.port, "X-Forwarded-For: 203.0.113.7"))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("--plain-management");
            assertThat(ask(here, edge.port, "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"))
                    .endsWith("managed");
            assertThat(edge.managed).hasSize(2);
        }
    }

    @Test
    void whereTheOperatorSaysSoItNeedNot() throws Exception {
        try (var edge = edge(true)) {
            assertThat(ask(InetAddress.getLoopbackAddress(), edge.port, "X-Forwarded-For: 203.0.113.7"))
                    .endsWith("managed");
        }
    }

    @Test
    void thisMachineMayComeByAnyOfItsAddresses() throws Exception {
        try (var edge = edge(false)) {
            int port = edge.ports.reserve(edge.snapshot);
            edge.gateway.listen("0.0.0.0", port);

            assertThat(ask(InetAddress.getLocalHost(), port)).endsWith("managed");
        }
    }
}
