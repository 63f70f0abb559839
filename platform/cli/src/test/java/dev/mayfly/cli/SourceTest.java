package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceTest {
    @TempDir
    private Path root = Path.of("");

    @AfterEach
    void unlink() throws IOException {
        Files.deleteIfExists(root.resolve("secrets"));
    }

    private void file(String path) throws IOException {
        var file = root.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, path);
    }

    private java.util.List<String> paths() {
        return Source.read(root).files().stream().map(LocalFile::path).toList();
    }

    @Test
    void secrets_environments_and_leftovers_stay_behind_whatever_the_ignore_file_says() throws IOException {
        for (var path : new String[] {
            "api/hello.py",
            "a b/ü.txt",
            ".well-known/x",
            ".env",
            ".env.local",
            ".envrc",
            ".git/config",
            ".venv/x",
            "myenv/pyvenv.cfg",
            "node_modules/x/index.js",
            "api/__pycache__/hello.pyc",
            "old.pyc",
            ".DS_Store",
            ".hello.py.swp",
            "hello.py~",
            ".mayfly/project"
        }) {
            file(path);
        }
        Files.writeString(root.resolve(".mayflyignore"), "!.env\n!.git\n!.venv/\n");
        var source = Source.read(root);
        assertThat(source.files())
                .extracting(LocalFile::path)
                .containsExactly(".well-known/x", "a b/ü.txt", "api/hello.py");
        assertThat(source.skipped()).containsExactly(".env", ".env.local", ".envrc", ".venv", "myenv", "node_modules");
        assertThat(source.secrets()).extracting(Source::fileName).containsExactly(".env", ".env.local", ".envrc");
    }

    @Test
    void both_ignore_files_count_and_a_folder_that_is_ignored_is_not_entered() throws IOException {
        file("big/data.bin");
        file("big/keep.txt");
        file("notes.md");
        file("app.py");
        Files.writeString(root.resolve(".vercelignore"), "big/\n");
        Files.writeString(root.resolve(".mayflyignore"), "*.md\n!big/keep.txt\n");
        assertThat(paths()).containsExactly("app.py");
    }

    @Test
    void links_within_the_project_are_sent_as_links() throws IOException {
        file("lib/a.py");
        Files.createSymbolicLink(root.resolve("b.py"), Path.of("lib/a.py"));
        Files.createSymbolicLink(root.resolve("lib/c.py"), root.toAbsolutePath().resolve("lib/a.py"));
        assertThat(Source.read(root).files())
                .filteredOn(found -> found.link() != null)
                .extracting(LocalFile::path, LocalFile::link)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("b.py", "lib/a.py"),
                        org.assertj.core.groups.Tuple.tuple("lib/c.py", "a.py"));
    }

    @Test
    void a_link_out_of_the_project_is_named() throws IOException {
        file("app.py");
        Files.createSymbolicLink(root.resolve("secrets"), Path.of("/etc/passwd"));
        assertThatThrownBy(this::paths).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure).hasMessage("secrets is a link out of the project, to /etc/passwd");
            assertThat(failure.fix())
                    .isEqualTo("copy what it points to into the project, or add secrets to .mayflyignore");
        });
    }

    @Test
    void a_link_out_of_the_project_by_way_of_another_link_is_named() throws IOException {
        Files.createDirectories(root.resolve("p"));
        Files.createSymbolicLink(root.resolve("p/up"), Path.of("../p"));
        file("outside.txt");
        Files.createSymbolicLink(root.resolve("p/x"), Path.of("up/../outside.txt"));
        assertThatThrownBy(() -> Source.read(root.resolve("p")))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("is a link out of the project");
    }

    @Test
    void an_ignored_link_may_point_anywhere() throws IOException {
        file("app.py");
        Files.createSymbolicLink(root.resolve("secrets"), Path.of("/etc/passwd"));
        Files.writeString(root.resolve(".mayflyignore"), "secrets\n");
        assertThat(paths()).containsExactly("app.py");
    }

    @Test
    void one_file_goes_alone_and_names_the_project() throws IOException {
        file("my_app.py");
        file("other.py");
        var source = Source.read(root.resolve("my_app.py"));
        assertThat(source.name()).isEqualTo("my_app");
        assertThat(source.files()).extracting(LocalFile::path).containsExactly("my_app.py");
    }

    @Test
    void one_file_may_be_a_program_of_any_language() throws IOException {
        file("lesson.1.js");
        file("serve");
        file("notes.txt");
        assertThat(root.resolve("serve").toFile().setExecutable(true)).isTrue();

        assertThat(Source.read(root.resolve("lesson.1.js")).name()).isEqualTo("lesson.1");
        var program = Source.read(root.resolve("serve"));
        assertThat(program.name()).isEqualTo("serve");
        assertThat(program.files().getFirst().executable()).isTrue();
        assertThatThrownBy(() -> Source.read(root.resolve("notes.txt")))
                .hasMessageContaining("neither a folder nor a program");
    }

    @Test
    void what_can_be_executed_here_can_be_executed_there() throws IOException {
        file("run.sh");
        assertThat(root.resolve("run.sh").toFile().setExecutable(true)).isTrue();
        assertThat(Source.read(root).files().getFirst().executable()).isTrue();
    }
}
