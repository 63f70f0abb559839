package dev.mayfly.store.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Cidr;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.ProblemException;
import dev.mayfly.model.Protocol;
import dev.mayfly.store.Samples;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class DeploymentJsonTest {
    private final JsonMapper mapper = Json.mapper();
    private final DeploymentJson json = new DeploymentJson(mapper);

    @Test
    void aDeploymentReadsBackAsItWasWritten() {
        for (int n = 0; n < 2; n++) {
            var deployment = Samples.deployment(Samples.HELLO, n);

            assertThat(json.read(json.write(deployment))).isEqualTo(deployment);
        }
    }

    @Test
    void wordsAreStringsDurationsMillisecondsAndEnumsLowerCase() {
        var tree = mapper.readTree(json.write(Samples.deployment(Samples.HELLO, 1)));

        assertThat(tree.at("/project").stringValue()).isEqualTo("hello");
        assertThat(tree.at("/functions/0/name").stringValue()).isEqualTo("api/hello");
        assertThat(tree.at("/functions/0/code").stringValue()).hasSize(64);
        assertThat(tree.at("/functions/0/entrypoint/kind").stringValue()).isEqualTo("handler");
        assertThat(tree.at("/functions/0/limits/timeout").intValue()).isEqualTo(300_000);
        assertThat(tree.at("/functions/0/limits/concurrency").isNull()).isTrue();
        assertThat(mapper.writeValueAsString(new InvocationId(255))).isEqualTo("\"00000000000000ff\"");
        assertThat(mapper.writeValueAsString(LogLine.Stream.STDOUT)).isEqualTo("\"stdout\"");
    }

    @Test
    void theSameDeploymentIsWrittenTheSameWay() {
        assertThat(json.write(Samples.deployment(Samples.HELLO, 1)))
                .isEqualTo(json.write(Samples.deployment(Samples.HELLO, 1)))
                .contains("\"environment\":{\"A\":\"\",\"GREETING\":");
    }

    @Test
    void anotherVersionIsRefusedByNumber() {
        var written = json.write(Samples.deployment(Samples.HELLO, 1));

        refused(written.replace("\"version\":1,", "\"version\":2,"), "version of deployment.json: 2 (expected: 1)");
        refused(written.replace("\"version\":1,", ""), "version of deployment.json: none (expected: 1)");
        refused("[]", "version of deployment.json: none (expected: 1)");
    }

    @Test
    void whatIsNotADeploymentIsRefused() {
        var written = json.write(Samples.deployment(Samples.HELLO, 1));

        refused("{", "deployment.json: ");
        refused("", "deployment.json: ");
        refused("{\"version\":1}", "deployment.json: ");
        refused(written.replace("\"project\":\"hello\"", "\"project\":\"No Name\""), "No Name");
        refused(written.replace("\"project\":\"hello\"", "\"project\":{}"), "expected: a string");
        refused(written.replace("\"kind\":\"handler\"", "\"kind\":\"magic\""), "deployment.json: ");
    }

    @Test
    void aDeploymentOfAnEarlierServerReadsWithTheDefaultsOfWhatWasAddedSince() {
        var tree = mapper.readTree(json.write(Samples.deployment(Samples.HELLO, 1)));
        ((ObjectNode) tree.at("/functions/0/limits")).remove(List.of("inodes", "egress", "isolation", "zygotes"));
        ((ObjectNode) tree.at("/functions/0/entrypoint")).remove("command");
        ((ObjectNode) tree).remove("compression");
        ((ObjectNode) tree).remove("maxConcurrency");
        ((ObjectNode) tree.at("/functions/0/limits")).remove("reservedConcurrency");
        ((ObjectNode) tree.at("/functions/0")).remove("protocol");

        assertThat(json.read(tree.toString())).isEqualTo(Samples.deployment(Samples.HELLO, 1));
    }

    @Test
    void theFilesOfAnEarlierServerHaveNoCompressedForms() {
        var tree = mapper.readTree(json.write(Samples.deployment(Samples.HELLO, 1)));
        ((ObjectNode) tree.at("/staticFiles/0")).remove("encoded");

        assertThat(json.read(tree.toString()).staticFiles().getFirst().encoded())
                .isEmpty();
    }

    @Test
    void whereAFunctionMayConnectIsOneText() {
        var written = json.write(Samples.deployment(Samples.HELLO, 1));

        var read = json.read(written.replace("\"egress\":null", "\"egress\":\"internet,10.0.0.0/8\""));

        assertThat(read.functions().getFirst().limits().egress())
                .isEqualTo(new Egress.Internet(List.of(new Cidr("10.0.0.0", 8))));
        assertThat(json.write(read)).contains("\"egress\":\"internet,10.0.0.0/8\"");
        refused(written.replace("\"egress\":null", "\"egress\":\"10.0.0.5/8\""), "egress: 10.0.0.5/8");
    }

    @Test
    void theWordsOfACommandReadBack() {
        var written = json.write(Samples.deployment(Samples.HELLO, 1));

        var read = json.read(
                written.replaceFirst(
                        "\"entrypoint\":\\{[^}]*}",
                        "\"entrypoint\":{\"kind\":\"command\",\"file\":\"\",\"symbol\":\"\",\"command\":[\"./server\",\"a b\"]}"));

        assertThat(read.functions().getFirst().entrypoint())
                .isEqualTo(Entrypoint.command("", List.of("./server", "a b")));
    }

    @Test
    void whatAFunctionSpeaksReadsBack() {
        var written = json.write(Samples.deployment(Samples.HELLO, 1));

        var read = json.read(written.replace("\"protocol\":\"http1\"", "\"protocol\":\"h2c\""));

        assertThat(read.functions().getFirst().protocol()).isEqualTo(Protocol.H2C);
        refused(written.replace("\"protocol\":\"http1\"", "\"protocol\":\"spdy\""), "deployment.json: ");
    }

    private void refused(String text, String message) {
        assertThatThrownBy(() -> json.read(text))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(message);
    }
}
