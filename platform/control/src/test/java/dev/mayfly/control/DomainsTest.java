package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.DomainName;
import dev.mayfly.model.Scope;
import dev.mayfly.store.CertificateStore.Failure;
import dev.mayfly.store.CertificateStore.State;
import dev.mayfly.store.CertificateStore.Validity;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Claims to names, and who gets them. */
class DomainsTest {
    private static final String WWW = "www.example.org";
    private static final DomainName NAME = new DomainName(WWW);

    @TempDir
    Path folder;

    private TestControl control;

    @BeforeEach
    void start() throws Exception {
        control = new TestControl(folder);
        control.deploy("hello", "one", true);
    }

    @AfterEach
    void stop() {
        control.close();
    }

    @Test
    void aVerifiedNameTellsHowItsCertificateIs() throws Exception {
        var claimed = json(add("hello", WWW));
        control.certificates.put(WWW, new State(WWW, Optional.empty(), Optional.empty()));
        assertThat(json(add("hello", WWW)).get("certificate").isNull()).isTrue();
        control.names.texts.put(
                "_mayfly." + WWW, List.of(claimed.at("/record/value").asString()));
        assertThat(json(verify("hello", WWW)).at("/certificate/state").asString())
                .isEqualTo("pending");

        control.certificates.put(
                WWW, new State(WWW, Optional.empty(), Optional.of(new Failure(2, "open port 80", 5000))));
        var failed = json(add("hello", WWW)).get("certificate");
        assertThat(failed.get("state").asString()).isEqualTo("failed");
        assertThat(failed.get("reason").asString()).isEqualTo("open port 80");
        assertThat(failed.get("nextTry").asLong()).isEqualTo(5000);
        assertThat(failed.get("until").isNull()).isTrue();

        control.certificates.put(
                WWW,
                new State(
                        WWW,
                        Optional.of(new Validity("https://ca.example/1", 1, 9000, 7000)),
                        Optional.of(new Failure(1, "open port 80", 8000))));
        var renewing = json(add("hello", WWW)).get("certificate");
        assertThat(renewing.get("state").asString()).isEqualTo("issued");
        assertThat(renewing.get("until").asLong()).isEqualTo(9000);
        assertThat(renewing.get("renewAt").asLong()).isEqualTo(7000);
        assertThat(renewing.get("reason").asString()).isEqualTo("open port 80");
        control.certificates.clear();
        assertThat(json(add("hello", WWW)).get("certificate").isNull()).isTrue();
    }

    @Test
    void aNameAnswersOnceItsOwnerHasPublishedTheTokenAndUntilItIsGivenUp() throws Exception {
        var domain = json(add("hello", "WWW.Example.ORG."));
        assertThat(domain.get("name").asString()).isEqualTo(WWW);
        assertThat(domain.get("state").asString()).isEqualTo("pending");
        assertThat(domain.get("verifiedAt").isNull()).isTrue();
        assertThat(domain.at("/record/name").asString()).isEqualTo("_mayfly." + WWW);
        assertThat(domain.at("/record/value").asString()).matches("mayfly-verify=[0-9a-f]{32}");
        assertThat(atEdge(WWW)).startsWith("HTTP/1.1 404 ");

        var early = verify("hello", WWW);
        assertThat(early.statusCode()).isEqualTo(409);
        assertThat(early.body()).contains("there is no TXT record _mayfly." + WWW);
        assertThat(atEdge(WWW)).startsWith("HTTP/1.1 404 ");

        publish();
        var verified = json(verify("hello", WWW));
        assertThat(verified.get("state").asString()).isEqualTo("verified");
        assertThat(verified.get("verifiedAt").isIntegralNumber()).isTrue();
        assertThat(atEdge(WWW)).startsWith("HTTP/1.1 200 ");

        assertThat(control.delete("/projects/hello/domains/" + WWW).statusCode())
                .isEqualTo(204);
        assertThat(atEdge(WWW)).startsWith("HTTP/1.1 404 ");
        assertThat(control.delete("/projects/hello/domains/" + WWW).statusCode())
                .isEqualTo(404);
    }

    @Test
    void whatIsVerifiedIsNotAskedForAgain() throws Exception {
        add("hello", WWW);
        publish();
        verify("hello", WWW);
        int asked = control.names.questions.get();
        control.names.texts.clear();

        assertThat(json(verify("hello", WWW)).get("state").asString()).isEqualTo("verified");
        assertThat(control.names.questions).hasValue(asked);
    }

    @Test
    void aClaimMadeAgainIsTheSame() throws Exception {
        var first = add("hello", WWW).body();

        assertThat(add("hello", WWW + ".").body()).isEqualTo(first);
        control.delete("/projects/hello/domains/" + WWW);
        assertThat(add("hello", WWW).body()).isNotEqualTo(first);
    }

    @Test
    void anotherTextProvesNothing() throws Exception {
        var value = json(add("hello", WWW)).at("/record/value").asString();
        for (var wrong : List.of("", "mayfly-verify=", value + "0", value.substring(1), " " + value, "x" + value)) {
            control.names.texts.put("_mayfly." + WWW, List.of(wrong, "v=spf1 -all"));
            var refused = verify("hello", WWW);
            assertThat(refused.statusCode()).as(wrong).isEqualTo(409);
            assertThat(refused.body()).contains("does not say " + value);
        }
        control.names.texts.put(WWW, List.of(value));
        assertThat(verify("hello", WWW).statusCode()).isEqualTo(409);

        control.names.texts.put("_mayfly." + WWW, List.of("v=spf1 -all", value));
        assertThat(verify("hello", WWW).statusCode()).isEqualTo(200);
    }

    @Test
    void aNameServerThatFailsIsSaidAndLeavesTheClaim() throws Exception {
        add("hello", WWW);
        publish();
        control.names.manner = NameServer.Manner.FAILING;

        var failed = verify("hello", WWW);

        assertThat(failed.statusCode()).isEqualTo(503);
        assertThat(failed.body()).contains("DNS did not tell the TXT record _mayfly." + WWW, "--dns HOST:PORT");
        control.names.manner = NameServer.Manner.PLAIN;
        assertThat(verify("hello", WWW).statusCode()).isEqualTo(200);
    }

    @Test
    void aClaimBlocksNobodyAndTheFirstThatVerifiesHasTheName() throws Exception {
        control.deploy("other", "two", true);
        add("other", WWW);
        add("hello", WWW);
        assertThat(control.get("/domains?name=WWW.example.org").body()).contains("\"hello\"", "\"other\"");
        var other = control.get("/projects/other/domains").body();
        control.names.publishProofs(control.get("/projects/hello/domains").body());

        assertThat(verify("other", WWW).statusCode()).isEqualTo(409);
        assertThat(verify("hello", WWW).statusCode()).isEqualTo(200);

        control.names.publishProofs(other);
        var late = verify("other", WWW);
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("belongs to another project");
        assertThat(control.get("/projects/other/domains").body()).contains("\"taken\"");
        control.deploy("third", "three", true);
        assertThat(add("third", WWW).statusCode()).isEqualTo(409);
    }

    @Test
    void ofManyThatProveANameAtOnceOneHasIt() throws Exception {
        var all = IntStream.range(0, 6).mapToObj(n -> "project-" + n).toList();
        var values = new ArrayList<String>();
        for (var project : all) {
            control.deploy(project, project, true);
            values.add(json(add(project, WWW)).at("/record/value").asString());
        }
        control.names.texts.put("_mayfly." + WWW, values);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = all.stream()
                    .map(project -> threads.submit(() -> verify(project, WWW).statusCode()))
                    .toList();
            var statuses = new ArrayList<Integer>();
            for (var answer : answers) {
                statuses.add(answer.get());
            }
            assertThat(statuses).containsOnlyOnce(200).containsOnly(200, 409);
            var owner = control.store.catalog().snapshot().owner(NAME).orElseThrow();
            assertThat(owner.name().value()).isEqualTo(all.get(statuses.indexOf(200)));
        }
    }

    @Test
    void aProjectTakesItsNamesWithIt() throws Exception {
        add("hello", WWW);
        publish();
        verify("hello", WWW);
        control.deploy("other", "two", true);

        control.delete("/projects/hello");

        assertThat(atEdge(WWW)).startsWith("HTTP/1.1 404 ");
        assertThat(add("other", WWW).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "www.hello.localhost | a name that is not of this machine alone",
                "hello.localhost | a name that is not of this machine alone",
                "admin.example.org | another name than that of the management API",
                "ADMIN.example.org. | another name than that of the management API",
                "*.example.org | wildcards are not supported",
                "127.0.0.1 | a name, not an address",
                "a'; DROP TABLE domain; -- | letters, digits and '-'",
                "../../etc | a host name without scheme, port and path",
            })
    void whatMayNotBeAProjectsOwnIsRefused(String name, String expected) throws Exception {
        var refused = control.json(
                "POST", "/projects/hello/domains", TestControl.JSON.writeValueAsString(Map.of("name", name)));

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("domain: ", expected);
        assertThat(control.get("/domains").body()).isEqualTo("{\"domains\":[]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}",
                "{\"name\":null}",
                "{\"name\":7,\"more\":1}",
                "[]",
                "''",
                "{\"name\":\"\"}",
                "{\"name\":\".\"}"
            })
    void whatIsNoClaimIsRefused(String body) throws Exception {
        assertThat(control.json("POST", "/projects/hello/domains", body).statusCode())
                .isEqualTo(400);
    }

    @Test
    void namesInOtherScriptsAreShownInAscii() throws Exception {
        assertThat(json(add("hello", "bücher.example")).get("name").asString()).isEqualTo("xn--bcher-kva.example");
        assertThat(control.get("/domains?name=B%C3%9CCHER.example").body()).contains("xn--bcher-kva.example");
        assertThat(control.delete("/projects/hello/domains/b%C3%BCcher.example").statusCode())
                .isEqualTo(204);
    }

    @Test
    void aTokenThatMayReadChangesNothing() throws Exception {
        control.addToken("mf_read", Scope.READ);
        control.addToken("mf_deploy", Scope.DEPLOY);
        var claim = "{\"name\":\"" + WWW + "\"}";

        assertThat(as("mf_read", "POST", "/projects/hello/domains", claim)).isEqualTo(403);
        assertThat(as("mf_deploy", "POST", "/projects/hello/domains", claim)).isEqualTo(200);
        assertThat(as("mf_read", "GET", "/domains", "")).isEqualTo(200);
        assertThat(as("mf_read", "POST", "/projects/hello/domains/" + WWW + "/verification", ""))
                .isEqualTo(403);
        assertThat(as("mf_read", "DELETE", "/projects/hello/domains/" + WWW, ""))
                .isEqualTo(403);
        assertThat(as("mf_nobody", "GET", "/domains", "")).isEqualTo(401);
        assertThat(control.names.questions).hasValue(0);
    }

    @Test
    void aProjectThatIsNotThereHasNone() throws Exception {
        assertThat(add("nothing", WWW).statusCode()).isEqualTo(404);
        assertThat(control.get("/projects/nothing/domains").statusCode()).isEqualTo(404);
        assertThat(verify("hello", WWW).statusCode()).isEqualTo(404);
    }

    @Test
    void theManagementApiIsOnNoNameOfAProject() throws Exception {
        add("hello", WWW);
        publish();
        verify("hello", WWW);

        var answer = raw("GET /mayfly/v1/projects HTTP/1.1\r\nHost: " + WWW + ":" + control.port
                + "\r\nAuthorization: Bearer " + TestControl.TOKEN + "\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 404 ").doesNotContain("\"projects\"");
    }

    private HttpResponse<String> add(String project, String name) throws Exception {
        return control.json("POST", "/projects/" + project + "/domains", "{\"name\":\"" + name + "\"}");
    }

    private HttpResponse<String> verify(String project, String name) throws Exception {
        return control.json("POST", "/projects/" + project + "/domains/" + name + "/verification", "");
    }

    private void publish() throws Exception {
        control.names.publishProofs(control.get("/domains").body());
    }

    private int as(String token, String method, String path, String body) throws Exception {
        return control.send(control.request(path)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .setHeader("authorization", "Bearer " + token)
                        .build())
                .statusCode();
    }

    private String atEdge(String host) throws Exception {
        return raw("GET /page.txt HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    private String raw(String request) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), control.port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestControl.JSON.readTree(answer.body());
    }
}
