package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AliasTest {
    private static final DeploymentId ONE = new DeploymentId("aaaaaaaaaa");
    private static final DeploymentId TWO = new DeploymentId("bbbbbbbbbb");

    @ParameterizedTest
    @ValueSource(strings = {"a", "canary", "production", "pre-release", "prerelease", "v2", "0123456789a"})
    void aNameIsALabelThatNoDeploymentHas(String name) {
        assertThat(new AliasName(name)).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", "a-", "-a", "a--b", "A", "a.b", "a b", "../x", "ä", "abcdefghjk", "0123456789", "a\n"})
    void otherNamesAreRefused(String name) {
        assertThatThrownBy(() -> new AliasName(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("alias: ")
                .hasMessageContaining("expected");
    }

    @Test
    void aRefusalDoesNotRepeatAllOfALongName() {
        assertThatThrownBy(() -> new AliasName("x".repeat(100_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }

    @Test
    void proportionsAreTheSmallestNumbersThatSayThem() {
        assertThat(Share.proportions(List.of(new Share(ONE, 90), new Share(TWO, 10))))
                .containsExactly(new Share(ONE, 9), new Share(TWO, 1));
        assertThat(Share.proportions(List.of(new Share(ONE, 100)))).containsExactly(new Share(ONE, 1));
        assertThat(Share.proportions(List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aWeightIsASmallNumberAndNeverNothing(int weight) {
        assertThatThrownBy(() -> new Share(ONE, weight)).hasMessageContaining("from 1 to 1000");
    }

    @Test
    void eachDeploymentIsNamedOnceAndThereIsOneAtLeast() {
        var name = AliasName.PRODUCTION;
        var none = new Stickiness.None();
        assertThatThrownBy(() -> new Alias(name, List.of(), none)).hasMessageContaining("1 to 10");
        assertThatThrownBy(() -> new Alias(name, List.of(new Share(ONE, 1), new Share(ONE, 2)), none))
                .hasMessageContaining("given twice");
        assertThatThrownBy(() -> new Alias(name, Collections.nCopies(11, new Share(ONE, 1)), none))
                .hasMessageContaining("1 to 10");
    }

    @Test
    void theMainOneHasTheMostAndIsTheNewestOfSeveral() {
        var none = new Stickiness.None();
        assertThat(new Alias(AliasName.PRODUCTION, List.of(new Share(ONE, 2), new Share(TWO, 1)), none).main())
                .isEqualTo(ONE);
        assertThat(new Alias(AliasName.PRODUCTION, List.of(new Share(ONE, 2), new Share(TWO, 2)), none).main())
                .isEqualTo(TWO);
    }

    @Test
    void whatMakesClientsStayIsReadAsItIsWritten() {
        for (var text : List.of("none", "cookie", "header:x-user")) {
            assertThat(Stickiness.parse(text)).hasToString(text);
        }
        assertThat(Stickiness.parse("Header:X-User")).isEqualTo(new Stickiness.Header("x-user"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yes", "cookie:x", "header", "header:", "header:a b", "header:a:b", "header:a\r\nb"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> Stickiness.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("sticky: ")
                .hasMessageContaining("expected: none, cookie, or header:NAME");
    }
}
