package dev.mayfly.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.python.Interpreters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The first mistakes that people make, each with the words they get to read. */
class FirstErrorsTest extends BuildTest {
    @Test
    void nothingDeployableSaysWhatWasLookedForAndWhatIsThere() {
        var problem = problem(project()
                .file("tool.py", "print('hello')")
                .file("broken.py", "x =")
                .file("pkg/web.py", "app = object()")
                .file("notes.txt", "mine"));

        assertThat(problem.code()).isEqualTo(ErrorCode.BUILD_FAILED);
        assertThat(problem.message()).isEqualTo("""
                        broken.py:1 syntax error: invalid syntax
                            x =
                               ^""");
        assertThat(problem(project()
                        .file("tool.py", "print('hello')")
                        .file("pkg/web.py", "app = object()")
                        .file("pkg/old.py", "print 'x'")
                        .file("notes.txt", "mine")))
                .isEqualTo(new Problem(
                        ErrorCode.BUILD_FAILED,
                        """
                        nothing deployable here
                        looked for:
                          app.py, index.py, server.py, main.py, wsgi.py or asgi.py at the root, in src/ or in app/, with app, application or a class handler
                          api/**/*.py with the same
                          a script at the root that starts its own server
                          a Procfile with web:, or a program at the root: server, app, main or bootstrap, or server.js, server.rb, server.pl or server.sh
                          public/ or index.html
                        found:
                          notes.txt
                          pkg/old.py (syntax error in line 1)
                          pkg/web.py (defines app)
                          tool.py (no entrypoint)""",
                        "name the entrypoint in mayfly.yaml:\nbuild:\n  entrypoint: pkg/web.py"));
    }

    @Test
    void anEmptyFolderHasNothingToDeploy() {
        var problem = problem(project());

        assertThat(problem.message()).endsWith("found:\n  no files");
        assertThat(problem.fix())
                .isEqualTo(
                        "add api/hello.py with a class handler(BaseHTTPRequestHandler), or app.py with app = Flask(__name__)");
    }

    @Test
    void anImportThatNoManifestDeclares() {
        assertThat(problem(project().file("api/hello.py", "import requests", "app = object()")))
                .isEqualTo(new Problem(
                        ErrorCode.BUILD_FAILED,
                        "api/hello.py:1 imports requests, which no manifest declares",
                        "add `requests` to requirements.txt"));
    }

    @Test
    void severalImportsThatThePyprojectDoesNotDeclare() {
        assertThat(problem(project()
                        .file("main.py", "import requests, yaml", "import helper", "app = object()")
                        .file("helper.py", "import bs4")
                        .file("pyproject.toml", "[project]", "name = 'x'", "dependencies = []")))
                .isEqualTo(new Problem(
                        ErrorCode.BUILD_FAILED,
                        """
                        main.py:1 imports requests, which no manifest declares
                        main.py:1 imports yaml, which no manifest declares
                        helper.py:1 imports bs4, which no manifest declares""",
                        "add `requests`, `PyYAML` and `beautifulsoup4` to dependencies in pyproject.toml"));
    }

    @Test
    void aVirtualEnvironmentWithoutAManifest() {
        assertThat(problem(project()
                        .file("api/hello.py", "import requests", "app = object()")
                        .skipped(".env")
                        .skipped(".venv/")))
                .isEqualTo(new Problem(
                        ErrorCode.BUILD_FAILED,
                        "api/hello.py:1 imports requests, which no manifest declares\n"
                                + ".venv was not sent: a virtual environment cannot be moved to another machine",
                        ".venv/bin/python -m pip freeze > requirements.txt"));
    }

    @Test
    void aPackageThatDoesNotExist() {
        var problem = problem(project()
                .file("api/hello.py", "app = object()")
                .file("requirements.txt", "# ours", "six", "", "mayfly-no-such-package==9"));

        assertThat(problem)
                .isEqualTo(new Problem(
                        ErrorCode.BUILD_FAILED,
                        "requirements.txt:4 cannot be installed: mayfly-no-such-package==9\n"
                                + "ERROR: No matching distribution found for mayfly-no-such-package==9",
                        "change requirements.txt:4"));
    }

    @Test
    void aSyntaxErrorIsShownWithItsLineAndACaret() {
        assertThat(problem(project().file("api/hello.py", "import os", "def f():", "    x = = 1")))
                .isEqualTo(new Problem(ErrorCode.BUILD_FAILED, """
                        api/hello.py:3 syntax error: invalid syntax
                            x = = 1
                                ^""", "correct api/hello.py line 3"));
    }

    @Test
    void aPythonThatIsTooOld() throws IOException {
        var old = python("bin/python3", "3.8.2");
        var pythons = new Interpreters(
                Map.of("PATH", folder.resolve("bin").toString()),
                file -> file.startsWith("/usr") ? Optional.of("closed for this test") : Optional.empty());
        var builder = builder(Map.of(), pythons);

        var problem = catchThrowableOfType(
                        ProblemException.class,
                        () -> builder.build(
                                project().file("app.py", "app = object()").source(), events::add))
                .problem();

        assertThat(problem.message())
                .startsWith("functions need Python 3.9 or newer; found on this machine:\n  ")
                .endsWith("\n  3.8.2  " + old + "  (older than 3.9)");
        assertThat(problem.fix()).isEqualTo("install one where every user can reach it, such as apt install python3");
    }

    @Test
    void aPythonThatIsNotHere() {
        var problem = problem(project()
                .file("app.py", "app = object()")
                .file("pyproject.toml", "[project]", "name = 'x'", "requires-python = '>=3.99'"));

        assertThat(problem.message()).startsWith("pyproject.toml requires Python >=3.99; found on this machine:\n  ");
    }

    private Path python(String name, String version) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(
                file,
                "#!/bin/sh\ncat <<'E'\n" + version.replace('.', '\n') + "\n.so\n" + file + "\n" + folder + "\nE\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }
}
