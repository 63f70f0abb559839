package dev.mayfly.provider.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterpretersTest {
    @TempDir
    private Path folder;

    private final Reach everywhere = file -> Optional.empty();

    @Test
    void theSystemPythonIsFoundByItsRuntime() {
        var pythons = new Interpreters(Map.of("PATH", "/usr/bin:/bin"), everywhere);

        var preferred = pythons.preferred().orElseThrow();

        assertThat(pythons.find(preferred.runtime())).contains(preferred);
        assertThat(preferred.executable()).isExecutable().isAbsolute();
        assertThat(preferred.library().resolve("os.py")).exists();
    }

    @Test
    void theFirstPython3OnThePathIsPreferredAndTheRestIsSortedNewestFirst() throws IOException {
        python("one/python3", "3.11.4");
        python("two/python3.13", "3.13.0");
        python("two/python3.12", "3.12.7");
        var pythons = in("one", "two");

        assertThat(pythons.preferred().orElseThrow().version()).isEqualTo("3.11.4");
        assertThat(pythons.usable()).extracting(Interpreter::version).containsExactly("3.13.0", "3.12.7", "3.11.4");
    }

    @Test
    void oneThatIsTooOldIsListedWithTheReasonAndNotUsed() throws IOException {
        var old = python("one/python3", "3.8.2");
        var pythons = in("one");

        assertThat(pythons.preferred()).isEmpty();
        assertThat(pythons.all()).singleElement().satisfies(found -> {
            assertThat(found.obstacle()).isEqualTo("older than 3.9");
            assertThat(found.python().executable()).isEqualTo(old);
        });
    }

    @Test
    void oneBelowAClosedFolderIsNotUsableByOthers() throws IOException {
        var closed = python("home/bin/python3", "3.12.0");
        Files.setPosixFilePermissions(folder.resolve("home"), PosixFilePermissions.fromString("rwx------"));

        assertThat(Reach.ofOthers().obstacle(closed))
                .contains(folder.resolve("home").toRealPath() + " is closed to other users");
    }

    @Test
    void versionsOfPyenvAndUvAreFoundWithoutAPath() throws IOException {
        python("pyenv/versions/3.10.13/bin/python3", "3.10.13");
        python("uv/cpython-3.12.7-linux/bin/python3.12", "3.12.7");
        var environment = Map.of(
                "PYENV_ROOT", folder.resolve("pyenv").toString(),
                "UV_PYTHON_INSTALL_DIR", folder.resolve("uv").toString());
        var pythons = new Interpreters(new Candidates(environment, List.of()), everywhere);

        assertThat(pythons.find("python3.10")).isPresent();
        assertThat(pythons.find("python3.12")).isPresent();
        assertThat(pythons.find("python3.11")).isEmpty();
    }

    @Test
    void eachFileIsAskedOnceUntilItChanges() throws IOException {
        var file = python("one/python3", "3.11.4");
        var pythons = in("one");
        pythons.all();
        pythons.all();
        assertThat(Files.readString(folder.resolve("one/asked"))).isEqualTo("asked\n");

        python("one/python3", "3.12.0");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));

        assertThat(pythons.preferred().orElseThrow().version()).isEqualTo("3.12.0");
    }

    @Test
    void whatIsNoPythonIsPassedOver() throws IOException {
        script("one/python3", "exit 3");
        script("one/python3.12", "echo hello");

        assertThat(in("one").all()).isEmpty();
    }

    private Interpreters in(String... folders) {
        var path = String.join(
                ":",
                List.of(folders).stream()
                        .map(name -> folder.resolve(name).toString())
                        .toList());
        return new Interpreters(new Candidates(Map.of("PATH", path), List.of()), everywhere);
    }

    private Path python(String name, String version) throws IOException {
        var file = folder.resolve(name);
        var answer = version.replace('.', '\n') + "\n.cpython.so\n" + file + "\n" + folder;
        return script(name, "echo asked >> " + file.resolveSibling("asked") + "\ncat <<'E'\n" + answer + "\nE");
    }

    private Path script(String name, String body) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }
}
