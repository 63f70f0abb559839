package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A gateway with a socket for calls from inside. */
abstract class InsideCase {
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path folder = Path.of("");

    Path socket = Path.of("");
    TestEdge edge;
    InsideClient inside;

    @BeforeEach
    void open() throws IOException {
        socket = folder.resolve("inside.sock");
        Files.createFile(socket); // left by a server that was killed
        inside = new InsideClient(socket);
        var defaults = TestEdge.options();
        edge = new TestEdge(
                folder,
                ScriptedInstance.always(OK),
                new GatewayOptions(
                        new Hosts("localhost", Optional.of("admin.example.org")),
                        defaults.maxHeadBytes(),
                        defaults.maxLineBytes(),
                        300,
                        defaults.idleMillis(),
                        defaults.eventLoops()));
        edge.gateway.listenInside(socket, Optional.empty());
    }

    @AfterEach
    void close() throws IOException {
        edge.close();
        assertThat(folder.resolve("inside.sock")).doesNotExist();
    }
}
