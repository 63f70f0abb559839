package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Digest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of a deployment, as browsers ask for them. */
class StaticFilesTest {
    private static final String ETAG = "\"" + Digest.of(TestEdge.FILE).hex() + "\"";

    @TempDir
    Path folder;

    @Test
    void aFileIsServedWithItsTypeAndAStrongTag() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            assertThat(edge.get("/page.html?x=1"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("etag: " + ETAG + "\r\n")
                    .contains("content-type: text/html; charset=utf-8\r\n")
                    .contains("x-content-type-options: nosniff\r\n")
                    .contains("cache-control: public, max-age=0, must-revalidate\r\n")
                    .contains("content-length: 10\r\n")
                    .endsWith("\r\n\r\n" + TestEdge.FILE);
            assertThat(edge.send("HEAD", "/page.html", ""))
                    .contains("content-length: 10\r\n")
                    .endsWith("\r\n\r\n");
            assertThat(edge.get("/docs/")).endsWith(TestEdge.FILE);
            assertThat(edge.get("/docs")).endsWith(TestEdge.FILE);
            assertThat(edge.get("/%3Cscript%3E.txt")).endsWith(TestEdge.FILE);
            assertThat(edge.engine.asked).isEmpty();
        }
    }

    @Test
    void whoHasItIsNotSentItAgain() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            assertThat(edge.get("/page.html", "If-None-Match: \"x\", W/" + ETAG))
                    .startsWith("HTTP/1.1 304 ")
                    .endsWith("\r\n\r\n");
            assertThat(edge.get("/page.html", "If-None-Match: \"x\"")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void whoWantsItOnlyIfThereIsNoneIsNotSentWhatThereIs() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            for (var method : new String[] {"GET", "HEAD"}) {
                assertThat(edge.send(method, "/page.html", "", "If-None-Match: *"))
                        .startsWith("HTTP/1.1 304 ")
                        .contains("etag: " + ETAG + "\r\n")
                        .doesNotContain("content-length")
                        .endsWith("\r\n\r\n");
            }
            assertThat(edge.get("/none", "If-None-Match: *")).startsWith("HTTP/1.1 404 ");
            assertThat(edge.get("/page.html", "If-None-Match: \"x\", *")).startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/page.html", "If-None-Match: \"*\"")).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-3|206|0123|bytes 0-3/10",
                "bytes=7-|206|789|bytes 7-9/10",
                "bytes=-2|206|89|bytes 8-9/10",
                "bytes=8-100|206|89|bytes 8-9/10",
                "bytes=10-|416||bytes */10",
                "bytes=-0|416||bytes */10",
                "bytes=3-1|200|0123456789|",
                "bytes=0-1,3-4|200|0123456789|",
                "lines=0-1|200|0123456789|",
            })
    void ranges(String range, int status, String body, String contentRange) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            var answer = edge.get("/page.html", "Range: " + range);

            assertThat(answer).startsWith("HTTP/1.1 " + status + " ").endsWith("\r\n\r\n" + (body == null ? "" : body));
            if (contentRange == null) {
                assertThat(answer).doesNotContain("content-range");
            } else {
                assertThat(answer).contains("content-range: " + contentRange + "\r\n");
            }
        }
    }

    @Test
    void aHeadHasNoParts() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            assertThat(edge.send("HEAD", "/page.html", "", "Range: bytes=100-"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("content-length: 10\r\n");
        }
    }

    @Test
    void aRangeOfSomethingElseIsTheWhole() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            assertThat(edge.get("/page.html", "Range: bytes=0-1", "If-Range: \"old\""))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/page.html", "Range: bytes=0-1", "If-Range: " + ETAG))
                    .startsWith("HTTP/1.1 206 ");
        }
    }

    @Test
    void filesAreOnlyRead() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(""))) {
            assertThat(edge.send("POST", "/page.html", "x", "Content-Length: 1"))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("allow: GET, HEAD\r\n");
        }
    }
}
