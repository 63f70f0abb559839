package dev.mayfly.build.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.build.source.SourceTree;
import dev.mayfly.model.Digest;
import dev.mayfly.model.SourceFile;
import dev.mayfly.model.StaticFile;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StaticFilesTest {
    @Test
    void publicWinsAndAnIndexStandsForItsFolder() {
        assertThat(paths(true, "public/index.html", "public/docs/index.html", "public/a b.txt", "other.html"))
                .containsExactly("/", "/a b.txt", "/docs", "/docs/", "/docs/index.html", "/index.html");
    }

    @Test
    void aFileWinsOverTheFolderOfItsName() {
        var files = StaticFiles.of(tree("public/docs/index.html"), true);
        assertThat(files).extracting(StaticFile::path).contains("/docs", "/docs/");
        assertThat(files).extracting(StaticFile::contentType).containsOnly("text/html; charset=utf-8");
    }

    @Test
    void withoutPublicTheRestIsServedOnlyWhereThatIsMeant() {
        assertThat(paths(true, "index.html", "css/site.css", "api/data.json"))
                .containsExactly("/", "/css/site.css", "/index.html");
        assertThat(paths(false, "index.html", "css/site.css")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "main.py",
                "lib/deep/mod.py",
                "x.pyc",
                "x.pyi",
                "mayfly.yaml",
                "mayfly.yml",
                "vercel.json",
                "requirements.txt",
                "requirements-dev.txt",
                "reqs/dev-requirements.txt",
                "pyproject.toml",
                "uv.lock",
                "Pipfile",
                "setup.cfg",
                ".env",
                ".git/config",
                "sub/.hidden/x.html",
                "README.md",
                "package.json",
                "node_modules/x/i.js",
                "a/node_modules/x/i.js",
                "key.pem",
                "KEY.PEM",
                "app.db",
                "data.sqlite3",
                "note.ipynb",
                "Dockerfile",
                "middleware.ts",
                "wheels/a.txt",
                "tests/a.txt",
                "api/readme.txt"
            })
    void codeSettingsAndHiddenFilesAreNeverServed(String path) {
        assertThat(paths(true, path)).isEmpty();
    }

    @Test
    void hiddenFilesInPublicAreNotServedButTheWellKnownAre() {
        assertThat(paths(true, "public/.env", "public/.git/x", "public/.well-known/security.txt"))
                .containsExactly("/.well-known/security.txt");
    }

    @ParameterizedTest
    @CsvSource({
        "a.html, text/html; charset=utf-8",
        "a.JS, text/javascript; charset=utf-8",
        "a.svg, image/svg+xml",
        "a.tar.gz, application/gzip",
        "data.json, application/json; charset=utf-8",
        "LICENSE, application/octet-stream",
        "a.unknown, application/octet-stream",
    })
    void typesFollowTheExtension(String path, String type) {
        assertThat(ContentTypes.of(path)).isEqualTo(type);
    }

    @Test
    void aLinkServesWhatItLeadsTo() {
        var files = List.of(
                new SourceFile("assets/real.css", Digest.of("b{}"), 3, false, null),
                new SourceFile("public/site.css", null, 0, false, "../assets/real.css"),
                new SourceFile("public/gone.css", null, 0, false, "nowhere"));

        var served = StaticFiles.of(SourceTree.of(files, SourceTree.Bounds.DEFAULT), true);

        assertThat(served).containsExactly(new StaticFile("/site.css", Digest.of("b{}"), 3, "text/css; charset=utf-8"));
    }

    private static List<String> paths(boolean plain, String... files) {
        return StaticFiles.of(tree(files), plain).stream().map(StaticFile::path).toList();
    }

    private static SourceTree tree(String... files) {
        return SourceTree.of(
                Stream.of(files)
                        .map(path -> new SourceFile(path, Digest.of(path), 1, false, null))
                        .toList(),
                SourceTree.Bounds.DEFAULT);
    }
}
