package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.FunctionEngine;
import dev.mayfly.engine.Ticker;
import dev.mayfly.gateway.StrictClient.Result;
import dev.mayfly.gateway.observe.ConnectionEnd;
import dev.mayfly.gateway.observe.Served;
import dev.mayfly.model.Digest;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.local.LocalStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole gateway and the real engine before instances whose connections are delayed, cut, corrupted, half closed, silent and flooded. Whatever happens
 * there, a client gets one answer of its own or a connection that ends; a request is started once at most; and nothing is left, and nothing is missing in
 * the books.
 */
class FaultProxyTest {
    private static final int CLIENTS = 24;
    private static final Pattern TAG = Pattern.compile("<(\\w{12})>");

    @TempDir
    private Path folder = Path.of("");

    /** Where Vert.x tells of each connection that breaks. */
    private final Logger vertx = Logger.getLogger("io.vertx.core.net.impl.ConnectionBase");

    private @Nullable LeakWatch leaks;

    @SuppressWarnings("NullAway.Init")
    private TestEdge edge;

    @SuppressWarnings("NullAway.Init")
    private LocalStore store;

    @SuppressWarnings("NullAway.Init")
    private FaultyInstances instances;

    @SuppressWarnings("NullAway.Init")
    private FunctionEngine engine;

    private long listening;

    private final Set<String> issued = ConcurrentHashMap.newKeySet();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    /** @param sent bytes of the request's body */
    private record Asked(String tag, int sent, String expected, Optional<Result> result) {}

    @Test
    @Timeout(120)
    void clientsGetOneAnswerOfTheirOwnWhateverHappensBehindTheGateway() throws Exception {
        prove(20261127, 20);
    }

    @Test
    @Tag("soak")
    @Timeout(1200)
    void theSameForTenThousandRequestsOfAFreshSeed() throws Exception {
        prove(System.nanoTime(), 450);
    }

    @Test
    @Timeout(60)
    void aBufferThatIsLetGoOfIsFound() throws Exception {
        try (var watch = new LeakWatch()) {
            LeakWatch.leak();

            assertThat(watch.leaks()).isNotEmpty();
        }
    }

    private void open(long seed) throws IOException, InterruptedException {
        leaks = new LeakWatch();
        vertx.setLevel(Level.OFF);
        var deployment = TestEdge.deployment(TestEdge.limits(4, 4, Duration.ofSeconds(2)), List.of());
        edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead, TestEdge.options(), deployment);
        store = LocalStore.open(folder.resolve("home"), folder.resolve("artifacts"), Clock.systemUTC());
        store.artifacts().layer(Digest.of("api/hello"), code -> {});
        store.catalog()
                .addDeployment(
                        Catalog.FIRST_TEAM,
                        deployment,
                        true,
                        new Catalog.Ports(edge.project().port(), edge.deploymentPort()));
        instances = new FaultyInstances(folder, seed);
        engine = new FunctionEngine(
                instances,
                store.catalog(),
                store.artifacts(),
                store.usage(),
                store.logs(),
                of -> "",
                new EngineSettings(false, Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ZERO, 16),
                Ticker.system());
        edge.engine.behind = engine;
        listening = toInstances();
    }

    @AfterEach
    void close() throws IOException {
        vertx.setLevel(null);
        if (leaks != null) {
            leaks.close();
            edge.close();
            engine.close();
            instances.close();
            store.close();
        }
    }

    private void prove(long seed, int requests) throws Exception {
        open(seed);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Future<?>>();
            for (int i = 0; i < CLIENTS; i++) {
                var random = new SplittableRandom(seed + 1 + i);
                clients.add(threads.submit(() -> {
                    converse(random, requests);
                    return true;
                }));
            }
            for (var client : clients) {
                client.get();
            }
        }
        var of = "seed " + seed;
        eachSawOnlyItsOwn(of);
        eachWasStartedOnceAtMost(of);
        nothingIsHeld(of);
        // What ran is booked a little after its answer.
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> theBooksAreRight(of));
        muchWentWrongAndMuchWentWell(of);
        engine.close();
        instances.close();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(toInstances())
                        .as("%s: sockets left of connections to instances", of)
                        .isEqualTo(listening));
        assertThat(openToClients()).as("%s: connections of clients", of).isZero();
        assertThat(Objects.requireNonNull(leaks).leaks()).as("%s: buffers", of).isEmpty();
    }

    // --- what clients do

    private void converse(SplittableRandom random, int requests) throws IOException {
        StrictClient client = null;
        for (int i = 0; i < requests; i++) {
            client = client == null ? new StrictClient(edge.port) : client;
            var tag = tag(random);
            int size = random.nextInt(4) == 0 ? random.nextInt(150_000) : random.nextInt(4000);
            var target = "/api/hello?tag=" + tag + "&size=" + size + "&chunks=" + random.nextInt(2);
            var body = random.nextInt(3) == 0 ? TaggedWorker.body(tag, size) : "";
            var request = request(random, target, body);
            var expected = TaggedWorker.body(tag, size);
            if (random.nextInt(40) == 0) {
                client.sendAndLeave(request);
                asked.add(new Asked(tag, body.length(), expected, Optional.empty()));
                client = null;
                continue;
            }
            var result = client.ask(request);
            asked.add(new Asked(tag, body.length(), expected, Optional.of(result)));
            boolean goesOn = result instanceof Result.Whole(int status, var headers, var all)
                    && !"close".equalsIgnoreCase(headers.getOrDefault("connection", ""));
            if (!goesOn) {
                client.close();
                client = null;
            }
        }
        if (client != null) {
            client.close();
        }
    }

    private String tag(SplittableRandom random) {
        var tag = Long.toString(random.nextLong(1L << 61, 1L << 62), 36);
        tag = tag.substring(tag.length() - 12);
        assertThat(issued.add(tag)).isTrue();
        return tag;
    }

    private String request(SplittableRandom random, String target, String body) {
        var head = " HTTP/1.1\r\nHost: hello.localhost:" + edge.port + "\r\nAccept: application/json\r\n";
        if (body.isEmpty()) {
            return "GET " + target + head + "\r\n";
        }
        return random.nextBoolean()
                ? "POST " + target + head + "Content-Length: " + body.length() + "\r\n\r\n" + body
                : "POST " + target + head + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.length())
                        + "\r\n" + body + "\r\n0\r\n\r\n";
    }

    // --- what has to be so

    private void eachSawOnlyItsOwn(String of) {
        for (var each : asked) {
            var text = switch (each.result.orElse(null)) {
                case null -> "";
                case Result.Whole(int status, var headers, var body) -> body;
                case Result.Cut(int status, var headers, var part) -> part;
            };
            assertThat(TAG.matcher(text).results().map(found -> found.group(1)).filter(issued::contains))
                    .as("%s: whose bytes %s got", of, each.tag)
                    .allMatch(each.tag::equals);
            assertThat(text).as("%s: %s", of, each.tag).isNotEqualTo("FLOODED");
            if (!instances.twisted.contains(each.tag)
                    && each.result.orElse(null) instanceof Result.Whole(int status, var headers, var body)
                    && status == 200) {
                assertThat(body).as("%s: the answer of %s", of, each.tag).isEqualTo(each.expected);
            }
        }
    }

    private void eachWasStartedOnceAtMost(String of) {
        assertThat(instances.executions)
                .as("%s: requests that were started more than once", of)
                .allSatisfy((tag, times) -> assertThat(times).as(tag).isEqualTo(1));
        for (var each : asked) {
            if (each.result.orElse(null) instanceof Result.Whole(int status, var headers, var body)
                    && status == 200
                    && !instances.twisted.contains(each.tag)) {
                assertThat(instances.executions).as(of).containsKey(each.tag);
            }
        }
    }

    private void nothingIsHeld(String of) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(engine.instances())
                        .as("%s: slots that were not given back", of)
                        .allMatch(each -> each.active() == 0));
        long answered = asked.stream().filter(each -> each.result.isPresent()).count();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(edge.seen)
                        .as("%s: requests that ended at the edge", of)
                        .hasSizeBetween((int) answered, asked.size()));
        assertThat(edge.seen.stream().map(Served::id).filter(Objects::nonNull))
                .as("%s: each once", of)
                .doesNotHaveDuplicates();
    }

    private void theBooksAreRight(String of) {
        store.usage().flush();
        var records =
                store.usage().records(new UsageLedger.Filter(TestEdge.HELLO, null, null, null), 1_000_000).stream()
                        .collect(Collectors.toMap(UsageRecord::id, UnaryOperator.identity()));
        var seen = edge.seen.stream()
                .filter(each -> each.id() != null)
                .collect(Collectors.toMap(each -> Objects.requireNonNull(each.id()), UnaryOperator.identity()));
        records.forEach((id, entry) -> {
            var served = seen.get(id.toString());
            if (entry.outcome() == Outcome.DISCONNECTED && entry.status() == 0) {
                return; // gone before it was known what its request would be called
            }
            assertThat(served).as("%s: who asked for %s", of, entry).isNotNull();
            if (served != null && served.status() != 0) {
                assertThat(entry.status()).as("%s: %s", of, served).isEqualTo(served.status());
            }
        });
        for (var each : asked) {
            switch (each.result.orElse(null)) {
                case null -> {}
                case Result.Whole(int status, var headers, var body) -> {
                    var entry = entry(records, headers);
                    if (entry == null) {
                        assertThat(status)
                                .as("%s: %s is in no book", of, headers)
                                .isIn(503, 502);
                    } else if (entry.outcome() == Outcome.OK) {
                        assertThat(entry.status()).as("%s: %s", of, entry).isEqualTo(status);
                        assertThat(entry.bytesOut()).as("%s: %s", of, entry).isEqualTo(body.length());
                        assertThat(entry.bytesIn()).as("%s: %s", of, entry).isEqualTo(each.sent);
                    } else {
                        assertThat(entry.status()).as("%s: %s", of, entry).isEqualTo(status);
                        assertThat(status).as("%s: %s", of, entry).isGreaterThanOrEqualTo(500);
                        assertThat(entry.bytesOut()).as("%s: %s", of, entry).isZero();
                    }
                }
                case Result.Cut(int status, var headers, var part)
                when status != 0 -> {
                    var entry = entry(records, headers);
                    assertThat(entry).as("%s: of %s", of, headers).isNotNull();
                    if (entry != null) {
                        assertThat(entry.outcome()).as("%s: %s", of, entry).isIn(Outcome.FAILED, Outcome.TIMEOUT);
                        assertThat(entry.bytesOut()).as("%s: %s", of, entry).isGreaterThanOrEqualTo(part.length());
                    }
                }
                case Result.Cut(int status, var headers, var part) -> {
                    // ended without a head: the gateway closed a kept connection at that moment
                }
            }
        }
    }

    private static @Nullable UsageRecord entry(Map<InvocationId, UsageRecord> records, Map<String, String> headers) {
        var id = headers.get("x-mayfly-request-id");
        assertThat(id).isNotNull();
        return id == null ? null : records.get(InvocationId.parse(id));
    }

    private void muchWentWrongAndMuchWentWell(String of) {
        var results = new TreeMap<String, Integer>();
        for (var each : asked) {
            results.merge(
                    switch (each.result.orElse(null)) {
                        case null -> "left";
                        case Result.Whole(int status, var headers, var body) -> Integer.toString(status);
                        case Result.Cut(int status, var headers, var part) -> "cut after " + status;
                    },
                    1,
                    Integer::sum);
        }
        if (asked.size() > 10_000) {
            System.out.println(
                    of + ": " + results + ", " + instances.faults + ", " + instances.claimed() + " instances");
        }
        assertThat(instances.faults.keySet())
                .as("%s: what went wrong", of)
                .contains("Leave", "Delay", "Cut", "Corrupt", "HalfClose", "Silence", "Flood", "Refused");
        assertThat(results.getOrDefault("200", 0)).as("%s: %s", of, results).isGreaterThan(asked.size() / 2);
        assertThat(results.keySet()).as("%s: %s", of, results).contains("502", "cut after 200");
    }

    /** Sockets of this process that are of the kind that leads to instances. */
    private static long toInstances() throws IOException {
        var ours = new HashSet<String>();
        try (var open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var descriptor : open) {
                ours.add(target(descriptor));
            }
        }
        try (var all = Files.lines(Path.of("/proc/net/unix"))) {
            return all.map(line -> line.split(" +"))
                    .filter(row -> row.length > 6 && ours.contains("socket:[" + row[6] + "]"))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }

    private long openToClients() {
        long closed = Arrays.stream(ConnectionEnd.values())
                .mapToLong(edge.counts::closedConnections)
                .sum();
        return edge.counts.acceptedConnections() - closed;
    }
}
