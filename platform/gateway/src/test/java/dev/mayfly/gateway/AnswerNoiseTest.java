package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.StrictClient.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Answers of functions that are nearly good, by the thousand: a client gets one whole answer or an end, and nobody gets what is another's, neither who
 * asks next on the same connection nor who asks the same instance next.
 */
class AnswerNoiseTest {
    private static final long SEED = 20261127;
    private static final int CLIENTS = 16;

    /** Milliseconds until an instance ends a connection whose other side waits for more than was planned. */
    private static final int PATIENCE = 300;

    @TempDir
    Path folder = Path.of("");

    private static final String FILE = "GET /page.html HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";

    @Test
    @Timeout(120)
    void answersThatAreNearlyGood() throws Exception {
        answers(SEED, 60);
    }

    @Test
    @Tag("soak")
    @Timeout(1200)
    void aHundredTimesAsManyAnswersOfAFreshSeed() throws Exception {
        answers(System.nanoTime(), 10_000);
    }

    private void answers(long seed, int rounds) throws Exception {
        var planned = new ConcurrentHashMap<String, String>();
        var told = ConcurrentHashMap.<Integer>newKeySet();
        try (var edge = new TestEdge(folder, conversation -> say(conversation, planned))) {
            Noise.atOnce(seed, CLIENTS, rounds, noise -> {
                var tag = "t" + Long.toUnsignedString(noise.number(), 36);
                planned.put(tag, noise.like(answers()).replace("TAG", tag));
                try (var client = new StrictClient(edge.port)) {
                    told.add(status(client.ask(request(tag, noise.once(4)))));
                    switch (client.ask(FILE)) {
                        case Result.Whole(int status, var headers, var body) -> {
                            assertThat(status).isEqualTo(200);
                            assertThat(body).isEqualTo(TestEdge.FILE);
                        }
                        case Result.Cut(int status, var headers, var part) ->
                            assertThat(status).isZero();
                    }
                }
                try (var client = new StrictClient(edge.port)) {
                    assertThat(client.ask(request("plain" + tag, false)))
                            .isInstanceOfSatisfying(Result.Whole.class, whole -> {
                                assertThat(whole.status()).isIn(200, 502);
                                if (whole.status() == 200) {
                                    assertThat(whole.body()).isEqualTo("plain" + tag);
                                }
                            });
                }
            });
            assertThat(told).as("seed %d: what clients were told", seed).contains(200, 502);
            await().until(() -> edge.engine.over() == edge.engine.given.size());
        }
    }

    private static int status(Result result) {
        return switch (result) {
            case Result.Whole(int status, var headers, var body) -> {
                assertThat(status).isBetween(200, 599);
                assertThat(headers.keySet())
                        .filteredOn(name -> name.startsWith("x-mayfly-"))
                        .containsOnly("x-mayfly-request-id", "x-mayfly-deployment");
                assertThat(headers.keySet()).doesNotContain("keep-alive", "upgrade", "proxy-authenticate", "te");
                yield status;
            }
            case Result.Cut(int status, var headers, var part) -> -status;
        };
    }

    private static String request(String tag, boolean body) {
        return (body ? "POST" : "GET") + " /api/hello?tag=" + tag + "& HTTP/1.1\r\nHost: hello.localhost\r\n"
                + (body ? "Content-Length: 4\r\n\r\nbody" : "\r\n");
    }

    private static List<String> answers() {
        return List.of(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nX-Mayfly-Request-Id: 6\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"x\"\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 500 Internal Server Error\r\nx-mayfly-error: function_failed\r\nContent-Length: 2\r\n\r\nno",
                "HTTP/1.0 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n\r\nTAG",
                "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: X-Y\r\nX-Y: z\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nTAG",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nFLOODED");
    }

    private static final Pattern TAG = Pattern.compile("tag=(\\w+)&");

    /** What is planned for a request, its own tag where nothing is; and the end, where that leaves the other side waiting. */
    private static void say(ScriptedInstance.Conversation conversation, Map<String, String> planned)
            throws IOException {
        for (var head = conversation.head(); head.isPresent(); head = conversation.head()) {
            var asked = TAG.matcher(head.get());
            assertThat(asked.find()).isTrue();
            if (head.get().startsWith("POST")) {
                conversation.readBody(4);
            }
            var tag = asked.group(1);
            var answer = planned.get(tag);
            if (answer == null) {
                conversation.write("HTTP/1.1 200 OK\r\nContent-Length: " + tag.length() + "\r\n\r\n" + tag);
            } else {
                conversation.write(answer);
                conversation.closeAfter(PATIENCE);
            }
        }
    }
}
