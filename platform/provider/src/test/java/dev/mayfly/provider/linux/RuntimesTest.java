package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimesTest {
    private final List<String> asked = new ArrayList<>();
    private final List<Path> used = new ArrayList<>();
    private Optional<Interpreter> python = Optional.empty();
    private final Runtimes runtimes = new Runtimes(this::find, used::add);

    @TempDir
    Path prefix;

    private Optional<Interpreter> find(String runtime) {
        asked.add(runtime);
        return python;
    }

    private Interpreter installed() throws IOException {
        var program = prefix.resolve("bin/python3.11");
        var library = prefix.resolve("lib/python3.11");
        Files.createDirectories(library);
        Files.createDirectories(program.getParent());
        Files.createFile(program);
        return new Interpreter(program, 3, 11, 2, "", library);
    }

    @Test
    void aPythonIsLookedForOnce() throws IOException {
        python = Optional.of(installed());

        var first = runtimes.of("python3.11");

        assertThat(first)
                .hasValueSatisfying(found -> assertThat(found.runtime()).isEqualTo("python3.11"));
        assertThat(runtimes.of("python3.11")).isEqualTo(first);
        assertThat(asked).hasSize(1);
        assertThat(used).containsExactly(prefix.resolve("bin/python3.11").toRealPath());
    }

    @Test
    void oneThatIsMissingIsFoundOnceItWasInstalled() throws IOException {
        assertThat(runtimes.of("python3.11")).isEmpty();

        python = Optional.of(installed());

        assertThat(runtimes.of("python3.11")).isPresent();
    }

    @Test
    void oneThatIsGoneIsLookedForAgain() throws IOException {
        var installed = installed();
        assertThat(installed.executable().toFile().setExecutable(true)).isTrue();
        python = Optional.of(installed);
        runtimes.of("python3.11");
        python = Optional.empty();

        assertThat(runtimes.forgetGone("python3.11")).isFalse();
        assertThat(runtimes.of("python3.11")).isPresent();

        Files.delete(installed.executable());
        assertThat(runtimes.forgetGone("python3.11")).isTrue();
        assertThat(runtimes.of("python3.11")).isEmpty();
    }

    @Test
    void oneThatASandboxCannotBeGivenIsSaidEachTime() throws IOException {
        var elsewhere = Files.createDirectories(prefix.resolve("elsewhere/lib/python3.11"));
        python = Optional.of(new Interpreter(installed().executable(), 3, 11, 2, "", elsewhere));

        assertThatThrownBy(() -> runtimes.of("python3.11")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> runtimes.of("python3.11")).isInstanceOf(IOException.class);
    }

    @Test
    void whatBringsItsOwnProgramNeedsNone() throws IOException {
        assertThat(runtimes.of("provided")).contains(Generic.PROVIDED);
        assertThat(asked).isEmpty();
    }
}
