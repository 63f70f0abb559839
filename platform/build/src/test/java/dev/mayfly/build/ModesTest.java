package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Deployment;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Route;
import dev.mayfly.model.StaticFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** How a folder is understood (docs/python.md). */
class ModesTest extends BuildTest {
    private static final String APP = "app = object()";
    private static final String[] GUARDED = {
        "from http.server import HTTPServer, BaseHTTPRequestHandler",
        "class Handler(BaseHTTPRequestHandler): pass",
        "if __name__ == '__main__':",
        "    HTTPServer(('', 8080), Handler).serve_forever()"
    };

    @Test
    void theFrameworkOfTheManifestIsNamed() throws InterruptedException {
        var built = build(project()
                .file("main.py", "import flask", APP)
                .file("flask-1.0-py3-none-any.whl", TinyPackage.wheel("flask"))
                .file("requirements.txt", "--no-index", "-f .", "flask==1.0"));

        assertThat(built.reason()).isEqualTo("app mode: main.py defines app (flask in requirements.txt)");
    }

    @Test
    void theExamplesAreUnderstood() throws InterruptedException, IOException {
        var examples = Path.of("../../examples");

        assertThat(build(project().folder(examples.resolve("python-hello"))).reason())
                .isEqualTo("functions mode: api/hello.py defines handler");
        assertThat(build(project().folder(examples.resolve("python-cities"))).mode())
                .isEqualTo("functions");
        assertThat(build(project().folder(examples.resolve("python-script"))).reason())
                .isEqualTo("script mode: server.py starts its own server");
    }

    @Test
    void whatWasUnderstoodIsSaidAlsoWhereNothingRuns() throws InterruptedException {
        build(project().file("index.html", "hi"));

        assertThat(steps()).containsExactly("static mode: index.html, and nothing to run");
    }

    @Test
    void candidatesAreTriedFolderByFolder() throws InterruptedException {
        var built = build(project().file("src/app.py", APP).file("wsgi.py", APP).file("app/app.py", APP));

        assertThat(entrypoint(built)).isEqualTo("APP wsgi.py app");
    }

    @Test
    void anApplicationBelowApiOnlyIsAFunctionUnlessTheFrameworkIsSaid() throws InterruptedException {
        assertThat(build(project().file("api/index.py", APP)).mode()).isEqualTo("functions");
        var told = build(project().file("api/index.py", APP).file("vercel.json", "{\"framework\": \"flask\"}"));
        assertThat(told.mode()).isEqualTo("app");
        assertThat(told.routes()).extracting(Route::pattern).containsExactly("/**");
    }

    @Test
    void noFrameworkMeansFunctions() throws InterruptedException {
        var built =
                build(project().file("app.py", APP).file("api/a.py", APP).file("vercel.json", "{\"framework\": null}"));

        assertThat(built.mode()).isEqualTo("functions");
        assertThat(built.functions()).hasSize(1);
    }

    @Test
    void aGuardedServerBesideAnEntrypointIsAnApplication() throws InterruptedException {
        assertThat(entrypoint(build(project().file("server.py", GUARDED)))).isEqualTo("HANDLER server.py Handler");
    }

    @Test
    void aServerThatStartsWhenLoadedIsAScript() throws InterruptedException {
        var built = build(project()
                .file("app.py", "from flask_like import Flask", "app = Flask(__name__)", "app.run()")
                .file("flask_like.py", "Flask = object"));

        assertThat(built.reason()).isEqualTo("script mode: app.py starts its own server");
        assertThat(entrypoint(built)).isEqualTo("SCRIPT app.py ");
    }

    @Test
    void functionsWinOverAScriptThatHasNoEntrypoint() throws InterruptedException {
        var built = build(project()
                .file("api/a.py", APP)
                .file(
                        "dev.py",
                        "from http.server import *",
                        "HTTPServer(('', 1), SimpleHTTPRequestHandler).serve_forever()"));

        assertThat(built.mode()).isEqualTo("functions");
    }

    @Test
    void aSingleFileOfAnyNameIsMeant() throws InterruptedException {
        assertThat(entrypoint(build(project().file("hello.py", APP)))).isEqualTo("APP hello.py app");
        assertThat(entrypoint(build(project()
                        .file(
                                "echo.py",
                                "from http.server import *",
                                "HTTPServer(('', 1), SimpleHTTPRequestHandler).serve_forever()"))))
                .isEqualTo("SCRIPT echo.py ");
    }

    @Test
    void filesAloneAreServed() throws InterruptedException {
        var built = build(project().file("index.html", "hi").file("img/x.png", "png"));

        assertThat(built.reason()).isEqualTo("static mode: index.html, and nothing to run");
        assertThat(built.functions()).isEmpty();
        assertThat(built.routes()).isEmpty();
        assertThat(built.staticFiles()).extracting(StaticFile::path).containsExactly("/", "/img/x.png", "/index.html");
    }

    @Test
    void aPythonProjectWithoutEntrypointIsNotServedAsFiles() {
        assertThat(problem(project().file("tool.py", "x = 1").file("data.csv", "1,2"))
                        .message())
                .startsWith("nothing deployable here");
    }

    @Test
    void theSettingsOverruleWhatWasFound() throws InterruptedException {
        var project = project().file("app.py", APP).file("api/a.py", APP).file("other.py", "server = object()");

        assertThat(build(project).mode()).isEqualTo("app");
        assertThat(build(project.set("mode", "functions")).reason())
                .isEqualTo("functions mode: api/a.py defines app, as the settings say");
        assertThat(entrypoint(build(project.set("mode", "app").set("entrypoint", "other:server"))))
                .isEqualTo("APP other.py server");
        assertThat(problem(project.set("entrypoint", "gone:app")).message())
                .isEqualTo(
                        "entrypoint: gone:app (expected: a Python file of the project, as in main.py or package.module:app)");
        assertThat(problem(project.set("mode", "magic")).message())
                .isEqualTo("mode: magic (expected: app, functions, script, server or static)");
    }

    @Test
    void thePyprojectNamesTheApplication() throws InterruptedException {
        var built = build(project()
                .file("pkg/__init__.py", "")
                .file("pkg/web.py", "api = object()")
                .file("pyproject.toml", "[tool.vercel]", "entrypoint = 'pkg.web:api'"));

        assertThat(entrypoint(built)).isEqualTo("APP pkg/web.py api");
        assertThat(built.reason()).isEqualTo("app mode: pyproject.toml names pkg.web:api");
        assertThat(problem(project()
                                .file("a.py", "")
                                .file("pyproject.toml", "[tool.vercel]", "entrypoint = 'pkg.web:api'"))
                        .message())
                .startsWith("entrypoint: pkg.web:api");
    }

    @Test
    void djangoIsFoundByItsWsgiModule() throws InterruptedException {
        var built = build(project()
                .file("manage.py", "import os", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')")
                .file("site1/__init__.py", "")
                .file("site1/wsgi.py", "application = object()"));

        assertThat(entrypoint(built)).isEqualTo("APP site1/wsgi.py application");
    }

    @Test
    void aPatternThatMatchesNoFunctionIsAnError() {
        var problem = problem(
                project().file("api/hello.py", APP).file("mayfly.yaml", "functions:", "  api/helo: {queue: 1}"));

        assertThat(problem.message()).isEqualTo("mayfly.yaml:2: api/helo matches no function");
        assertThat(problem.fix()).isEqualTo("write api/hello");
    }

    @Test
    void functionsOfOtherLanguagesAreNamed() throws InterruptedException {
        var project = project().file("api/hello.py", APP).file("api/other.ts", "export default 1");

        var problem = problem(project);

        assertThat(problem.code()).isEqualTo(ErrorCode.NOT_SUPPORTED);
        assertThat(problem.message()).isEqualTo("api/other.ts: a function in this language is not supported yet");
        assertThat(build(project.ignoringUnsupported()).warnings())
                .containsExactly("api/other.ts: a function in this language is not supported yet and was ignored");
    }

    @Test
    void tenThousandFilesBuild() throws InterruptedException {
        var project = project().file("app.py", APP);
        for (int i = 0; i < 10_000; i++) {
            project.file("data/d" + i % 50 + "/file " + i + " ü.txt", "same");
        }

        var built = build(project);

        assertThat(built.files()).isEqualTo(10_001);
        var code = artifacts.layer(built.functions().getFirst().code()).orElseThrow();
        assertThat(code.resolve("data/d49/file 9999 ü.txt")).exists();
    }

    private static String entrypoint(Deployment built) {
        Entrypoint entrypoint = built.functions().getFirst().entrypoint();
        return entrypoint.kind() + " " + entrypoint.file() + " " + entrypoint.symbol();
    }
}
