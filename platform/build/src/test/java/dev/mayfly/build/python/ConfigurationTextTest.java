package dev.mayfly.build.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ConfigurationTextTest {
    private static List<String> settings(String text) {
        return ConfigurationText.parts(text).stream()
                .filter(part -> !part.key().isEmpty())
                .map(part -> part.key() + "|" + part.value().strip())
                .toList();
    }

    @Test
    void aSettingHasTheLinesThatAreIndentedBelowIt() {
        assertThat(settings("[global]\nfind-links =\n  /a\n\n  # no\n\t/b\ncert: /c=d\n"))
                .containsExactly("find-links|", "find-links|/a", "find-links|/b", "cert|/c=d");
    }

    @Test
    void anIndentedSectionHasSettingsOfItsOwn() {
        assertThat(settings("  [global]\n  src = /a\n  cert = /b\n[install]\n    log=/c"))
                .containsExactly("src|/a", "cert|/b", "log|/c");
    }

    @Test
    void allPartsTogetherAreTheText() {
        var text = "\ufeff[a]\r\n; x\r\nb = c\r\n\td\r\nnothing\r\n\r\n=\n";

        assertThat(ConfigurationText.parts(text).stream()
                        .map(part -> part.before() + part.value())
                        .collect(Collectors.joining()))
                .isEqualTo(text);
    }
}
