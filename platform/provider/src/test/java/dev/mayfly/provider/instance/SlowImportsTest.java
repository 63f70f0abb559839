package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.provider.ProvidedInstance.Import;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a worker says of its imports, whatever it says. */
class SlowImportsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void theSlowestComesFirst() {
        assertThat(SlowImports.of(said("[[\"flask\",61000],[\"numpy\",103000]]")))
                .containsExactly(new Import("numpy", 103_000), new Import("flask", 61_000));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "{\"numpy\":[\"numpy\",1]}",
                "7",
                "\"numpy\"",
                "[]",
                "[[]]",
                "[null,1,\"numpy\",{}]",
                "[[\"numpy\"]]",
                "[[1,\"numpy\"]]",
                "[[\"numpy\",\"1\"]]",
                "[[[\"numpy\"],1]]",
                "[[\"\",1]]",
                "[{\"0\":\"numpy\",\"1\":1}]"
            })
    void whatMakesNoSenseIsLeftOut(String said) {
        assertThat(SlowImports.of(said(said))).isEmpty();
    }

    @Test
    void whatIsMissingIsNone() {
        assertThat(SlowImports.of(said("{}").path("imports"))).isEmpty();
    }

    @Test
    void noMoreThanTenAreTaken() {
        var many = IntStream.range(0, 5_000)
                .mapToObj(i -> "[\"m" + i + "\",1]")
                .collect(Collectors.joining(",", "[", "]"));

        assertThat(SlowImports.of(said(many))).hasSize(SlowImports.MOST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "-99999999999999999999", "-1e300", "0", "0.4"})
    void timesAreNotBelowZero(String micros) {
        assertThat(SlowImports.of(said("[[\"m\"," + micros + "]]"))).containsExactly(new Import("m", 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"3600000001", "99999999999999999999", "9223372036854775807", "1e300"})
    void timesAreNotAboveAnHour(String micros) {
        assertThat(SlowImports.of(said("[[\"m\"," + micros + "]]"))).containsExactly(new Import("m", 3_600_000_000L));
    }

    @Test
    void aNameIsPlainAndShort() {
        var hostile = "[[\"a\\u001b[31m\\n\\u202eb\\ud800c\\u0000\",1],[\"" + "\\ud83d\\ude00".repeat(200) + "\",1]]";

        var imports = SlowImports.of(said(hostile));

        assertThat(imports.getFirst().module()).isEqualTo("a?[31m??b?c?");
        assertThat(imports.getLast().module()).isEqualTo("😀".repeat(50));
    }

    private static JsonNode said(String json) {
        return JSON.readTree(json);
    }
}
