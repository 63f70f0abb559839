package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
            assertThat(call(edge, "/page.html")).startsWith("HTTP/1.1 200 ").endsWith(TestEdge.FILE);
        }
    }

    @Test
    void anErrorOfTheFunctionNamesTheInvocation() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead)) {
            assertThat(call(edge, "/api/hello"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("x-mayfly-invocation: 0000000000005001\r\n");
            assertThat(edge.get("/api/hello")).doesNotContain("x-mayfly-invocation");
        }
    }

    private static String call(TestEdge edge, String path) throws IOException {
        return edge.raw("POST " + TestEdge.CALL + path + " HTTP/1.1\r\nHost: localhost:" + edge.port
                + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
}
