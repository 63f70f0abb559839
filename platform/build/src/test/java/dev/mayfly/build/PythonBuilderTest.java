package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.ContentCoding;
import dev.mayfly.model.Digest;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Route;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PythonBuilderTest extends BuildTest {
    private static final String[] HANDLER = {
        "from http.server import BaseHTTPRequestHandler", "class handler(BaseHTTPRequestHandler):", "    pass"
    };

    @Test
    void filesBelowApiAreFunctionsAndTheRestIsServed() throws InterruptedException, IOException {
        var project = project()
                .file("api/hello.py", HANDLER)
                .file("api/p/[id].py", "app = object()")
                .file("api/_lib.py", "def helper(): ...")
                .file("api/util.py", "def helper(): ...")
                .file("index.html", "<h1>hi</h1>")
                .file("secret.py", "x = 1");

        var built = build(project);

        assertThat(built.mode()).isEqualTo("functions");
        assertThat(built.reason()).isEqualTo("functions mode: 2 files below api/ define a handler or an app");
        assertThat(built.functions())
                .extracting(each -> each.name().value())
                .containsExactly("api/hello", "api/p/[id]");
        assertThat(built.functions().getFirst().entrypoint())
                .isEqualTo(new Entrypoint(Entrypoint.Kind.HANDLER, "api/hello.py", "handler"));
        assertThat(built.functions().getFirst().limits()).isEqualTo(Limits.DEFAULTS);
        assertThat(built.routes())
                .extracting(Route::pattern)
                .containsExactly("/api/p/[id].py", "/api/p/[id]", "/api/hello", "/api/hello.py", "/api/hello/");
        assertThat(built.staticFiles()).extracting(StaticFile::path).containsExactly("/", "/index.html");
        var code = artifacts.layer(built.functions().getFirst().code()).orElseThrow();
        assertThat(code.resolve("api/_lib.py")).content().contains("helper");
        assertThat(built.files()).isEqualTo(6);
    }

    @Test
    void anApplicationAtTheRootTakesEveryPath() throws InterruptedException {
        var built = build(project()
                .file("app.py", "app = object()")
                .file("api/hello.py", HANDLER)
                .file("public/style.css", "b{}")
                .file("notes.txt", "mine"));

        assertThat(built.reason()).isEqualTo("app mode: app.py defines app");
        assertThat(built.routes()).extracting(Route::pattern).containsExactly("/**");
        assertThat(built.functions()).extracting(each -> each.name().value()).containsExactly("app");
        assertThat(built.staticFiles()).extracting(StaticFile::path).containsExactly("/style.css");
    }

    @Test
    void filesAreCompressedUnlessTheProjectDoesNotWantIt() throws InterruptedException {
        var style = "body { margin: 0 } ".repeat(200);

        var built = build(project().file("style.css", style));
        var without = build(project().file("style.css", style).file("mayfly.yaml", "compression: off"));

        assertThat(built.compression()).isTrue();
        var forms = built.staticFiles().getFirst().encoded();
        assertThat(forms)
                .extracting(StaticFile.Encoded::coding)
                .containsExactlyInAnyOrder(ContentCoding.BR, ContentCoding.ZSTD, ContentCoding.GZIP);
        assertThat(forms)
                .allSatisfy(form ->
                        assertThat(artifacts.blob(form.blob()).orElseThrow()).hasSize(form.size()));
        assertThat(without.compression()).isFalse();
        assertThat(without.staticFiles().getFirst().encoded()).isEmpty();
    }

    @Test
    void whatAnEarlierDeploymentCompressedIsUsedAgain() throws InterruptedException {
        var style = "body { margin: 0 } ".repeat(200);
        var first = build(project().file("style.css", style)).staticFiles().getFirst();
        var kept = first.encoded().subList(0, 1);

        var second = build(project().file("style.css", style).compressed(Map.of(first.blob(), kept)));

        assertThat(second.staticFiles().getFirst().encoded()).isEqualTo(kept);
    }

    @Test
    void aScriptThatStartsItsOwnServerIsServed() throws InterruptedException {
        var built = build(project()
                .file(
                        "server.py",
                        "from http.server import HTTPServer, BaseHTTPRequestHandler",
                        "class GetHandler(BaseHTTPRequestHandler): pass",
                        "HTTPServer(('localhost', 8080), GetHandler).serve_forever()"));

        assertThat(built.reason()).isEqualTo("script mode: server.py starts its own server");
        assertThat(built.functions().getFirst().entrypoint())
                .isEqualTo(new Entrypoint(Entrypoint.Kind.SCRIPT, "server.py", ""));
    }

    @Test
    void dependenciesBecomeALayerOnceAndArePreparedForReading() throws InterruptedException, IOException {
        var project = project()
                .file("api/hello.py", "import six", "app = object()")
                .file("requirements.txt", "six==1.17.0  # small", "");

        var built = build(project);
        var again = build(project);

        var layer = Objects.requireNonNull(built.functions().getFirst().dependencies());
        var installed = artifacts.layer(layer).orElseThrow();
        assertThat(installed.resolve("six.py")).exists();
        assertThat(compiled(installed)).isNotEmpty();
        assertThat(again.functions().getFirst().dependencies()).isEqualTo(layer);
        assertThat(steps())
                .contains(
                        "Installing 1 package from requirements.txt",
                        "Dependencies of requirements.txt are installed already");
    }

    @Test
    void codeIsCompiledForThePythonThatRunsItAndUnusedMistakesAreLeftAlone() throws InterruptedException, IOException {
        var project = project()
                .file("app.py", "import tool", "app = object()")
                .file("tool.py", "x = {'a', 'b', 'c'}")
                .file("notes/draft.py", "def f(:")
                .file("public/gone.py", "x = 1");

        var built = build(project);

        var code = artifacts.layer(built.functions().getFirst().code()).orElseThrow();
        assertThat(compiled(code))
                .extracting(file -> file.getFileName().toString().replaceAll("\\.cpython-3\\d+\\.pyc", ""))
                .containsExactlyInAnyOrder("app", "tool");
        assertThat(code.resolve("notes/draft.py")).exists();
        assertThat(code.resolve("notes/__pycache__")).doesNotExist();
        assertThat(code.resolve("public")).doesNotExist();
        assertThat(built.warnings()).isEmpty();
    }

    @Test
    void twoBuildsOfTheSameSourceGiveTheSameDigestAndTheSameBytecode() throws Exception {
        var project = project().file("app.py", "app = object()", "x = 1 in {'a', 'b', 'c', 'd', 'e'}");
        var first = build(project).functions().getFirst().code();
        var before = bytes(artifacts.layer(first).orElseThrow());
        artifacts.sweepAtOnce(artifactsOf(project), Set.of());
        assertThat(artifacts.layer(first)).isEmpty();

        var again = build(project).functions().getFirst().code();

        assertThat(again).isEqualTo(first);
        assertThat(bytes(artifacts.layer(again).orElseThrow())).isEqualTo(before);
    }

    private static byte[] bytes(Path layer) throws IOException {
        return Files.readAllBytes(compiled(layer)[0]);
    }

    private static Set<Digest> artifactsOf(Project project) {
        return project.source().files().stream()
                .flatMap(file -> Optional.ofNullable(file.blob()).stream())
                .collect(Collectors.toSet());
    }

    private static Path[] compiled(Path layer) throws IOException {
        try (var found = Files.list(layer.resolve("__pycache__"))) {
            return found.toArray(Path[]::new);
        }
    }

    @Test
    void settingsOfTheFilesAndTheCommandLineReachTheFunctions() throws InterruptedException {
        var built = build(project()
                .file("api/hello.py", HANDLER)
                .file(
                        "mayfly.yaml",
                        "functions:",
                        "  api/hello:",
                        "    timeout: 5s",
                        "    memory: 256MiB",
                        "env:",
                        "  A: 1")
                .file("vercel.json", "{\"functions\": {\"api/*.py\": {\"maxDuration\": 9, \"maxConcurrency\": 3}}}")
                .set("memory", "128MiB"));

        var limits = built.functions().getFirst().limits();
        assertThat(limits.timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(limits.memory()).isEqualTo(128L << 20);
        assertThat(limits.concurrency()).isEqualTo(3);
        assertThat(built.environment()).containsEntry("A", "1");
        assertThat(built.warnings())
                .containsExactly("timeout of api/hello is set by mayfly.yaml:3 and vercel.json:1; mayfly.yaml:3 wins");
    }
}
