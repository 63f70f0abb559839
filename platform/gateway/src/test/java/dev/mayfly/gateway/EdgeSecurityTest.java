package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may talk to the management API in clear text. */
class EdgeSecurityTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder;

    /** The address by which others reach this machine: where it has none, loopback, and then that is what is tested. */
    @Test
    void anotherMachineIsToldToComeByTls() throws Exception {
        for (var allowed : new boolean[] {false, true}) {
            var security = new EdgeSecurity(allowed, 0);
            try (var edge = new TestEdge(
                    Files.createDirectory(folder.resolve(String.valueOf(allowed))),
                    ScriptedInstance.always(OK),
                    TestEdge.options().with(security))) {
                int port = edge.ports.reserve(edge.snapshot);
                edge.gateway.listen("0.0.0.0", port);
                var own = InetAddress.getLocalHost();
                try (var socket = new Socket(own, port)) {
                    socket.setSoTimeout(20_000);
                    socket.getOutputStream()
                            .write(("GET /mayfly/v1/projects HTTP/1.1\r\nHost: 127.0.0.1:" + port
                                            + "\r\nConnection: close\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    if (allowed || own.isLoopbackAddress()) {
                        assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("managed");
                    } else {
                        assertThat(answer).startsWith("HTTP/1.1 403 ").contains("--plain-management");
                    }
                }
            }
        }
    }
}
