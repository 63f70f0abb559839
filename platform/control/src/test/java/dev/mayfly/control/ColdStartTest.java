package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ColdStart;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.provider.Provider;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is told of cold starts, and of the memory that makes them fast. */
class ColdStartTest {
    @TempDir
    Path folder;

    private static JsonNode json(TestControl control, String path) throws Exception {
        return TestControl.JSON.readTree(control.get(path).body());
    }

    @Test
    void aColdCallIsAttributedInItsRecordAndInItsProject() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            var called = control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "x");
            var id = called.headers().firstValue("x-mayfly-invocation").orElseThrow();

            var usage = json(control, "/invocations/" + id);
            assertThat(usage.get("rung").asString()).isEqualTo("pool");
            assertThat(usage.at("/steps/1/name").asString()).isEqualTo("load");
            assertThat(usage.at("/steps/1/micros").asLong()).isEqualTo(1_600);
            assertThat(usage.at("/imports/0/module").asString()).isEqualTo("flask");

            var report = json(control, "/projects/hello/coldstarts?function=api%2Fhello");
            assertThat(report.get("calls").asLong()).isEqualTo(1);
            assertThat(report.get("complete").asBoolean()).isTrue();
            assertThat(report.at("/rungs/0/rung").asString()).isEqualTo("pool");
            assertThat(report.at("/rungs/0/starts").asLong()).isEqualTo(1);
            assertThat(report.at("/imports/0/module").asString()).isEqualTo("flask");
            assertThat(json(control, "/projects/hello/coldstarts?function=other")
                            .get("calls")
                            .asLong())
                    .isZero();
            assertThat(json(control, "/projects/hello/coldstarts?until=" + EchoEngine.START)
                            .get("calls")
                            .asLong())
                    .isZero();
        }
    }

    @Test
    void aRecordWithoutARungIsReadableAndCountedApart() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            control.engine.start = ColdStart.NONE;
            var called = control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "x");
            var id = called.headers().firstValue("x-mayfly-invocation").orElseThrow();

            assertThat(json(control, "/invocations/" + id).get("rung").isNull()).isTrue();
            var report = json(control, "/projects/hello/coldstarts");
            assertThat(report.get("unknown").asLong()).isEqualTo(1);
            assertThat(report.get("rungs")).isEmpty();
        }
    }

    @Test
    void aProjectWithoutCallsHasNoneAndOneThatIsNotThereIsNotFound() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            assertThat(json(control, "/projects/hello/coldstarts").get("calls").asLong())
                    .isZero();
            var missing = control.get("/projects/nobody/coldstarts");
            assertThat(missing.statusCode()).isEqualTo(404);
            assertThat(missing.body()).contains("project_not_found");
            assertThat(control.get("/projects/hello/coldstarts?since=yesterday").statusCode())
                    .isEqualTo(400);
            assertThat(control.get("/projects/hello/coldstarts?functions=a").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void platformMemoryHasItsPriceAndIsInNoBill() throws Exception {
        try (var control = new TestControl(folder)) {
            long hour = 3_600_000;
            control.store
                    .usage()
                    .append(new PlatformMemory(
                            hour,
                            "pool",
                            "python3.11",
                            PlatformMemory.Measure.PROPORTIONAL,
                            3_600_000_000L,
                            (1L << 30) * 3_600e6,
                            1L << 31));

            var usage = json(control, "/usage/platform");
            assertThat(control.handedOn).hasValue(1);
            assertThat(usage.at("/sums/0/whose").asString()).isEqualTo("python3.11");
            assertThat(usage.at("/sums/0/gbSeconds").asDouble()).isEqualTo(3_600);
            assertThat(usage.at("/sums/0/meanBytes").asLong()).isEqualTo(1L << 30);
            assertThat(usage.at("/total/price").asDouble()).isEqualTo(0.0106);
            assertThat(json(control, "/usage").at("/total/price").asDouble()).isZero();
            assertThat(json(control, "/usage/platform?since=" + 3 * hour).get("sums"))
                    .isEmpty();
        }
    }

    @Test
    void processesOfTheLadderNameTheirRuntimeOrProject() throws Exception {
        try (var control = new TestControl(folder)) {
            control.processes.addAll(List.of(
                    new Provider.PlatformProcess(8, "python3.11", "pool", 1, 2),
                    new Provider.PlatformProcess(9, "python3.11", "zygote", 1, 2),
                    new Provider.PlatformProcess(10, "hello", "dependency-zygote", 1, 2),
                    new Provider.PlatformProcess(11, "aaaaaaaaaa-1", "worker", 1, 2)));

            var processes = json(control, "/processes").get("processes");
            assertThat(processes.at("/1/runtime").asString()).isEqualTo("python3.11");
            assertThat(processes.at("/1/state").asString()).isEqualTo("ready");
            assertThat(processes.at("/1/reason").asString()).contains("next start");
            assertThat(processes.at("/1/instance").isNull()).isTrue();
            assertThat(processes.at("/2/runtime").asString()).isEqualTo("python3.11");
            assertThat(processes.at("/3/project").asString()).isEqualTo("hello");
            assertThat(processes.at("/3/reason").asString()).contains("dependencies");
            assertThat(processes.at("/4/instance").asString()).isEqualTo("aaaaaaaaaa-1");
        }
    }
}
