package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.gateway.TraceRules;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --otlp}, {@code --sample-traces}, and what is sent along. */
class TraceWishTest {
    private static TraceWish of(Map<String, String> environment, String... arguments) {
        return TraceWish.of(new RawOptions(List.of(arguments)), environment);
    }

    @Test
    void nothingIsMadeUnlessAskedFor() {
        assertThat(of(Map.of())).isEqualTo(new TraceWish(java.util.Optional.empty(), Map.of(), TraceRules.PASSED_ON));
        assertThat(of(Map.of(), "--sample-traces", "1").rules()).isEqualTo(new TraceRules(false, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:4318, http://127.0.0.1:4318/v1/traces",
        "http://collector:4318/, http://collector:4318/v1/traces",
        "https://otlp.example.org/tenant/a, https://otlp.example.org/tenant/a/v1/traces",
        "https://otlp.example.org/v1/traces, https://otlp.example.org/v1/traces",
        "http://[::1]:4318, http://[::1]:4318/v1/traces",
    })
    void theSignalsPathIsAdded(String said, String endpoint) {
        assertThat(of(Map.of(), "--otlp", said).collector())
                .hasValueSatisfying(uri -> assertThat(uri).hasToString(endpoint));
    }

    @Test
    void withACollectorWhatBeginsHereIsRecorded() {
        assertThat(of(Map.of(), "--otlp", "http://c:1").rules()).isEqualTo(new TraceRules(true, 1));
        assertThat(of(Map.of(), "--otlp", "http://c:1", "--sample-traces", "1/10")
                        .rules())
                .isEqualTo(new TraceRules(true, 0.1));
        assertThat(of(Map.of(), "--otlp", "http://c:1", "--sample-traces", "0").rules())
                .isEqualTo(new TraceRules(true, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "collector",
                "collector:4317",
                "grpc://collector:4317",
                "http://",
                "http:///v1",
                "http://user:secret@collector",
                "http://collector?x=1",
                "http://a b",
                ""
            })
    void whatIsNoAddressIsRefused(String said) {
        assertThatThrownBy(() -> of(Map.of(), "--otlp", said))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--otlp: " + said)
                .hasMessageContaining("http://127.0.0.1:4318");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "-1", "many", "1/0", "0/1"})
    void whatIsNoPartIsRefused(String said) {
        assertThatThrownBy(() -> of(Map.of(), "--sample-traces", said))
                .hasMessage("--sample-traces: " + said + " (expected: from 0 to 1, as 0.1 or 1/10)");
    }

    @Test
    void headersComeFromTheEnvironmentAndAreNotShown() {
        var wish = of(
                Map.of("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret+x, x-tenant = a ,"),
                "--otlp",
                "http://c:1");

        assertThat(wish.headers())
                .containsOnly(Map.entry("authorization", "Bearer s3cret+x"), Map.entry("x-tenant", "a"));
        assertThat(wish.toString()).doesNotContain("s3cret").contains("authorization");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3cret", "=s3cret", "a b=s3cret", "a=s3cret%0d%0ax: y", "a=s3cret%zz"})
    void badHeadersAreRefusedWithoutBeingShown(String said) {
        assertThatThrownBy(() -> of(Map.of("OTEL_EXPORTER_OTLP_HEADERS", said), "--otlp", "http://c:1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("OTEL_EXPORTER_OTLP_HEADERS (expected: ")
                .hasMessageNotContaining("s3cret");
    }
}
