package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.ProjectFunction;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Scope;
import dev.mayfly.provider.Provider;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What functions do now, to whom it is told, and that metrics stay bounded however many functions there are. */
class ActivityTest {
    private static final ProjectFunction HELLO =
            new ProjectFunction(new ProjectName("hello"), new FunctionName("api/hello"));

    @TempDir
    Path folder;

    private static JsonNode read(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestControl.JSON.readTree(answer.body());
    }

    private static HttpResponse<String> get(TestControl control, String token, String path) throws Exception {
        return control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/mayfly/v1" + path))
                .header("authorization", "Bearer " + token)
                .build());
    }

    private static void call(TestControl control) throws Exception {
        assertThat(control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "x")
                        .statusCode())
                .isEqualTo(200);
    }

    private static void live(TestControl control, String id, String state, int active) {
        control.engine.live.add(new InstanceView(
                new InstanceId(id),
                HELLO.project(),
                new DeploymentId("0123456789"),
                HELLO.function(),
                state,
                active,
                5,
                "first request"));
    }

    @Test
    void whatWasCalledIsToldWithItsInstancesAndItsPrice() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            call(control);
            call(control);
            control.engine.activity().refused(HELLO, new InvocationId(77), 503, "all are busy");
            control.engine.waiting.put(HELLO, 4);
            live(control, "i1", "busy", 2);
            live(control, "i2", "idle", 0);
            control.processes.add(new Provider.PlatformProcess(8, "i1", "worker", 100, 10));
            control.processes.add(new Provider.PlatformProcess(9, "i1", "child", 23, 10));
            control.processes.add(new Provider.PlatformProcess(10, "another", "worker", 5000, 10));

            var answer = read(control.get("/activity"));
            assertThat(answer.get("complete").asBoolean()).isTrue();
            assertThat(answer.get("functions")).hasSize(1);
            var row = answer.get("functions").get(0);
            assertThat(row.get("requests").asLong()).isEqualTo(3);
            assertThat(row.get("errors").asLong()).isEqualTo(1);
            assertThat(row.get("coldStarts").asLong()).isEqualTo(2);
            assertThat(row.get("running").asLong()).isEqualTo(2);
            assertThat(row.get("queued").asLong()).isEqualTo(4);
            assertThat(row.at("/instances/busy").asLong()).isEqualTo(1);
            assertThat(row.at("/instances/idle").asLong()).isEqualTo(1);
            assertThat(row.get("memoryBytes").asLong()).isEqualTo(123);
            double hours = row.get("windowMillis").asLong() / 3_600_000.0;
            var bill = read(control.get("/projects/hello/requests")).get("requests");
            assertThat(bill).hasSize(2);
            double paid = bill.get(0).get("price").asDouble()
                    + bill.get(1).get("price").asDouble();
            // the window is told to the millisecond, and a request that was refused counts as one of a million
            assertThat(row.get("pricePerHour").asDouble() * hours).isBetween(paid * 0.999, paid * 1.001 + 0.000001);

            var one = read(control.get("/projects/hello/functions/api%2Fhello/activity"));
            assertThat(one.get("instances")).hasSize(2);
            assertThat(one.at("/instances/0/memoryBytes").asLong()).isEqualTo(123);
            assertThat(one.get("requests")).hasSize(2);
            assertThat(one.at("/errors/0/id").asString()).isEqualTo("000000000000004d");
            assertThat(one.at("/errors/0/text").asString()).isEqualTo("all are busy");
        }
    }

    @Test
    void aTeamSeesItsOwnFunctionsOnly() throws Exception {
        try (var control = new TestControl(folder)) {
            control.addTeam("others");
            control.addToken("mf_others", "others", Scope.READ);
            control.deploy("hello", "one", true);
            call(control);
            live(control, "i1", "busy", 2);

            assertThat(read(get(control, "mf_others", "/activity")).get("functions"))
                    .isEmpty();
            for (var path : new String[] {
                "/activity?project=hello", "/projects/hello/functions/api%2Fhello/activity", "/projects/hello/requests"
            }) {
                var answer = get(control, "mf_others", path);
                assertThat(answer.statusCode()).as(path).isEqualTo(404);
                assertThat(answer.body())
                        .isEqualTo(get(control, "mf_others", path)
                                .body()
                                .replaceAll("\"requestId\":\"[^\"]*\"", requestId(answer.body())));
                assertThat(answer.body()).contains("project_not_found");
            }
            assertThat(read(control.get("/activity")).get("functions")).hasSize(1);
        }
    }

    private static String requestId(String body) {
        return "\"requestId\":\""
                + TestControl.JSON.readTree(body).at("/error/requestId").asString() + "\"";
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            assertThat(control.get("/projects/hello/functions/api%2Fno/activity")
                            .body())
                    .contains("\"not_found\"", "there is no function api/no of hello");
            assertThat(control.get("/activity?project=no").body()).contains("there is no project no");
            assertThat(control.get("/activity?project=A").statusCode()).isEqualTo(400);
            assertThat(control.get("/projects/hello/requests?limit=0").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void withTenThousandFunctionsThePageIsBoundedAndComplete() throws Exception {
        try (var control = new TestControl(folder)) {
            control.engine.activity().name(50);
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 10_000; i++) {
                    var function = new ProjectFunction(new ProjectName("p" + i), new FunctionName("api/f"));
                    control.engine.activity().refused(function, new InvocationId(i + 1), 503, "busy");
                }
            }
            var first = scrape(control);
            assertThat(first.lines().filter(line -> line.startsWith("mayfly_function_requests_total")))
                    .hasSize(51);
            assertThat(first).hasSizeLessThan(200_000);
            assertThat(first.lines()
                            .filter(line -> line.startsWith("mayfly_function_requests_total"))
                            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                            .sum())
                    .isEqualTo(20_000);
            assertThat(first)
                    .contains("mayfly_function_requests_total{function=\"\",outcome=\"refused\",project=\"\"}");
        }
    }

    private static String scrape(TestControl control) throws Exception {
        return control.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/metrics"))
                        .header("authorization", "Bearer " + TestControl.TOKEN)
                        .build())
                .body();
    }
}
