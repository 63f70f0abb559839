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
import dev.mayfly.model.AliasMove.Cause;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.secret.KeyFile;
import dev.mayfly.store.secret.Sealer;
import dev.mayfly.store.sqlite.SqliteStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers over one store, each with an edge of its own. */
class TwoServersTest {
    private static final Pattern SERVED = Pattern.compile("(?i)x-mayfly-deployment: ([a-z0-9]+)\r\n");
    private static final ProjectName HELLO = new ProjectName("hello");

    @TempDir
    Path folder;

    @Test
    void aMoveByOneIsSeenByTheOther() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var first = AliasesTest.deploy(one, "hello", "one");
            var second = AliasesTest.deploy(one, "hello", "two");
            await().until(() -> at(two.port).contains(first));

            one.json("POST", "/projects/hello/promotion", "{}");
            assertThat(at(one.port)).contains(second);
            await().until(() -> at(two.port).contains(second));

            two.store
                    .catalog()
                    .pointAlias(
                            HELLO,
                            Alias.of(AliasName.PRODUCTION, new DeploymentId(first), new Stickiness.None()),
                            Cause.ROLLBACK);
            await().until(() -> at(one.port).contains(first));
        }
    }

    @Test
    void noRequestFailsAtEitherWhileBothMoveTheAlias() throws Exception {
        try (var one = new TestControl(folder);
                var two = new Second(one)) {
            var ids = List.of(AliasesTest.deploy(one, "hello", "one"), AliasesTest.deploy(one, "hello", "two"));
            await().until(() -> at(two.port).contains(ids.getFirst()));
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
            await().until(() ->
                    at(one.port).contains(ids.get(1)) && at(two.port).contains(ids.get(1)));
            stop.set(true);
            for (var client : clients) {
                client.join();
            }

            assertThat(failed).isEmpty();
            await().until(() ->
                    one.store.catalog().snapshot().equals(two.store.catalog().snapshot()));
        }
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
        private final SqliteStore store;
        private final Gateway gateway;
        private final int port;

        Second(TestControl first) throws IOException {
            var random = new SecureRandom();
            var sealer = new Sealer(KeyFile.loadOrMake(first.home.resolve("secret.key"), random), random);
            store = SqliteStore.open(first.home, sealer, Clock.systemUTC());
            gateway = new Gateway(
                    first.vertx,
                    GatewayOptions.defaults(new Hosts("localhost", Optional.empty())),
                    first.engine,
                    first.store.artifacts(),
                    new RequestIds(Clock.systemUTC(), new Random(3)),
                    (request, caller) -> request.response().setStatusCode(404).end(),
                    (project, deployment, taken) -> {},
                    new ServedRevision(),
                    new EdgeCounts(),
                    EdgeObserver.NONE,
                    Tracebacks.NONE);
            store.catalog().follow(gateway::follow);
            gateway.follow(store.catalog().snapshot());
            port = first.ports.reserve(store.catalog().snapshot());
            gateway.listen("127.0.0.1", port);
        }

        @Override
        public void close() {
            gateway.close();
            store.close();
        }
    }
}
