package dev.mayfly.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What name servers say, and what they should not. */
class DnsTxtTest {
    private static final String NAME = "_mayfly.www.example.org";

    private final NameServer server = new NameServer();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void allTextsOfANameAreFound() throws Exception {
        server.texts.put(NAME, List.of("mayfly-verify=1", "with a space", "v=spf1 -all"));

        assertThat(ask()).isEqualTo(found("mayfly-verify=1", "with a space", "v=spf1 -all"));
    }

    @Test
    void aNameThatIsNotThereHasNoTexts() throws Exception {
        assertThat(ask()).isEqualTo(found());
        server.texts.put(NAME, List.of());
        assertThat(ask()).isEqualTo(found());
    }

    @Test
    void aLostQuestionIsAskedAgain() throws Exception {
        server.texts.put(NAME, List.of("one"));
        server.manner = NameServer.Manner.FORGETFUL;

        assertThat(ask()).isEqualTo(found("one"));
        assertThat(server.questions).hasValue(2);
    }

    @Test
    void whatIsTooLongForOnePacketComesByTcp() throws Exception {
        var many = new ArrayList<String>();
        for (int i = 0; i < 230; i++) {
            many.add(("text-" + i + "-").repeat(40).substring(0, 240));
        }
        server.texts.put(NAME, many);
        server.manner = NameServer.Manner.SHORT;

        assertThat(ask()).isEqualTo(new DnsTxt.Answer.Texts(many));
    }

    @Test
    void anotherNameForTheSameIsFollowed() throws Exception {
        server.texts.put(NAME, List.of("one"));
        server.manner = NameServer.Manner.REFERRING;

        assertThat(ask()).isEqualTo(found("one"));
    }

    @Test
    void whatIsCutIsNotReadAsWhole() throws Exception {
        server.texts.put(NAME, List.of("one"));
        server.manner = NameServer.Manner.CUT;

        assertThat(ask()).isNotEqualTo(found("one"));
        assertThat(server.questions.get()).isPositive();
    }

    @ParameterizedTest
    @EnumSource(
            value = NameServer.Manner.class,
            names = {"FAILING", "REFUSING", "GARBAGE", "BLOATED", "OTHER_ID", "OTHER_NAME", "LOOP", "SILENT"})
    void whatIsNoAnswerIsNone(NameServer.Manner manner) throws Exception {
        server.texts.put(NAME, List.of("one"));
        server.manner = manner;
        var impatient = new DnsTxt(Optional.of("127.0.0.1:" + server.port()), Duration.ofMillis(1500));

        assertThat(impatient.ask(NAME)).isInstanceOf(DnsTxt.Answer.Unanswered.class);
        assertThat(server.questions.get()).isPositive();
    }

    @Test
    void aServerThatIsNotThereIsSaid() throws Exception {
        server.close();

        assertThat(ask()).isInstanceOf(DnsTxt.Answer.Unanswered.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:53", "[::1]:5353", "ns.example.org:53"})
    void serversAreNamedByHostAndPort(String text) {
        assertThat(DnsTxt.server("--dns", text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1",
                "127.0.0.1:0",
                "127.0.0.1:65536",
                ":53",
                "::1:53",
                "a/b:53",
                "dns://a:53",
                "a b:53"
            })
    void whatNamesNoServerIsRefused(String text) {
        assertThatThrownBy(() -> DnsTxt.server("--dns", text))
                .hasMessage("--dns: " + text + " (expected: HOST:PORT, as in 127.0.0.1:53)");
    }

    private DnsTxt.Answer ask() throws InterruptedException {
        return new DnsTxt(Optional.of("127.0.0.1:" + server.port()), Duration.ofSeconds(20)).ask(NAME);
    }

    private static DnsTxt.Answer found(String... texts) {
        return new DnsTxt.Answer.Texts(List.of(texts));
    }
}
