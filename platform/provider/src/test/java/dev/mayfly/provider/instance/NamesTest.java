package dev.mayfly.provider.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a worker names, whatever it says. */
class NamesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void modulesStayInTheirOrder() {
        assertThat(Names.modules(said("[\"sklearn.ensemble\",\"numpy\",\"größe._x1\"]")))
                .containsExactly("sklearn.ensemble", "numpy", "größe._x1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "7",
                "\"numpy\"",
                "[]",
                "[7,null,[\"a\"],{}]",
                "[\"\",\".a\",\"a.\",\"a..b\",\"1a\"]",
                "[\"a b\",\"a;b\",\"a\\nb\",\"a\\u001b\"]"
            })
    void whatIsNoModuleIsLeftOut(String said) {
        assertThat(Names.modules(said(said))).isEmpty();
    }

    @Test
    void noNameIsLong() {
        var longest = "a".repeat(200);

        assertThat(Names.modules(said("[\"" + longest + "\",\"a" + longest + "\"]")))
                .containsExactly(longest);
    }

    @Test
    void thereAreNotMany() {
        assertThat(Names.modules(said(many(5_000)))).hasSize(Names.MOST_MODULES);
        assertThat(Names.variables(said(many(5_000)))).hasSize(Names.MOST_VARIABLES);
    }

    @Test
    void variablesMayHaveAnyNameThatOneCanHave() {
        assertThat(Names.variables(said("[\"HF_HOME\",\"*\",\"a.b-c\",\"a=b\",\"a\\u0000\",\"\",3]")))
                .containsExactly("HF_HOME", "*", "a.b-c");
    }

    private static String many(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"m" + i + "\"").collect(Collectors.joining(",", "[", "]"));
    }

    private static JsonNode said(String said) {
        return JSON.readTree(said);
    }
}
