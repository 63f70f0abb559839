package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calling functions through the API, and reading what that cost. */
class InvocationTest {
    @TempDir
    Path folder;

    @Test
    void aFunctionIsCalledByNameWithMethodPathBodyAndContentType() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            var answer = control.send(control.request(
                            "/projects/hello/functions/api%2Fhello/invocations?method=PUT&path=/api/hello%3Fa=b%2526c")
                    .POST(HttpRequest.BodyPublishers.ofString("body"))
                    .header("content-type", "text/x")
                    .build());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("body!");
            assertThat(answer.headers().firstValue("x-seen")).contains("PUT /api/hello?a=b%26c text/x");
            assertThat(answer.headers().firstValue("x-mayfly-invocation")).isPresent();
        }
    }

    @Test
    void withoutAPathItIsTheFunctionsOwn() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            var named = control.json("POST", "/projects/hello/functions/api%2Fhello/invocations", "");
            assertThat(named.headers().firstValue("x-seen")).contains("GET /api/hello application/json");
        }
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);

            assertThat(control.json("POST", "/projects/hello/functions/api%2Fno/invocations", "")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(control.json("POST", "/projects/hello/functions/-/invocations?path=/no", "")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(control.json("POST", "/projects/hello/functions/-/invocations?deployment=0000000000", "")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(control.json("POST", "/projects/hello/functions/-/invocations?method=G%20T", "")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(control.json("POST", "/projects/hello/functions/-/invocations?path=/a%0d%0ab", "")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(control.get("/invocations/0000000000000001").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void aRecordAndASumHaveTheirPrice() throws Exception {
        try (var control = new TestControl(folder)) {
            control.deploy("hello", "one", true);
            var called = control.json("POST", "/projects/hello/functions/-/invocations?path=/api/hello", "12345");
            var id = called.headers().firstValue("x-mayfly-invocation").orElseThrow();

            var usage =
                    TestControl.JSON.readTree(control.get("/invocations/" + id).body());
            assertThat(usage.get("trigger").asString()).isEqualTo("api");
            assertThat(usage.get("bytesIn").asLong()).isEqualTo(5);
            assertThat(usage.get("bytesOut").asLong()).isEqualTo(6);
            assertThat(usage.get("price").asDouble()).isEqualTo(0.6e-6 + 0.128 + 0.0106);

            var bill = TestControl.JSON.readTree(
                    control.get("/usage?project=hello").body());
            assertThat(bill.at("/total/invocations").asLong()).isEqualTo(1);
            assertThat(bill.at("/total/price").asDouble())
                    .isEqualTo(usage.get("price").asDouble());
            assertThat(bill.at("/sums/0/gbSeconds").asDouble()).isEqualTo(3600);
            assertThat(bill.at("/sums/0/alwaysOnPrice").asDouble()).isGreaterThan(0.128);
            assertThat(bill.get("currency").asString()).isEqualTo("USD");
        }
    }
}
