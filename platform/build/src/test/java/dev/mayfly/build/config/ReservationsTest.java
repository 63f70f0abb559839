package dev.mayfly.build.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.Limits;
import dev.mayfly.model.ProblemException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReservationsTest {
    @Test
    void whatIsReservedMustBeThere() {
        assertThatThrownBy(() -> Reservations.check(List.of(function("a", 4), function("b", 5)), 8))
                .hasMessageContaining(
                        "reservedConcurrency of a, b: 9 together (expected: <= 8, the project's maxConcurrency)")
                .extracting(e -> ((ProblemException) e).problem().fix())
                .isEqualTo("set maxConcurrency to 9 or more, or lower reservedConcurrency");
    }

    @Test
    void theOthersAreLeftSomething() {
        assertThatThrownBy(() -> Reservations.check(List.of(function("a", 8), function("b", null)), 8))
                .hasMessageContaining("reservedConcurrency of a: 8 together (expected: <= 7, which leaves")
                .extracting(e -> ((ProblemException) e).problem().fix())
                .isEqualTo("set maxConcurrency to 9 or more, or lower reservedConcurrency");
    }

    @Test
    void allMayBeReservedWhereNobodyElseIs() {
        assertThatCode(() -> Reservations.check(List.of(function("a", 3), function("b", 5)), 8))
                .doesNotThrowAnyException();
        assertThatCode(() -> Reservations.check(List.of(function("a", 7), function("b", null)), 8))
                .doesNotThrowAnyException();
        assertThatCode(() -> Reservations.check(List.of(function("a", 700), function("b", null)), null))
                .doesNotThrowAnyException();
    }

    private static Function function(String name, @Nullable Integer reserved) {
        Map<Setting, Object> values = reserved == null ? Map.of() : Map.of(Setting.RESERVED_CONCURRENCY, reserved);
        Limits limits = Setting.limits(values);
        return new Function(
                new FunctionName(name),
                "python3",
                new Entrypoint(Entrypoint.Kind.HANDLER, name + ".py", "handler"),
                limits,
                Digest.of("code"),
                null);
    }
}
