package dev.mayfly.build.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.provider.python.Interpreter;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionRangeTest {
    @ParameterizedTest
    @CsvSource({
        "'>=3.10', 3.11.2, true",
        "'>=3.10,<3.11', 3.11.2, false",
        "'>=3.10, <4.0', 3.11.2, true",
        "'^3.9', 3.11.2, false",
        "'~=3.9', 3.11.2, true",
        "'~=3.9', 4.0.0, false",
        "'~=3.11.1', 3.11.2, true",
        "'~=3.11.1', 3.12.0, false",
        "'==3.11.*', 3.11.2, true",
        "'==3.11.2', 3.11.2, true",
        "'==3.11', 3.11.2, false",
        "'!=3.11.*', 3.11.2, false",
        "'!=3.10.*,>=3', 3.11.2, true",
        "'<=3.11', 3.11.2, false",
        "'>3.11', 3.11.2, true",
        "'>3.11.2', 3.11.2, false",
        "'<3.12', 3.11.2, true",
        "'3.11', 3.11.2, true",
        "'3.11.9', 3.11.2, true",
        "'3', 3.11.2, true",
        "'cpython-3.11.4', 3.11.2, true",
        "'3.12', 3.11.2, false",
    })
    void pep440DecidesWhatIsAllowed(String text, String version, boolean allowed) {
        var allows = VersionRange.parse(text)
                .map(range -> range.allows(python(version)))
                .orElse(false);

        assertThat(allows).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "latest", ">=x", ">=3.10;", "3.10 || 3.11", "system"})
    void whatIsNoVersionIsNotUnderstood(String text) {
        assertThat(VersionRange.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"3.12, true", "3.10, false", "'>=3.13', true", "'<3.9', false"})
    void whatAsksForMoreThanThereIsIsAbove(String text, boolean above) {
        assertThat(VersionRange.parse(text).orElseThrow().isAbove(python("3.11.2")))
                .isEqualTo(above);
    }

    private static Interpreter python(String version) {
        var parts = version.split("\\.", -1);
        return new Interpreter(
                Path.of("/usr/bin/python3"),
                Integer.parseInt(parts[0]),
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                ".so",
                Path.of("/usr/lib"));
    }
}
