package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that come through the management API, by POST whatever method they stand for. */
class ApiCallTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void aFileIsReadByItsOwnMethod() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead)) {
            var answer = edge.raw("POST /call?path=/page.html HTTP/1.1\r\nHost: localhost:" + edge.port
                    + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

            assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith(TestEdge.FILE);
        }
    }
}
