package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Digest;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that were compressed when they were deployed. The edge takes it on trust what their bytes are. */
class EncodedFilesTest {
    private static final String ALL = "Accept-Encoding: gzip, deflate, br, zstd";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip, deflate, br, zstd|br|in br",
                "gzip|gzip|in gzip",
                "zstd, br;q=0.9|zstd|in zstd",
                "identity;q=0|none|0123456789",
                "*;q=0|none|0123456789",
                "*|br|in br",
                "identity, br;q=0.5|none|0123456789",
                "deflate|none|0123456789",
            })
    void theFormThatTheClientReadsBestIsServedWithATagOfItsOwn(String accepted, String coding, String body)
            throws Exception {
        try (var edge = edge()) {
            var answer = edge.get("/app.js", "Accept-Encoding: " + accepted);

            assertThat(answer)
                    .startsWith("HTTP/1.1 200 ")
                    .contains("etag: " + tag(body) + "\r\n")
                    .contains("vary: accept-encoding\r\n")
                    .contains("content-type: text/javascript\r\n")
                    .contains("content-length: " + body.length() + "\r\n")
                    .endsWith("\r\n\r\n" + body);
            assertThat(answer.contains("content-encoding: " + coding + "\r\n")).isEqualTo(!coding.equals("none"));
            assertThat(answer.contains("content-encoding")).isEqualTo(!coding.equals("none"));
        }
    }

    @Test
    void whoSaysNothingGetsThePlainFile() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js"))
                    .contains("vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding")
                    .endsWith(TestEdge.FILE);
        }
    }

    @Test
    void aHeadSaysWhatAGetWould() throws Exception {
        try (var edge = edge()) {
            for (var further : new String[] {"X-None: x", "Range: bytes=0-1"}) {
                assertThat(edge.send("HEAD", "/app.js", "", ALL, further))
                        .startsWith("HTTP/1.1 200 ")
                        .contains("content-encoding: br\r\n", "content-length: 5\r\n")
                        .contains("etag: " + tag("in br") + "\r\n")
                        .endsWith("\r\n\r\n");
            }
        }
    }

    @Test
    void whoHasTheFormThatItWouldGetIsNotSentItAgain() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js", ALL, "If-None-Match: " + tag("in br")))
                    .startsWith("HTTP/1.1 304 ")
                    .contains("etag: " + tag("in br") + "\r\n", "vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding", "content-length")
                    .endsWith("\r\n\r\n");
            assertThat(edge.get("/app.js", ALL, "If-None-Match: W/" + tag("in br")))
                    .startsWith("HTTP/1.1 304 ");
            assertThat(edge.get("/app.js", ALL, "If-None-Match: \"x\"", "If-None-Match: " + tag("in br")))
                    .startsWith("HTTP/1.1 304 ");
            assertThat(edge.get("/app.js", ALL, "If-None-Match: " + tag(TestEdge.FILE)))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void whatAClientMakesAConditionIsComparedStrongly() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js", ALL, "If-Match: \"x\", " + tag("in br")))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/app.js", ALL, "If-Match: *")).startsWith("HTTP/1.1 200 ");
            assertThat(edge.get("/app.js", ALL, "If-Match: W/" + tag("in br")))
                    .startsWith("HTTP/1.1 412 ")
                    .endsWith("\r\n\r\n");
            assertThat(edge.get("/app.js", ALL, "If-Match: \"x\"", "If-None-Match: *"))
                    .startsWith("HTTP/1.1 412 ");
        }
    }

    @Test
    void aPartIsOneOfThePlainFile() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js", ALL, "Range: bytes=2-3"))
                    .startsWith("HTTP/1.1 206 ")
                    .contains("content-range: bytes 2-3/10\r\n", "etag: " + tag(TestEdge.FILE) + "\r\n")
                    .contains("vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding")
                    .endsWith("\r\n\r\n23");
            assertThat(edge.get("/app.js", ALL, "Range: bytes=10-"))
                    .startsWith("HTTP/1.1 416 ")
                    .contains("content-range: bytes */10\r\n");
            assertThat(edge.get("/app.js", ALL, "Range: bytes=2-3", "If-Range: \"old\""))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith(TestEdge.FILE);
        }
    }

    @Test
    void whoHoldsTheBeginningOfACompressedFormGetsItsRest() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js", ALL, "Range: bytes=3-", "If-Range: " + tag("in gzip")))
                    .startsWith("HTTP/1.1 206 ")
                    .contains("content-range: bytes 3-6/7\r\n", "content-encoding: gzip\r\n")
                    .endsWith("\r\n\r\ngzip");
            assertThat(edge.get("/app.js", "Accept-Encoding: br", "Range: bytes=3-", "If-Range: " + tag("in gzip")))
                    .startsWith("HTTP/1.1 200 ")
                    .doesNotContain("content-encoding")
                    .endsWith(TestEdge.FILE);
        }
    }

    @Test
    void whoTakesNothingPlainGetsAPartOfWhatItTakes() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/app.js", "Accept-Encoding: gzip, identity;q=0", "Range: bytes=0-1"))
                    .startsWith("HTTP/1.1 206 ")
                    .contains("content-encoding: gzip\r\n", "content-range: bytes 0-1/7\r\n")
                    .endsWith("\r\n\r\nin");
        }
    }

    @Test
    void whereACompressedFormIsLostThePlainOneIsServed() throws Exception {
        try (var edge = edge()) {
            Files.delete(folder.resolve(Digest.of("in br").hex()));

            assertThat(edge.get("/app.js", ALL))
                    .startsWith("HTTP/1.1 200 ")
                    .doesNotContain("content-encoding")
                    .endsWith(TestEdge.FILE);
        }
    }

    @Test
    void aPageForWhatIsNotThereIsCompressedToo() throws Exception {
        try (var edge = edge()) {
            assertThat(edge.get("/none", "Accept: text/html", ALL))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("content-encoding: br\r\n", "vary: accept, accept-encoding\r\n", "content-length: 5\r\n")
                    .endsWith("\r\n\r\nin br");
        }
    }

    private TestEdge edge() throws IOException {
        var forms = List.of(form(ContentCoding.BR), form(ContentCoding.ZSTD), form(ContentCoding.GZIP));
        return new TestEdge(
                folder,
                ScriptedInstance.always(""),
                TestEdge.options(),
                TestEdge.deployment(
                        new StaticFile("/app.js", Digest.of(TestEdge.FILE), 10, "text/javascript", forms),
                        new StaticFile("/404.html", Digest.of(TestEdge.FILE), 10, "text/html", forms)));
    }

    private StaticFile.Encoded form(ContentCoding coding) throws IOException {
        var content = "in " + coding.name().toLowerCase(Locale.ROOT);
        var digest = Digest.of(content);
        Files.writeString(folder.resolve(digest.hex()), content);
        return new StaticFile.Encoded(coding, digest, content.length());
    }

    private static String tag(String content) {
        return '"' + Digest.of(content).hex() + '"';
    }
}
