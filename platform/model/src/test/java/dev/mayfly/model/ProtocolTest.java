package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolTest {
    @ParameterizedTest
    @EnumSource
    void itReadsWhatItIsWrittenAs(Protocol protocol) {
        assertThat(Protocol.parse(" " + protocol + " ")).isEqualTo(protocol);
    }

    @Test
    void itIsWrittenInTheWordsOfTheField() {
        assertThat(Protocol.values()).extracting(Protocol::toString).containsExactly("http1", "h2c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "H2C", "http2", "grpc"})
    void anythingElseIsRefusedWithTheWords(String text) {
        assertThatThrownBy(() -> Protocol.parse(text)).hasMessage("protocol: " + text + " (expected: http1 or h2c)");
    }
}
