package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.provider.host.RuntimeDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher is told of the platform's ports. */
class PlatformPortsTest {
    @TempDir
    Path folder;

    @Test
    void withoutTlsItHearsOfNone() {
        var words = words(new PlatformPorts("7070,7101-7999", List.of(), Optional.empty()));

        assertThat(words).contains("--inside", "--ports", "7070,7101-7999");
        assertThat(words).doesNotContain("--inside-tls", "--port-tls", "--ports-everywhere");
        assertThat(words(PlatformPorts.NONE)).doesNotContain("--ports", "--inside-tls");
    }

    @Test
    void withTlsItHearsOfItsPortAndOfASocketBesideTheOther() {
        var words = words(new PlatformPorts("80,443,7070,7101-7999", List.of(443, 80), Optional.of(443)));

        assertThat(after("--port-tls", words)).isEqualTo("443");
        assertThat(after("--ports-everywhere", words)).isEqualTo("443,80");
        var plain = Path.of(after("--inside", words));
        assertThat(Path.of(after("--inside-tls", words)))
                .hasParentRaw(plain.getParent())
                .isNotEqualTo(plain);
    }

    private List<String> words(PlatformPorts ports) {
        return new LauncherCommand(Path.of("/l"), ports, "localhost")
                .words(RuntimeDirectory.forHome(folder, Map.of()), Optional.empty());
    }

    private static String after(String word, List<String> words) {
        return words.get(words.indexOf(word) + 1);
    }
}
