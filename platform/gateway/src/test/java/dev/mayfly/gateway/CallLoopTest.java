package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.FunctionEngine;
import dev.mayfly.engine.Ticker;
import dev.mayfly.model.Digest;
import dev.mayfly.store.Catalog;
import dev.mayfly.store.Logs;
import dev.mayfly.store.UsageLedger;
import dev.mayfly.store.local.LocalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A function that calls itself, with the real engine: every call of it is a connection from another instance. */
@Timeout(60)
class CallLoopTest {
    private static final int MOST = 4;

    @TempDir
    private Path folder = Path.of("");

    private TestEdge edge;
    private LocalStore store;
    private CallingInstances instances;
    private FunctionEngine engine;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        edge = new TestEdge(folder, ScriptedInstance.Conversation::readHead);
        var socket = folder.resolve("inside.sock");
        edge.gateway.listenInside(socket, java.util.Optional.empty());
        store = LocalStore.open(folder.resolve("home"), folder.resolve("artifacts"), Clock.systemUTC());
        store.artifacts().layer(Digest.of("api/hello"), code -> {});
        store.catalog()
                .addDeployment(
                        Catalog.FIRST_TEAM,
                        TestEdge.deployment(),
                        true,
                        new Catalog.Ports(edge.project().port(), edge.deploymentPort()));
        instances = new CallingInstances(folder, new InsideClient(socket), edge);
        engine = new FunctionEngine(
                instances,
                store.catalog(),
                store.artifacts(),
                store.usage(),
                store.logs(),
                deployment -> "",
                new EngineSettings(false, Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ZERO, MOST),
                Ticker.system());
        edge.engine.behind = engine;
    }

    @AfterEach
    void close() throws IOException {
        edge.close();
        engine.close();
        instances.close();
        store.close();
    }

    @Test
    void isCutWhenTheChainIsTooLong() throws Exception {
        var answer = edge.get("/api/hello");

        assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + (MOST + 1));
        assertThat(instances.started()).isEqualTo(MOST + 1);
        assertThat(instances.cut())
                .singleElement()
                .asString()
                .startsWith("HTTP/1.1 508 Loop Detected")
                .contains("call_loop", "api/hello was called at the end of a chain of 5 calls", "--call-depth 5");
    }

    @Test
    void costsWhatRanAndSaysWhereItWasCut() throws Exception {
        edge.get("/api/hello");

        // What ran is booked a little after its answer, and every reading writes first what is booked.
        await().untilAsserted(() -> assertThat(
                        store.usage().records(new UsageLedger.Filter(TestEdge.HELLO, null, null, null), 100))
                .hasSize(MOST + 1));
        store.logs().flush();
        assertThat(store.logs()
                        .read(new Logs.Filter(TestEdge.HELLO, null, null, null, null), 0, 100, false)
                        .lines())
                .extracting(entry -> entry.line().text())
                .filteredOn(text -> text.contains(" 508 "))
                .singleElement()
                .asString()
                .startsWith("GET /api/hello 508 · waited 0 ms · api/hello was called at the end of a chain");
    }

    @Test
    void mayBeCalledAgainFromOutside() throws Exception {
        edge.get("/api/hello");

        assertThat(edge.get("/api/hello")).endsWith("\r\n\r\n" + (MOST + 1));
    }
}
