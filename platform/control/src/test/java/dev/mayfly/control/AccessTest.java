package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Scope;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, and what those read who are not understood. */
class AccessTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"/server", "/projects", "/openapi.json", "/nothing", "", "/"})
    void nothingIsAnsweredWithoutAToken(String path) throws Exception {
        try (var control = new TestControl(folder)) {
            var none = control.send(anonymous(control, path).build());
            var wrong = control.send(anonymous(control, path)
                    .header("authorization", "Bearer mf_wrong")
                    .build());
            var basic = control.send(anonymous(control, path)
                    .header("authorization", "Basic bWZfYWRtaW4=")
                    .build());

            assertThat(none.statusCode()).isEqualTo(401);
            assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer");
            assertThat(none.body()).contains("\"code\":\"unauthorized\"", "a token is needed");
            assertThat(wrong.statusCode()).isEqualTo(401);
            assertThat(wrong.body()).contains("the token is not valid here").doesNotContain("mf_wrong");
            assertThat(basic.statusCode()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "READ,GET,/projects,200",
        "READ,GET,/projects/x/env,403",
        "READ,POST,/blobs/missing,403",
        "INVOKE,POST,/projects/x/functions/f/invocations,404",
        "READ,POST,/projects/x/functions/f/invocations,403",
        "INVOKE,DELETE,/projects/x,403",
        "DEPLOY,DELETE,/projects/x,404",
        "DEPLOY,POST,/server/stop,403"
    })
    void aTokenAllowsWhatItsScopeSays(Scope scope, String method, String path, int status) throws Exception {
        try (var control = new TestControl(folder)) {
            control.addToken("mf_scoped", scope);

            var answer = control.send(anonymous(control, path)
                    .header("authorization", "Bearer mf_scoped")
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .build());

            assertThat(answer.statusCode()).isEqualTo(status);
            assertThat(control.stops).hasValue(0);
        }
    }

    @Test
    void anUnknownPathIs404AndAWrongMethod405() throws Exception {
        try (var control = new TestControl(folder)) {
            var unknown = control.get("/nothing");
            var wrong = control.json("POST", "/projects/x", "{}");

            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(unknown.body()).contains("\"code\":\"not_found\"", "the API has no /mayfly/v1/nothing");
            assertThat(wrong.statusCode()).isEqualTo(405);
            assertThat(wrong.headers().firstValue("allow")).contains("DELETE, GET");
        }
    }

    @Test
    void theRootOfAManagementHostIsNotTheApi() throws Exception {
        try (var control = new TestControl(folder)) {
            var root = control.http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(root.statusCode()).isEqualTo(404);
            assertThat(root.body()).contains("its API is below /mayfly/v1");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"digests\":[|body, line 1 column",
                "not json|body, line 1 column 1: Unrecognized token 'not'",
                "{\"digest\":[]}|digest: ",
                "{\"digests\":5}|digests: of another type (expected: a list)",
                "[]|body: of another type (expected: an object)",
                "{\"digests\":[\"x\"]}|digests[0]: x (expected: 64 lower-case hexadecimal digits)",
                "{}|digests: missing (expected: a list)",
                "null|body: empty (expected: a JSON object)",
                "{\"digests\":[]} 1|body, line 1 column",
                "{\"digests\":[],\"digests\":[]}|body, line 1 column",
            })
    void aBrokenBodyIs400NamingThePlace(String body, String message) throws Exception {
        try (var control = new TestControl(folder)) {
            var answer = control.json("POST", "/blobs/missing", body);

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(TestControl.JSON
                            .readTree(answer.body())
                            .at("/error/message")
                            .asString())
                    .startsWith(message);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/projects?x=1|query parameter x (expected: none)",
                "/usage?since=yesterday|since: yesterday (expected: a whole number from 0 to 253402300799999)",
                "/usage?since=1&since=2|since: given 2 times (expected: once)",
                "/usage?project=A|project name: A (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)",
                "/usage?project=%25zz|project name: %zz (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)",
                "/invocations/12|request id: 12 (expected: 16 hexadecimal digits)",
            })
    void aBrokenQueryIs400NamingTheParameter(String path, String message) throws Exception {
        try (var control = new TestControl(folder)) {
            var answer = control.get(path);

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(TestControl.JSON
                            .readTree(answer.body())
                            .at("/error/message")
                            .asString())
                    .isEqualTo(message);
        }
    }

    @Test
    void aMissingProjectOrDeploymentIsNamed() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            assertThat(control.get("/projects/other").body())
                    .contains("\"project_not_found\"", "there is no project other");
            assertThat(control.get("/projects/hello/deployments/0000000000").body())
                    .contains("\"deployment_not_found\"", "there is no deployment 0000000000 of hello");
        }
    }

    private static HttpRequest.Builder anonymous(TestControl control, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port + "/mayfly/v1" + path));
    }
}
