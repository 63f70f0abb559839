package dev.mayfly.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.Digest;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.python.Interpreters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DependenciesTest extends BuildTest {
    private static final String APP = "app = object()";

    @Test
    void aWheelInTheProjectIsInstalledByItsRelativePath() throws InterruptedException {
        var built = build(project()
                .file("app.py", "import tiny", APP)
                .file("wheels/tiny-1.0-py3-none-any.whl", TinyPackage.wheel())
                .file("requirements.txt", "./wheels/tiny-1.0-py3-none-any.whl"));

        assertThat(layer(built).resolve("tiny.py")).hasContent("VALUE = 7");
    }

    @Test
    void includedFilesAndConstraintsArePartOfTheManifest() throws InterruptedException {
        var first = build(project()
                .file("app.py", APP)
                .file("wheels/tiny-1.0-py3-none-any.whl", TinyPackage.wheel())
                .file("requirements.txt", "-r deps/base.txt", "-c deps/limits.txt")
                .file("deps/base.txt", "./wheels/tiny-1.0-py3-none-any.whl")
                .file("deps/limits.txt", "tiny==1.0"));
        var second = problem(project()
                .file("app.py", APP)
                .file("wheels/tiny-1.0-py3-none-any.whl", TinyPackage.wheel())
                .file("requirements.txt", "-r deps/base.txt", "-c deps/limits.txt")
                .file("deps/base.txt", "./wheels/tiny-1.0-py3-none-any.whl")
                .file("deps/limits.txt", "tiny==2.0"));

        assertThat(layer(first).resolve("tiny.py")).exists();
        assertThat(second.message()).contains("tiny");
    }

    @Test
    void commentsAndEmptyLinesDoNotCostAnInstallation() throws InterruptedException, IOException {
        var wheel = TinyPackage.wheel();
        build(project()
                .file("app.py", APP)
                .file("tiny-1.0-py3-none-any.whl", wheel)
                .file("requirements.txt", "./tiny-1.0-py3-none-any.whl"));
        long layers = layers();

        build(project()
                .file("app.py", APP)
                .file("tiny-1.0-py3-none-any.whl", wheel)
                .file("requirements.txt", "# ours", "", "./tiny-1.0-py3-none-any.whl  # small"));

        // The code differs, the dependencies do not.
        assertThat(layers()).isEqualTo(layers + 1);
    }

    @Test
    void aWrongHashIsToldInPipsWords() {
        var problem = problem(project()
                .file("app.py", APP)
                .file("requirements.txt", "six==1.17.0 \\", "    --hash=sha256:" + "0".repeat(64)));

        assertThat(problem.message())
                .startsWith("requirements.txt:1 cannot be installed: six==1.17.0")
                .contains("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.");
        assertThat(problem.fix()).isEqualTo("change requirements.txt:1");
    }

    @Test
    void dependenciesOfThePyprojectAreInstalledAndThoseOfGroupsAreNot() throws InterruptedException {
        var built = build(project()
                .file("app.py", "import six", APP)
                .file(
                        "pyproject.toml",
                        "[project]",
                        "name = 'x'",
                        "dependencies = [",
                        "  'six==1.17.0',",
                        "]",
                        "[project.optional-dependencies]",
                        "more = ['mayfly-no-such-package']",
                        "[dependency-groups]",
                        "dev = ['mayfly-no-such-package']"));

        assertThat(layer(built).resolve("six.py")).exists();
    }

    @Test
    void aLineOfThePyprojectIsBlamed() {
        var problem = problem(project()
                .file("app.py", APP)
                .file(
                        "pyproject.toml",
                        "[project]",
                        "name = 'x'",
                        "dependencies = [",
                        "  'mayfly-no-such-package>=2',",
                        "]"));

        assertThat(problem.message())
                .startsWith("pyproject.toml:4 cannot be installed: mayfly-no-such-package>=2\nERROR: ");
    }

    @Test
    void aLineThatPipCannotReadIsBlamed() {
        var inAList = problem(project().file("app.py", APP).file("requirements.txt", "six", "tiny @ file:tiny"));
        var inAPyproject = problem(project()
                .file("app.py", APP)
                .file("pyproject.toml", "[project]", "dependencies = [", "  'six',", "  'tiny @ file:tiny',", "]"));

        assertThat(inAList.message())
                .startsWith("requirements.txt:2 cannot be installed: tiny @ file:tiny\nERROR: Invalid requirement: ");
        assertThat(inAPyproject.message())
                .startsWith("pyproject.toml:4 cannot be installed: tiny @ file:tiny\nERROR: Invalid requirement: ");
    }

    @Test
    void lockFilesAreNamedUntilTheyAreRead() throws InterruptedException {
        var locked = project().file("app.py", APP).file("uv.lock", "version = 1");

        assertThat(problem(locked).message()).isEqualTo("uv.lock is not supported yet");
        assertThat(build(locked.file("requirements.txt", "")).warnings())
                .containsExactly("uv.lock is not read; requirements.txt is");
    }

    @Test
    void aPathOutOfTheProjectIsRefused() {
        assertThat(problem(project().file("app.py", APP).file("requirements.txt", "", "../other"))
                        .message())
                .isEqualTo("requirements.txt:2 names ../other, which is outside of the project");
        assertThat(problem(project().file("app.py", APP).file("requirements.txt", "-r /etc/passwd"))
                        .message())
                .isEqualTo("requirements.txt:1 names /etc/passwd, which is outside of the project");
    }

    @Test
    void aManifestNearerToAFunctionIsItsOwn() throws InterruptedException {
        var built = build(project()
                .file("api/a.py", APP)
                .file("api/b/c.py", "import tiny", APP)
                .file("api/b/tiny-1.0-py3-none-any.whl", TinyPackage.wheel())
                .file("api/b/requirements.txt", "./tiny-1.0-py3-none-any.whl"));

        assertThat(built.functions().get(0).dependencies()).isNull();
        assertThat(built.functions().get(1).dependencies()).isNotNull();
    }

    @Test
    void toolsRunWithoutPrivilegesAndWithoutTheServersSecrets() throws InterruptedException, IOException {
        var environment = new HashMap<>(System.getenv());
        environment.put("MAYFLY_TOKEN", "secret");
        environment.put("HTTPS_PROXY_PASSWORD", "secret");
        environment.put("PIP_TIMEOUT", "77");
        var project = project()
                .createdAt(5)
                .file("app.py", "import tiny", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file(
                        "pkg/backend.py",
                        TinyPackage.backend(
                                "report = os.path.join(os.environ['PIP_CACHE_DIR'], 'report')",
                                "open(report, 'w').write('%d %s' % (os.getuid(), sorted(os.environ)))"));

        builder(environment, systemPythons()).build(project.source(), events::add);

        var report = Files.readString(folder.resolve("work/pip-cache/demo@5/report"));
        if ("root".equals(System.getProperty("user.name"))) {
            assertThat(report).startsWith("64321 ");
        }
        assertThat(report).contains("PIP_TIMEOUT").doesNotContain("MAYFLY_TOKEN", "PASSWORD", "JAVA_HOME");
    }

    private Project cached(long createdAt) {
        return project()
                .createdAt(createdAt)
                .file("app.py", "import tiny", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file(
                        "pkg/backend.py",
                        TinyPackage.backend(
                                "os.makedirs(os.environ['PIP_CACHE_DIR'], exist_ok=True)",
                                "mark = os.path.join(os.environ['PIP_CACHE_DIR'], 'mark')",
                                "print('found a mark' if os.path.exists(mark) else 'found nothing')",
                                "open(mark, 'w')"));
    }

    /** Another manifest each time, for the same packages. */
    private String found(Project project, String change) throws InterruptedException {
        events.clear();
        builder(Map.of("PIP_VERBOSE", "1", "PIP_NO_INDEX", "1"), systemPythons())
                .build(project.file("pkg/change", change).source(), events::add);
        return events.toString().contains("found a mark")
                ? "mark"
                : events.toString().contains("found nothing") ? "nothing" : "no build";
    }

    @Test
    void aRemovedProjectLeavesNothingInTheCacheOfTheNextOneOfItsName() throws InterruptedException {
        assertThat(found(cached(5), "one")).isEqualTo("nothing");
        assertThat(found(cached(5), "two")).isEqualTo("mark");

        assertThat(found(cached(6), "three")).isEqualTo("nothing");
        assertThat(found(cached(6), "two")).isEqualTo("mark");
    }

    @Test
    void whatAFirstBuildInstalledIsFoundByTheNextOne() throws InterruptedException {
        assertThat(found(cached(0), "one")).isEqualTo("nothing");

        assertThat(found(cached(5), "one")).isEqualTo("no build");
        assertThat(found(cached(5), "two")).isEqualTo("nothing");
    }

    @Test
    void anInterruptEndsEverythingThatPipStarted() throws InterruptedException {
        var project = project()
                .createdAt(5)
                .file("app.py", APP)
                .file("requirements.txt", "./pkg")
                .file("pkg/pyproject.toml", TinyPackage.pyproject())
                .file(
                        "pkg/backend.py",
                        TinyPackage.backend(
                                "far = subprocess.Popen(['setsid', 'sleep', '1000'])",
                                "near = subprocess.Popen(['sleep', '1000'])",
                                "part = os.path.join(os.environ['PIP_CACHE_DIR'], 'part')",
                                "open(part, 'w').write('%d %d %d' % (os.getpid(), far.pid, near.pid))",
                                "os.rename(part, os.path.join(os.environ['PIP_CACHE_DIR'], 'pids'))",
                                "near.wait()"));
        var thrown = new AtomicReference<Throwable>();
        var builder = builder(System.getenv(), systemPythons());
        var building = Thread.ofVirtual().start(() -> {
            try {
                builder.build(project.source(), events::add);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        var pids = folder.resolve("work/pip-cache/demo@5/pids");
        await().until(() -> Files.exists(pids) || !building.isAlive());

        building.interrupt();
        building.join();

        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(pids).exists();
        for (String pid : text(pids).split(" ", -1)) {
            assertThat(ProcessHandle.of(Long.parseLong(pid)))
                    .as("process " + pid)
                    .isEmpty();
        }
    }

    @Test
    void theOperatorsIndexAndItsCredentialsAreUsed() throws InterruptedException, IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/simple/tiny/",
                exchange -> answer(
                        exchange,
                        "<a href='/tiny-1.0-py3-none-any.whl'>tiny-1.0-py3-none-any.whl</a>".getBytes(UTF_8)));
        server.createContext("/tiny-1.0-py3-none-any.whl", exchange -> answer(exchange, TinyPackage.wheel()));
        server.start();
        try {
            var home = Files.createDirectories(folder.resolve("operator/.config/pip"));
            Files.writeString(
                    home.resolve("pip.conf"),
                    "[global]\nindex-url = http://me:word@127.0.0.1:"
                            + server.getAddress().getPort() + "/simple\n");
            var environment = Map.of("HOME", folder.resolve("operator").toString(), "NO_PROXY", "127.0.0.1");
            var project = project().file("app.py", "import tiny", APP).file("requirements.txt", "tiny==1.0");

            var built = builder(environment, systemPythons()).build(project.source(), events::add);

            assertThat(layer(built).resolve("tiny.py")).exists();
            assertThat(built.toString() + events).doesNotContain("word@");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aPythonWithoutPipAndVenvGetsAPipOfItsOwn() throws InterruptedException, IOException {
        var bare = bare();
        var pythons = new Interpreters(Map.of("PATH", bare.toString()), file -> Optional.empty());
        var project = project()
                .file("app.py", "import tiny", APP)
                .file("wheels/tiny-1.0-py3-none-any.whl", TinyPackage.wheel())
                .file("requirements.txt", "./wheels/tiny-1.0-py3-none-any.whl");

        var built = builder(System.getenv(), pythons).build(project.source(), events::add);

        assertThat(layer(built).resolve("tiny.py")).exists();
        assertThat(events)
                .contains(new BuildEvent.Output("This Python has no pip; fetching pip-25.3-py3-none-any.whl"));
        assertThat(folder.resolve("work/pip-25.3-py3-none-any.whl")).exists();
    }

    @Test
    void withoutAnIndexThePipThatIsMissingIsToldWithItsReason() throws IOException {
        var bare = bare();
        var pythons = new Interpreters(Map.of("PATH", bare.toString()), file -> Optional.empty());
        var builder = builder(Map.of("PIP_NO_INDEX", "1"), pythons);
        var project = project().file("app.py", APP).file("requirements.txt", "six");

        var problem = catchThrowableOfType(ProblemException.class, () -> builder.build(project.source(), events::add))
                .problem();

        assertThat(problem.message())
                .isEqualTo(
                        "pip is not installed and cannot be fetched\n"
                                + "ERROR: pip-25.3-py3-none-any.whl cannot be fetched: no-index is set, and find-links has no such file");
        assertThat(problem.fix())
                .isEqualTo("install it (apt install python3-pip), or set PIP_INDEX_URL for the server");
    }

    private long layers() throws IOException {
        try (var entries = Files.list(folder.resolve("store/layers"))) {
            return entries.count();
        }
    }

    private Path bare() throws IOException {
        return BarePython.in(folder.resolve("bare"), systemPythons().preferred().orElseThrow());
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        var word = "Basic " + Base64.getEncoder().encodeToString("me:word".getBytes(UTF_8));
        try (exchange) {
            if (word.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("Content-Type", "text/html");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            } else {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"index\"");
                exchange.sendResponseHeaders(401, -1);
            }
        }
    }

    private Path layer(Deployment built) {
        Digest key = Objects.requireNonNull(built.functions().getFirst().dependencies());
        return artifacts.layer(key).orElseThrow();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
