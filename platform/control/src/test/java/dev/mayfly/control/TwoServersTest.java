package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.gateway.Gateway;
import dev.mayfly.gateway.GatewayOptions;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.gateway.RequestIds;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.gateway.Tracebacks;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.EdgeObserver;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasMove;
import dev.mayfly.model.AliasMove.Cause;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.secret.KeyFile;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.SqliteStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Two servers over one store, each with an edge of its own. */
class TwoServersTest {
    private static final Pattern SERVED = Pattern.compile("(?i)x-mayfly-deployment: ([a-z0-9]+)\r\n");
    private static final ProjectName HELLO = new ProjectName("hello");

    private static final String PRODUCTION = "/projects/hello/aliases/production";

    /** It takes half a second; how long it takes on a machine that does much else is not what is tested here. */
    private static final Duration EVENTUALLY = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void aMoveByOneIsSeenByTheOther() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var first = AliasesTest.deploy(one, "hello", "one");
            var second = AliasesTest.deploy(one, "hello", "two");
            eventually(() -> at(two.port).contains(first));

            one.json("POST", "/projects/hello/promotion", "{}");
            assertThat(at(one.port)).contains(second);
            eventually(() -> at(two.port).contains(second));

            two.store
                    .catalog()
                    .pointAlias(
                            HELLO,
                            Alias.of(AliasName.PRODUCTION, new DeploymentId(first), new Stickiness.None()),
                            Cause.ROLLBACK);
            eventually(() -> at(one.port).contains(first));
        }
    }

    @Test
    void noRequestFailsAtEitherWhileBothMoveTheAlias() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var ids = List.of(AliasesTest.deploy(one, "hello", "one"), AliasesTest.deploy(one, "hello", "two"));
            eventually(() -> at(two.port).contains(ids.getFirst()));
            var stop = new AtomicBoolean();
            var failed = new CopyOnWriteArrayList<String>();
            var clients = new ArrayList<Thread>();
            for (int port : new int[] {one.port, two.port}) {
                clients.add(Thread.ofVirtual().start(() -> {
                    while (!stop.get()) {
                        try {
                            var answer = at(port);
                            if (!answer.startsWith("HTTP/1.1 200 ")) {
                                failed.add(answer);
                            }
                        } catch (IOException e) {
                            failed.add(e.toString());
                        }
                    }
                }));
            }

            for (int n = 0; n < 30; n++) {
                var catalog = n % 2 == 0 ? one.store.catalog() : two.store.catalog();
                catalog.pointAlias(
                        HELLO,
                        Alias.of(AliasName.PRODUCTION, new DeploymentId(ids.get(n / 2 % 2)), new Stickiness.None()),
                        Cause.PROMOTE);
            }
            var last = Alias.of(AliasName.PRODUCTION, new DeploymentId(ids.get(1)), new Stickiness.None());
            two.store.catalog().pointAlias(HELLO, last, Cause.PROMOTE);
            eventually(() -> at(one.port).contains(ids.get(1)) && at(two.port).contains(ids.get(1)));
            stop.set(true);
            for (var client : clients) {
                client.join();
            }

            assertThat(failed).isEmpty();
            eventually(() ->
                    one.store.catalog().snapshot().equals(two.store.catalog().snapshot()));
        }
    }

    @Test
    void ofChangesAtBothNoneIsLostAndEachIsToldWhatItChanged() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var ids = List.of(AliasesTest.deploy(one, "hello", "one"), AliasesTest.deploy(one, "hello", "two"));
            eventually(() -> at(two.port).contains(ids.getFirst()));

            for (int n = 1; n <= 20; n++) {
                var parts = "{\"deployments\":[{\"id\":\"" + ids.get(0) + "\",\"weight\":" + n + "},{\"id\":\""
                        + ids.get(1) + "\",\"weight\":" + (n + 1) + "}]}";
                assertThat(one.json("PUT", PRODUCTION, parts).statusCode()).isEqualTo(200);

                var sticky = two.json("PUT", PRODUCTION, "{\"sticky\":\"header:x-" + n + "\"}");
                assertThat(sticky.at("/alias/deployments/0/weight").asInt()).isEqualTo(n);
                assertThat(sticky.at("/before/1/weight").asInt()).isEqualTo(n + 1);
                assertThat(sticky.at("/moved").asBoolean()).isTrue();

                var promoted = TestControl.JSON.readTree(
                        one.json("POST", "/projects/hello/promotion", "{}").body());
                assertThat(promoted.at("/alias/sticky").asString()).isEqualTo("header:x-" + n);
                assertThat(promoted.at("/before")).hasSize(2);
                assertThat(two.json("POST", "/projects/hello/promotion", "{}")
                                .at("/moved")
                                .asBoolean())
                        .as("it was so already")
                        .isFalse();
            }
        }
    }

    @Test
    void theNewestIsTheNewestOfAllServers() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var first = AliasesTest.deploy(one, "hello", "one");
            eventually(() -> at(two.port).contains(first));
            for (int n = 0; n < 5; n++) {
                var newest = AliasesTest.deploy(one, "hello", "another " + n);

                var promoted = two.json("POST", "/projects/hello/promotion", "{}");

                assertThat(promoted.at("/alias/deployments/0/id").asString()).isEqualTo(newest);
                assertThat(at(two.port)).contains(newest);
            }
        }
    }

    @Test
    void aRollbackThatSomebodyElseOvertakesChangesNothingAndSaysSo() throws Exception {
        try (var one = new TestControl(folder)) {
            AliasesTest.deploy(one, "hello", "one");
            var newer = AliasesTest.deploy(one, "hello", "two");
            var newest = new DeploymentId(AliasesTest.deploy(one, "hello", "three"));
            one.json("POST", "/projects/hello/promotion", "{\"deployment\":\"" + newer + "\"}");
            Runnable other = () -> one.store
                    .catalog()
                    .pointAlias(HELLO, Alias.of(AliasName.PRODUCTION, newest, new Stickiness.None()), Cause.PROMOTE);
            try (var two = new Second(one, catalog -> overtaken(catalog, other))) {
                var answer = two.send("POST", "/projects/hello/rollback", "{}");

                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(409);
                assertThat(answer.body()).contains("was moved by somebody else at the same time");
                assertThat(at(one.port)).contains(newest.value());
                assertThat(one.store.catalog().moves(HELLO, Optional.of(AliasName.PRODUCTION)))
                        .extracting(AliasMove::cause)
                        .containsExactly(Cause.PROMOTE, Cause.PROMOTE, Cause.DEPLOY);
            }
        }
    }

    /** {@code other} happens once what an alias is was looked at, and before it is changed. */
    private static Catalog overtaken(Catalog catalog, Runnable other) {
        return (Catalog) Proxy.newProxyInstance(
                Catalog.class.getClassLoader(), new Class<?>[] {Catalog.class}, (self, method, arguments) -> {
                    if (method.getName().equals("changeAlias")) {
                        other.run();
                    }
                    try {
                        return method.invoke(catalog, arguments);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private static void eventually(Callable<Boolean> so) {
        await().atMost(EVENTUALLY).until(so);
    }

    private static String at(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /api/hello HTTP/1.1\r\nHost: hello.localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.ISO_8859_1));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            var served = SERVED.matcher(answer);
            return served.find() ? answer.lines().findFirst().orElseThrow() + " by " + served.group(1) : answer;
        }
    }

    /** All of a server that alias moves go through. Loopback ports are the first one's, as this is the same machine. */
    private static final class Second implements AutoCloseable {
        private final TestControl first;
        private final SqliteStore store;
        private final Gateway gateway;
        private final int port;

        Second(TestControl first) throws IOException {
            this(first, catalog -> catalog);
        }

        /** @param seen the catalog as the API has it */
        Second(TestControl first, UnaryOperator<Catalog> seen) throws IOException {
            this.first = first;
            var random = new SecureRandom();
            var sealer = new Sealer(KeyFile.loadOrMake(first.home.resolve("secret.key"), random), random);
            store = SqliteStore.open(first.home, sealer, Clock.systemUTC());
            var served = new ServedRevision();
            gateway = new Gateway(
                    first.vertx,
                    GatewayOptions.defaults(new Hosts("localhost", Optional.empty())),
                    first.engine,
                    first.store.artifacts(),
                    new RequestIds(Clock.systemUTC(), new Random(3)),
                    plane(first.plane, seen.apply(store.catalog()), served).api(),
                    (project, deployment, taken) -> {},
                    served,
                    new EdgeCounts(),
                    EdgeObserver.NONE,
                    Tracebacks.NONE);
            store.catalog().follow(gateway::follow);
            gateway.follow(store.catalog().snapshot());
            port = first.ports.reserve(store.catalog().snapshot());
            gateway.listen("127.0.0.1", port);
        }

        private static ControlPlane plane(ControlPlane other, Catalog catalog, ServedRevision served) {
            return new ControlPlane(
                    catalog,
                    other.artifacts(),
                    other.ledger(),
                    other.logs(),
                    other.engine(),
                    other.builder(),
                    other.ports(),
                    served,
                    other.sweeper(),
                    other.retention(),
                    other.ids(),
                    other.clock(),
                    other.random(),
                    other.addresses(),
                    other.facts(),
                    other.prices(),
                    other.domains(),
                    other.certificates(),
                    other.uploadLimit(),
                    other.findings(),
                    other.processes(),
                    other.handOn(),
                    other.stop(),
                    other.metrics(),
                    other.answers(),
                    other.automatic());
        }

        HttpResponse<String> send(String method, String path, String body) throws Exception {
            return first.http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/mayfly/v1" + path))
                            .header("authorization", "Bearer " + TestControl.TOKEN)
                            .header("content-type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }

        JsonNode json(String method, String path, String body) throws Exception {
            var answer = send(method, path, body);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return TestControl.JSON.readTree(answer.body());
        }

        @Override
        public void close() {
            gateway.close();
            store.close();
        }
    }
}
