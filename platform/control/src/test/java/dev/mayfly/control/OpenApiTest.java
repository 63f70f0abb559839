package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.ProjectFunction;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.ProjectName;
import dev.mayfly.provider.Provider;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API says what the API does: all of it, and nothing else. */
class OpenApiTest {
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    @TempDir
    Path folder;

    @Test
    void everyRouteIsDescribedWithItsParametersAndItsScopeAndNoOther() throws Exception {
        try (var control = new TestControl(folder)) {
            var described = new TreeSet<String>();
            var document = document(control);
            document.get("paths")
                    .properties()
                    .forEach(path -> path.getValue().properties().forEach(operation -> {
                        var query = new TreeSet<String>();
                        operation.getValue().path("parameters").forEach(parameter -> {
                            if (parameter.get("in").asString().equals("query")) {
                                query.add(parameter.get("name").asString());
                            }
                        });
                        described.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey() + " " + query
                                + " "
                                + operation.getValue().get("x-mayfly-scope").asString());
                    }));

            var built = new TreeSet<String>();
            control.plane
                    .endpoints()
                    .forEach(endpoint -> built.add(endpoint.method() + " " + Api.ROOT + endpoint.template() + " "
                            + new TreeSet<>(endpoint.query()) + " "
                            + endpoint.scope().name().toLowerCase(Locale.ROOT)));
            assertThat(described).isEqualTo(built);
        }
    }

    @Test
    void theCheckCanFail() throws Exception {
        try (var control = new TestControl(folder)) {
            assertThat(errors(document(control), "get", "/projects", "{\"projects\":[{}]}"))
                    .isNotEmpty();
            assertThat(errors(document(control), "get", "/projects", "{\"projects\":[],\"more\":1}"))
                    .isNotEmpty();
        }
    }

    @Test
    void everyAnswerIsAsDescribed() throws Exception {
        try (var control = new TestControl(folder)) {
            var document = document(control);
            var ready = control.deploy("hello", "one", true);
            for (var line : ready) {
                assertThat(errors(document, "post", "/projects/{p}/deployments", line.toString()))
                        .isEmpty();
            }
            var id = ready.getLast().at("/deployment/id").asString();
            control.engine.live.add(new InstanceView(
                    new InstanceId("i"),
                    new ProjectName("hello"),
                    new DeploymentId(id),
                    new FunctionName("api/hello"),
                    "idle",
                    0,
                    0,
                    "called"));
            var called = control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "x");
            var invocation = called.headers().firstValue("x-mayfly-invocation").orElseThrow();
            control.store
                    .logs()
                    .append(new LogLine(
                            1,
                            new ProjectName("hello"),
                            new DeploymentId(id),
                            new FunctionName("api/hello"),
                            new InstanceId("i"),
                            null,
                            LogLine.Stream.PLATFORM,
                            20,
                            "text"));

            check(
                    document,
                    "put",
                    "/projects/{p}/env",
                    control.json("PUT", "/projects/hello/env", "{\"variables\":{\"A\":\"b\"}}"));
            check(document, "get", "/projects/{p}/env", control.get("/projects/hello/env"));
            for (var path : List.of("/server", "/doctor", "/processes", "/projects", "/usage", "/openapi.json")) {
                check(document, "get", path, control.get(path));
            }
            check(
                    document,
                    "post",
                    "/projects/{p}/domains",
                    control.json("POST", "/projects/hello/domains", "{\"name\":\"www.example.org\"}"));
            check(document, "get", "/projects/{p}/domains", control.get("/projects/hello/domains"));
            check(document, "get", "/domains", control.get("/domains"));
            control.names.publishProofs(control.get("/domains").body());
            check(
                    document,
                    "post",
                    "/projects/{p}/domains/{name}/verification",
                    control.json("POST", "/projects/hello/domains/www.example.org/verification", ""));
            check(document, "get", "/domains", control.get("/domains"));
            check(
                    document,
                    "delete",
                    "/projects/{p}/domains/{name}",
                    control.delete("/projects/hello/domains/www.example.org"));
            control.processes.add(new Provider.PlatformProcess(8, "python3.11", "pool", 1, 2));
            control.store
                    .usage()
                    .append(new PlatformMemory(0, "pool", "python3.11", PlatformMemory.Measure.RESIDENT, 2, 8.0, 4));
            check(document, "get", "/processes", control.get("/processes"));
            check(document, "get", "/usage/platform", control.get("/usage/platform"));
            check(document, "get", "/projects/{p}/coldstarts", control.get("/projects/hello/coldstarts"));
            check(document, "get", "/projects/{p}/aliases", control.get("/projects/hello/aliases"));
            check(
                    document,
                    "put",
                    "/projects/{p}/aliases/{name}",
                    control.json(
                            "PUT",
                            "/projects/hello/aliases/canary",
                            "{\"deployments\":[{\"id\":\"" + id + "\"}],\"sticky\":\"cookie\"}"));
            check(document, "post", "/projects/{p}/promotion", control.json("POST", "/projects/hello/promotion", "{}"));
            check(document, "get", "/projects/{p}/history", control.get("/projects/hello/history"));
            check(document, "delete", "/projects/{p}/aliases/{name}", control.delete("/projects/hello/aliases/canary"));
            check(document, "get", "/projects/{p}", control.get("/projects/hello"));
            check(document, "get", "/projects/{p}/functions", control.get("/projects/hello/functions"));
            check(document, "get", "/projects/{p}/deployments", control.get("/projects/hello/deployments"));
            check(document, "get", "/projects/{p}/deployments/{id}", control.get("/projects/hello/deployments/" + id));
            check(document, "get", "/projects/{p}/logs", control.get("/projects/hello/logs"));
            var one = new InvocationId(HexFormat.fromHexDigitsToLong(invocation));
            control.engine.decided(id, one);
            check(document, "get", "/projects/{p}/decisions", control.get("/projects/hello/decisions"));
            check(document, "get", "/invocations/{id}/decisions", control.get("/invocations/" + one + "/decisions"));
            check(document, "get", "/automatic", control.get("/automatic?project=hello"));
            check(document, "get", "/invocations/{id}", control.get("/invocations/" + invocation));
            control.engine
                    .activity()
                    .refused(
                            new ProjectFunction(new ProjectName("hello"), new FunctionName("api/hello")),
                            new InvocationId(7),
                            503,
                            "all are busy");
            check(document, "get", "/activity", control.get("/activity?project=hello"));
            check(
                    document,
                    "get",
                    "/projects/{p}/functions/{f}/activity",
                    control.get("/projects/hello/functions/api%2Fhello/activity"));
            check(document, "get", "/projects/{p}/requests", control.get("/projects/hello/requests?limit=5"));
            check(document, "post", "/blobs/missing", control.json("POST", "/blobs/missing", "{\"digests\":[]}"));
            check(document, "post", "/blobs", control.tar(new TarBytes().bytes()));
            check(document, "post", "/server/stop", control.json("POST", "/server/stop", ""));
            assertThat(control.stops).hasValue(1);
            check(document, "delete", "/projects/{p}/env/{name}", control.delete("/projects/hello/env/A"));
            control.engine.live.clear();
            control.deploy("hello", "two", true);
            check(document, "post", "/projects/{p}/rollback", control.json("POST", "/projects/hello/rollback", "{}"));
            control.json("POST", "/projects/hello/promotion", "{}");
            check(
                    document,
                    "delete",
                    "/projects/{p}/deployments/{id}",
                    control.delete("/projects/hello/deployments/" + id));
            check(document, "delete", "/projects/{p}", control.delete("/projects/hello"));
            var missing = control.get("/projects/hello");
            assertThat(errors(
                            document.at("/paths/~1mayfly~1v1~1projects/get/responses/default"),
                            document,
                            missing.body()))
                    .isEmpty();
        }
    }

    private static void check(JsonNode document, String method, String path, HttpResponse<String> answer) {
        var responses = document.get("paths").get(Api.ROOT + path).get(method).get("responses");
        assertThat(responses.has(String.valueOf(answer.statusCode())))
                .as(method + path + answer.statusCode() + answer.body())
                .isTrue();
        var content = responses.get(String.valueOf(answer.statusCode())).path("content");
        if (content.isMissingNode()) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        assertThat(answer.headers().firstValue("content-type").orElse("")).isIn(content.propertyNames());
        assertThat(errors(document, method, path, answer.body()))
                .as(method + " " + path)
                .isEmpty();
    }

    private static List<String> errors(JsonNode document, String method, String path, String body) {
        var responses = document.get("paths").get(Api.ROOT + path).get(method).get("responses");
        var success = responses.properties().iterator().next().getValue();
        return errors(success, document, body);
    }

    private static List<String> errors(JsonNode response, JsonNode document, String body) {
        var content = response.get("content").properties().iterator().next();
        var schema = (ObjectNode) content.getValue().get("schema").deepCopy();
        schema.set("components", document.get("components"));
        var validator = SCHEMAS.getSchema(schema.toString(), InputFormat.JSON);
        var lines =
                content.getKey().equals("application/x-ndjson") ? body.lines().toList() : List.of(body);
        return lines.stream()
                .flatMap(line -> validator.validate(line, InputFormat.JSON).stream())
                .map(Object::toString)
                .toList();
    }

    private static JsonNode document(TestControl control) throws Exception {
        return TestControl.JSON.readTree(control.get("/openapi.json").body());
    }
}
