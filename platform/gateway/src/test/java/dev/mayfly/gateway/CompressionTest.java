package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.luben.zstd.ZstdInputStream;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Outcome;
import io.vertx.core.VertxOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What functions answer, compressed for clients that can read that. */
@Timeout(60)
class CompressionTest {
    private static final String TEXT = "all work and no play, ".repeat(500);
    private static final String HTML = head("Content-Type: text/html; charset=utf-8");
    /** The scripts end with it, and with them their connection. */
    private static final String SIZED =
            HTML + "Connection: close\r\nContent-Length: " + TEXT.length() + "\r\n\r\n" + TEXT;

    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
    private static final String END = "0\r\n\r\n";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|gzip",
                "gzip, deflate, br, zstd|zstd",
                "gzip, zstd;q=0.5|gzip",
                "*|zstd",
                "identity;q=0, gzip;q=0.1|gzip",
            })
    void anAnswerIsCompressedAsTheClientLikesBest(String accepted, String coding) throws Exception {
        try (var edge = new TestEdge(
                folder,
                ScriptedInstance.always(HTML + "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\nContent-Length: "
                        + TEXT.length() + "\r\n\r\n" + TEXT),
                ProxyTest.oneLoop())) {
            awaitZstd(edge);

            var answer = get(edge, accepted);

            assertThat(answer.headers().firstValue("content-encoding")).contains(coding);
            assertThat(answer.headers().firstValue("vary")).contains("accept-encoding");
            assertThat(answer.headers().firstValue("etag")).contains("W/\"v1\"");
            assertThat(answer.headers().map()).doesNotContainKey("accept-ranges");
            assertThat(answer.body()).hasSizeLessThan(TEXT.length() / 10);
            assertThat(decoded(answer.body(), coding)).isEqualTo(TEXT);
            assertThat(edge.engine.ended).containsExactly(new RecordingEngine.Ended(Outcome.OK, 200, 0, TEXT.length()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "identity", "deflate", "gzip;q=0", "gzip;q=0.5, identity"})
    void whoReadsNoneBetterGetsThePlainAnswer(String accepted) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(SIZED))) {
            var answer = get(edge, accepted);

            assertPlain(answer);
            assertThat(answer.headers().firstValue("vary")).contains("accept-encoding");
            assertThat(answer.headers().firstValue("content-length")).contains(Integer.toString(TEXT.length()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: image/png",
                "Content-Type: text/event-stream",
                "Content-Type: application/octet-stream",
                "Content-Type: application/grpc+json",
                "X-None: of these",
                "Content-Type: text/html\r\nContent-Encoding: br",
                "Content-Type: text/html\r\nContent-Encoding: identity",
                "Content-Type: text/html\r\nCache-Control: public, No-Transform",
                "Content-Type: text/html\r\nContent-Range: bytes 0-10999/20000",
                "Content-Type: text/html\r\nX-Accel-Buffering: no",
                "Content-Type: text/html\r\nContent-Digest: sha-256=:AAAA:",
                "Content-Type: text/html\r\nRepr-Digest: sha-256=:AAAA:",
                "Content-Type: text/html\r\nContent-MD5: AAAA",
            })
    void whatIsNotToBeTouchedIsNot(String headers) throws Exception {
        var script = ScriptedInstance.always(
                head(headers + "\r\nETag: \"v1\"") + "Content-Length: " + TEXT.length() + "\r\n\r\n" + TEXT);
        try (var edge = new TestEdge(folder, script)) {
            var answer = get(edge, "gzip, zstd");

            assertThat(answer.body()).asString(StandardCharsets.ISO_8859_1).isEqualTo(TEXT);
            assertThat(answer.headers().firstValue("etag")).contains("\"v1\"");
            assertThat(answer.headers().map()).doesNotContainKey("vary");
            assertThat(answer.headers().allValues("content-encoding")).doesNotContain("gzip", "zstd");
        }
    }

    @Test
    void aPartOfSomethingIsPassedOnAsItIs() throws Exception {
        var script =
                ScriptedInstance.always("HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\nContent-Length: "
                        + TEXT.length() + "\r\n\r\n" + TEXT);
        try (var edge = new TestEdge(folder, script)) {
            assertPlain(get(edge, "gzip"));
        }
    }

    @ParameterizedTest
    @CsvSource({"1023, false", "1024, true"})
    void aShortAnswerIsNotWorthIt(int length, boolean compressed) throws Exception {
        var body = "x".repeat(length);
        try (var edge =
                new TestEdge(folder, ScriptedInstance.always(HTML + "Content-Length: " + length + "\r\n\r\n" + body))) {
            var answer = get(edge, "gzip");

            assertThat(answer.headers().firstValue("content-encoding").isPresent())
                    .isEqualTo(compressed);
            assertThat(compressed ? decoded(answer.body(), "gzip") : text(answer.body()))
                    .isEqualTo(body);
        }
    }

    @Test
    void aShortAnswerOfUnknownLengthIsNotEither() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(HTML + CHUNKED + chunk("hello") + END))) {
            var answer = get(edge, "gzip");

            assertThat(answer.headers().firstValue("content-encoding")).isEmpty();
            assertThat(answer.headers().firstValue("vary")).contains("accept-encoding");
            assertThat(answer.body()).asString(StandardCharsets.ISO_8859_1).isEqualTo("hello");
        }
    }

    @Test
    void aLongAnswerOfUnknownLengthIsCompressed() throws Exception {
        try (var edge =
                new TestEdge(folder, ScriptedInstance.always(HTML + CHUNKED + chunk(TEXT) + chunk(TEXT) + END))) {
            assertThat(decoded(get(edge, "gzip").body(), "gzip")).isEqualTo(TEXT + TEXT);
        }
    }

    @Test
    void anAnswerWithoutABodyHasNone() throws Exception {
        try (var edge = new TestEdge(
                folder, ScriptedInstance.always("HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n"))) {
            assertThat(edge.get("/api/hello", "Accept-Encoding: gzip"))
                    .startsWith("HTTP/1.1 204 ")
                    .doesNotContain("content-encoding", "transfer-encoding")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void aHeadSaysWhatAGetWouldAndHasNoBody() throws Exception {
        try (var edge =
                new TestEdge(folder, ScriptedInstance.always(HTML + "Content-Length: " + TEXT.length() + "\r\n\r\n"))) {
            assertThat(edge.send("HEAD", "/api/hello", "", "Accept-Encoding: gzip"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("content-encoding: gzip\r\n", "vary: accept-encoding\r\n")
                    .doesNotContainIgnoringCase("content-length")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void whatAHeadDoesNotKnowTheLengthOfItDoesNotSayIsCompressed() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(HTML + "ETag: \"v1\"\r\n\r\n"))) {
            assertThat(edge.send("HEAD", "/api/hello", "", "Accept-Encoding: gzip"))
                    .containsIgnoringCase("etag: \"v1\"\r\n")
                    .contains("vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding");
        }
    }

    @Test
    void whoAsksThatNothingBeTransformedGetsThePlainAnswer() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(SIZED))) {
            assertThat(edge.get("/api/hello", "Accept-Encoding: gzip", "Cache-Control: max-age=0, no-transform"))
                    .contains("vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding")
                    .endsWith(TEXT);
        }
    }

    @ParameterizedTest
    @CsvSource({"gzip, false", "identity, true"})
    void aDigestOfThePlainBytesIsNotToldOfOthers(String accepted, boolean told) throws Exception {
        var script = ScriptedInstance.always(HTML + "Transfer-Encoding: chunked\r\n\r\n" + chunk(TEXT)
                + "0\r\nRepr-Digest: sha-256=:AAAA:\r\nX-Late: yes\r\n\r\n");
        try (var edge = new TestEdge(folder, script)) {
            var answer = edge.get("/api/hello", "Accept-Encoding: " + accepted, "TE: trailers");

            assertThat(answer).containsIgnoringCase("x-late: yes\r\n");
            assertThat(answer.toLowerCase(Locale.ROOT).contains("repr-digest")).isEqualTo(told);
        }
    }

    @Test
    void anUnchangedAnswerIsNamedAsTheClientKnowsIt() throws Exception {
        try (var edge =
                new TestEdge(folder, ScriptedInstance.always("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n"))) {
            assertThat(edge.get("/api/hello", "If-None-Match: W/\"v1\""))
                    .startsWith("HTTP/1.1 304 ")
                    .containsIgnoringCase("etag: W/\"v1\"\r\n")
                    .contains("vary: accept-encoding\r\n");
            assertThat(edge.get("/api/hello", "If-None-Match: \"v1\""))
                    .containsIgnoringCase("etag: \"v1\"\r\n")
                    .doesNotContain("vary");
        }
    }

    @Test
    void aClientOfHttp10GetsThePlainAnswer() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(SIZED))) {
            assertThat(edge.raw("GET /api/hello HTTP/1.0\r\nHost: hello.localhost\r\nAccept-Encoding: gzip\r\n\r\n"))
                    .contains("vary: accept-encoding\r\n")
                    .doesNotContain("content-encoding")
                    .endsWith(TEXT);
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void everyProtocolCarriesIt(HttpClient.Version version) throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(SIZED));
                var client = HttpClient.newBuilder().version(version).build()) {
            var answer = client.send(request(edge, "gzip"), BodyHandlers.ofByteArray());

            assertThat(answer.version()).isEqualTo(version);
            assertThat(decoded(answer.body(), "gzip")).isEqualTo(TEXT);
        }
    }

    @Test
    void untilTheLibraryOfZstdIsLoadedTheNextBestIsTaken() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(SIZED), ProxyTest.oneLoop())) {
            var loaded = new CountDownLatch(1);
            for (int i = 0; i < VertxOptions.DEFAULT_WORKER_POOL_SIZE; i++) { // which is who would load it
                edge.vertx.executeBlocking(
                        () -> {
                            loaded.await();
                            return "";
                        },
                        false);
            }
            assertThat(get(edge, "gzip;q=0.5, zstd").headers().firstValue("content-encoding"))
                    .contains("gzip");
            loaded.countDown();
            awaitZstd(edge);
            assertThat(get(edge, "gzip;q=0.5, zstd").headers().firstValue("content-encoding"))
                    .contains("zstd");
        }
    }

    @Test
    void aProjectThatDoesNotWantItIsLeftAlone() throws Exception {
        try (var edge = new TestEdge(
                folder, ScriptedInstance.always(SIZED), TestEdge.options(), without(TestEdge.deployment()))) {
            var answer = get(edge, "gzip");

            assertPlain(answer);
            assertThat(answer.headers().map()).doesNotContainKey("vary");
        }
    }

    @Test
    void whatAnAnswerVariesByIsAddedTo() throws Exception {
        var script =
                ScriptedInstance.always(HTML + "Vary: Cookie\r\nContent-Length: " + TEXT.length() + "\r\n\r\n" + TEXT);
        try (var edge = new TestEdge(folder, script)) {
            assertThat(get(edge, "gzip").headers().allValues("vary")).containsExactly("Cookie", "accept-encoding");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void whatTheFunctionHasSaidDoesNotWaitForWhatItHasNot(String coding) throws Exception {
        var seen = new CountDownLatch(1);
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            if (conversation.asked("?whole")) {
                conversation.write(SIZED);
                return;
            }
            conversation.write(HTML + CHUNKED + chunk(TEXT));
            await().until(() -> seen.getCount() == 0);
            conversation.write(chunk("the end") + END);
        };
        try (var edge = new TestEdge(folder, script, ProxyTest.oneLoop());
                var client = HttpClient.newHttpClient()) {
            awaitZstd(edge);

            var answer = client.send(request(edge, coding), BodyHandlers.ofInputStream());
            assertThat(answer.headers().firstValue("content-encoding")).contains(coding);
            try (var body = decoding(answer.body(), coding)) {
                assertThat(text(body.readNBytes(TEXT.length()))).isEqualTo(TEXT);
                seen.countDown();
                assertThat(text(body.readAllBytes())).isEqualTo("the end");
            }
        }
    }

    @Test
    void aStreamOfSmallPiecesGoesAsItIs() throws Exception {
        var seen = new CountDownLatch(1);
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            conversation.write(HTML + CHUNKED + chunk("tick"));
            await().until(() -> seen.getCount() == 0);
            conversation.write(chunk(TEXT) + END);
        };
        try (var edge = new TestEdge(folder, script);
                var client = HttpClient.newHttpClient()) {
            var answer = client.send(request(edge, "gzip"), BodyHandlers.ofInputStream());
            assertThat(answer.headers().firstValue("content-encoding")).isEmpty();
            try (var body = answer.body()) {
                assertThat(text(body.readNBytes(4))).isEqualTo("tick");
                seen.countDown();
                assertThat(text(body.readAllBytes())).isEqualTo(TEXT);
            }
        }
    }

    @Test
    void aLargeAnswerComesWholeToWhoReadsItLate() throws Exception {
        long pieces = 3_000;
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            conversation.write(HTML + "Content-Length: " + pieces * TEXT.length() + "\r\n\r\n");
            for (long i = 0; i < pieces; i++) {
                conversation.write(TEXT);
            }
        };
        try (var edge = new TestEdge(folder, script);
                var client = HttpClient.newHttpClient()) {
            var answer = client.send(request(edge, "gzip"), BodyHandlers.ofInputStream());
            try (var body = decoding(answer.body(), "gzip")) {
                for (long i = 0; i < pieces; i++) {
                    assertThat(text(body.readNBytes(TEXT.length()))).isEqualTo(TEXT);
                }
                assertThat(body.read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void answersThatBreakOffAreCutAndGiveTheirMemoryBack() throws Exception {
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            boolean whole = conversation.asked("?whole");
            conversation.write(whole ? SIZED : HTML + "Content-Length: 9999999\r\n\r\n" + TEXT);
        };
        try (var edge = new TestEdge(folder, script)) {
            for (int i = 0; i < 300; i++) { // more than two loops compress at a time
                assertThat(edge.get("/api/hello", "Accept-Encoding: gzip"))
                        .contains("content-encoding: gzip\r\n")
                        .doesNotEndWith("\r\n0\r\n\r\n");
            }
            assertThat(edge.engine.ended)
                    .hasSize(300)
                    .allMatch(ended -> ended.outcome() == Outcome.FAILED && ended.bytesOut() == TEXT.length());

            assertThat(edge.get("/api/hello?whole", "Accept-Encoding: gzip"))
                    .contains("content-encoding: gzip\r\n")
                    .endsWith("\r\n0\r\n\r\n");
        }
    }

    @Test
    void clientsThatLeaveGiveTheMemoryOfTheirAnswersBack() throws Exception {
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            if (conversation.asked("?whole")) {
                conversation.write(SIZED);
            } else {
                conversation.write(HTML + CHUNKED + chunk(TEXT));
                conversation.readAll();
            }
        };
        try (var edge = new TestEdge(folder, script, ProxyTest.oneLoop())) {
            awaitZstd(edge);
            for (int i = 0; i < 200; i++) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                    socket.setSoTimeout(20_000);
                    socket.getOutputStream()
                            .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nAccept-Encoding: zstd\r\n\r\n"
                                    .getBytes(StandardCharsets.UTF_8));
                    assertThat(ProxyTest.readUntil(socket, "\r\n\r\n")).contains("content-encoding: zstd\r\n");
                }
            }
            await().until(() -> edge.engine.ended.size() == 200);

            assertThat(edge.get("/api/hello?whole", "Accept-Encoding: zstd")).contains("content-encoding: zstd\r\n");
        }
    }

    @Test
    void moreAtATimeThanThereIsMemoryForGoAsTheyAre() throws Exception {
        var over = new CountDownLatch(1);
        ScriptedInstance.Script script = conversation -> {
            conversation.readHead();
            conversation.write(HTML + CHUNKED + chunk(TEXT));
            await().until(() -> over.getCount() == 0);
            conversation.write(END);
        };
        var sockets = new Socket[129];
        try (var edge = new TestEdge(folder, script, ProxyTest.oneLoop())) {
            for (int i = 0; i < sockets.length; i++) {
                sockets[i] = new Socket(InetAddress.getLoopbackAddress(), edge.port);
                sockets[i].setSoTimeout(20_000);
                sockets[i]
                        .getOutputStream()
                        .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nAccept-Encoding: gzip\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                assertThat(ProxyTest.readUntil(sockets[i], "\r\n\r\n").contains("content-encoding: gzip\r\n"))
                        .as("answer %d", i)
                        .isEqualTo(i < 128);
            }
            over.countDown();
            assertThat(ProxyTest.readUntil(sockets[128], "\r\n0\r\n\r\n")).contains("all work and no play");
        } finally {
            for (var socket : sockets) {
                if (socket != null) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void aCompressedRequestIsPassedOnUnopened() throws Exception {
        ScriptedInstance.Script echo = conversation -> {
            conversation.readHead();
            var body = conversation.readBody(6);
            conversation.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + body);
        };
        try (var edge = new TestEdge(folder, echo)) {
            var bomb = "\u001f\u008b\u0008\u0000ab";
            assertThat(edge.send("POST", "/api/hello", bomb, "Content-Length: 6", "Content-Encoding: gzip"))
                    .endsWith("\r\n\r\n" + bomb);
            assertThat(edge.instance.requests().getFirst()).containsIgnoringCase("content-encoding: gzip\r\n");
        }
    }

    private static String head(String headers) {
        return "HTTP/1.1 200 OK\r\n" + headers + "\r\n";
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    /** It is loaded when it is first asked for, on each loop. */
    private static void awaitZstd(TestEdge edge) {
        await().until(() ->
                edge.get("/api/hello?whole", "Accept-Encoding: zstd").contains("content-encoding: zstd\r\n"));
        edge.engine.ended.clear();
    }

    private static Deployment without(Deployment of) {
        return new Deployment(
                of.version(),
                of.id(),
                of.project(),
                of.createdAt(),
                of.mode(),
                of.reason(),
                of.functions(),
                of.routes(),
                of.staticFiles(),
                of.environment(),
                of.secrets(),
                of.warnings(),
                of.files(),
                of.bytes(),
                false);
    }

    private static HttpRequest request(TestEdge edge, String accepted) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + edge.project().port() + "/api/hello"))
                .header("accept-encoding", accepted)
                .build();
    }

    private static HttpResponse<byte[]> get(TestEdge edge, String accepted) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request(edge, accepted), BodyHandlers.ofByteArray());
        }
    }

    private static void assertPlain(HttpResponse<byte[]> answer) {
        assertThat(answer.headers().firstValue("content-encoding")).isEmpty();
        assertThat(text(answer.body())).isEqualTo(TEXT);
    }

    private static InputStream decoding(InputStream body, String coding) throws IOException {
        return coding.equals("gzip") ? new GZIPInputStream(body) : new ZstdInputStream(body);
    }

    private static String decoded(byte[] body, String coding) throws IOException {
        try (var plain = decoding(new ByteArrayInputStream(body), coding)) {
            return text(plain.readAllBytes());
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
