package dev.mayfly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class EntrypointTest {
    @Test
    void onlyACommandHasACommand() {
        assertThat(Entrypoint.command("server.js", List.of("node", "server.js")).command())
                .containsExactly("node", "server.js");
        assertThat(new Entrypoint(Entrypoint.Kind.APP, "main.py", "app").command())
                .isEmpty();
        assertThatThrownBy(() -> Entrypoint.command("", List.of()))
                .hasMessage("command of kind COMMAND: [] (expected: a program)");
        assertThatThrownBy(() -> new Entrypoint(Entrypoint.Kind.APP, "main.py", "app", List.of("sh")))
                .hasMessage("command of kind APP: [sh] (expected: none)");
    }

    @Test
    void aCommandHoldsOnlyWhatCanBeExecuted() {
        assertThatThrownBy(() -> Entrypoint.command("", List.of("sh", "a\0b"))).hasMessageContaining("NUL");
        assertThatThrownBy(() -> Entrypoint.command("", List.of("", "x"))).hasMessageContaining("an empty name");
    }
}
