package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvFileTest {
    @TempDir
    private Path root = Path.of("");

    private Map<String, String> read(String text) throws IOException {
        return EnvFile.read(Files.writeString(root.resolve(".env"), text));
    }

    @Test
    void the_usual_forms() throws IOException {
        var variables = read("""
                # comment
                A=1
                export B = two words  # why
                C="line\\nbreak \\"q\\" #no comment" # comment
                D='as $it is\\n'

                E=
                F=a#b
                """);
        assertThat(variables)
                .containsExactly(
                        Map.entry("A", "1"),
                        Map.entry("B", "two words"),
                        Map.entry("C", "line\nbreak \"q\" #no comment"),
                        Map.entry("D", "as $it is\\n"),
                        Map.entry("E", ""),
                        Map.entry("F", "a#b"));
    }

    @Test
    void a_line_that_is_none_is_told_by_number() {
        assertThatThrownBy(() -> read("A=1\nwhat is this\n"))
                .isInstanceOf(Failure.class)
                .hasMessage(".env line 2 (expected: NAME=value)");
    }
}
