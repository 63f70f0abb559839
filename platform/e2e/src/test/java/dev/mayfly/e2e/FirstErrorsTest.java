package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first mistakes in a project: the command line tells what is wrong and what to do, in exactly these words, and nothing is left behind. */
class FirstErrorsTest {
    private static final String HELLO = Home.handler("self.say('hello')");
    private static final String MODE = "  functions mode: api/hello.py defines handler, Python 3.x\n";

    @TempDir
    private static Path folder = Path.of("");

    private static Mistakes mistakes;
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        // A Python of before 3.9 that comes first on the server's PATH.
        var old = folder.resolve("python3");
        Files.writeString(
                old, "#!/bin/sh\nprintf '%s\\n' 3 8 2 .cpython-38.so '" + old + "' '" + folder.resolve("lib") + "'\n");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwxr-xr-x"));
        mistakes = Mistakes.on(Map.of("PATH", folder + ":" + System.getenv("PATH")));
        home = mistakes.home();
    }

    @AfterAll
    static void stop() throws IOException {
        mistakes.close();
    }

    @Test
    void nothing_deployable_lists_what_was_looked_for_and_what_is_there() throws IOException {
        var project = home.project("nothing", "util.py", "x = 1\n", "README.md", "hello\n");

        assertThat(mistakes.refused(project)).isEqualTo("""
                error: nothing deployable here
                  looked for:
                    app.py, index.py, server.py, main.py, wsgi.py or asgi.py at the root, in src/ or in app/, with app, application or a class handler
                    api/**/*.py with the same
                    a script at the root that starts its own server
                    a Procfile with web:, or a program at the root: server, app, main or bootstrap, or server.js, server.rb, server.pl or server.sh
                    public/ or index.html
                  found:
                    README.md
                    util.py (no entrypoint)
                  fix: add api/hello.py with a class handler(BaseHTTPRequestHandler), or app.py with app = Flask(__name__)
                """);
        mistakes.leftNothingOf("nothing");
    }

    @Test
    void an_app_elsewhere_is_named_with_the_line_that_makes_it_the_entrypoint() throws IOException {
        var project = home.project("elsewhere", "lib/web.py", "def app(environ, start_response):\n    return []\n");

        assertThat(mistakes.refused(project)).endsWith("""
                  found:
                    lib/web.py (defines app)
                  fix: name the entrypoint in mayfly.yaml:
                       build:
                         entrypoint: lib/web.py
                """);
        mistakes.leftNothingOf("elsewhere");
    }

    @Test
    void an_import_that_no_manifest_declares() throws IOException {
        var project = home.project("imports", "api/hello.py", "import requests\nimport yaml\n" + HELLO);

        assertThat(mistakes.refused(project)).isEqualTo(MODE + """
                error: api/hello.py:1 imports requests, which no manifest declares
                  api/hello.py:2 imports yaml, which no manifest declares
                  fix: add `requests` and `PyYAML` to requirements.txt
                """);
        mistakes.leftNothingOf("imports");
    }

    @Test
    void a_virtual_environment_without_a_manifest_prints_the_line_that_makes_one() throws IOException {
        var project =
                home.project("venv", "api/hello.py", "import requests\n" + HELLO, ".venv/pyvenv.cfg", "home = /usr\n");

        assertThat(mistakes.refused(project)).isEqualTo(MODE + """
                error: api/hello.py:1 imports requests, which no manifest declares
                  .venv was not sent: a virtual environment cannot be moved to another machine
                  fix: .venv/bin/python -m pip freeze > requirements.txt
                """);
        mistakes.leftNothingOf("venv");
    }

    @Test
    void an_env_file_that_was_skipped_is_told_until_its_variables_are_set() throws IOException {
        var project = home.project(
                "secrets",
                "api/hello.py",
                Home.handler("self.say(os.environ.get('GREETING', 'none'))"),
                ".env",
                "# ours\nGREETING=\"good day\"\nexport KEY=abc\n\nURL=http://example.com/#top\n");
        var first = home.mayflyIn(project, "deploy").ok();
        assertThat(Http.get(Http.join(first.line(), "/api/hello")).body()).isEqualTo("none");

        assertThat(mistakes.words(first.err())).isEqualTo("3 variables not sent: `mayfly env import .env`\n" + MODE);

        assertThat(mistakes.told(home.mayflyIn(project, "env", "import", ".env"), 0))
                .isEqualTo("3 variables set for secrets\n");
        assertThat(home.mayflyIn(project, "env", "ls").ok().out()).isEqualTo("GREETING\nKEY\nURL\n");
        var second = home.mayflyIn(project, "deploy", "--prod").ok();
        assertThat(mistakes.words(second.err())).isEqualTo(MODE);
        assertThat(Http.get(Http.join(second.line(), "/api/hello")).body()).isEqualTo("good day");
    }

    @Test
    void a_package_that_cannot_be_installed_is_told_in_the_words_of_pip_with_the_line_to_change() throws IOException {
        var project = home.project(
                "packages", "api/hello.py", HELLO, "requirements.txt", "# tools\nmayfly-no-such-package==9.9\n");

        assertThat(mistakes.refused(project)).isEqualTo(MODE + """
                  Installing 1 package from requirements.txt
                  │ ERROR: Could not find a version that satisfies the requirement mayfly-no-such-package==9.9 (from versions: none)
                  │ ERROR: No matching distribution found for mayfly-no-such-package==9.9
                error: requirements.txt:2 cannot be installed: mayfly-no-such-package==9.9
                  ERROR: No matching distribution found for mayfly-no-such-package==9.9
                  fix: change requirements.txt:2
                """);
        mistakes.leftNothingOf("packages");
    }

    @Test
    void a_python_that_is_too_old_is_told_with_every_python_that_was_found() throws IOException {
        var pinned = home.project("pinned", "api/hello.py", HELLO, ".python-version", "3.99\n");
        var required = home.project(
                "required",
                "api/hello.py",
                HELLO,
                "pyproject.toml",
                "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.99'\n");
        var ancient = home.project("ancient", "api/hello.py", HELLO, "mayfly.yaml", "build:\n  python: \"3.8\"\n");

        var found = "(    3\\.\\d+\\.\\d+  /\\S+(  \\(.+\\))?\n)+";
        for (var told : Map.of(
                        mistakes.refused(pinned),
                        new String[] {".python-version asks for Python 3.99", ".python-version"},
                        mistakes.refused(required),
                        new String[] {"pyproject.toml requires Python >=3.99", "requires-python in pyproject.toml"},
                        mistakes.refused(ancient),
                        new String[] {"the settings ask for Python 3.8", "build.python"})
                .entrySet()) {
            assertThat(told.getKey()).contains("    3.8.2  " + folder.resolve("python3") + "  (older than 3.9)\n");
            assertThat(told.getKey().replaceFirst(found, "FOUND\n"))
                    .isEqualTo("""
                    error: %s; found on this machine:
                    FOUND
                      fix: change %s, or install that Python where every user can reach it
                    """.formatted((Object[]) told.getValue()));
        }
        mistakes.leftNothingOf("pinned");
        mistakes.leftNothingOf("required");
        mistakes.leftNothingOf("ancient");
    }

    @Test
    void a_syntax_error_is_shown_with_its_line() throws IOException {
        var project = home.project("syntax", "api/hello.py", "import os\ndef f():\n    x = = 1\n");

        assertThat(mistakes.refused(project)).isEqualTo("""
                error: api/hello.py:3 syntax error: invalid syntax
                      x = = 1
                          ^
                  fix: correct api/hello.py line 3
                """);
        mistakes.leftNothingOf("syntax");
    }

    @Test
    void a_handler_that_raises_at_import_answers_500_with_the_reason_and_its_traceback_is_in_the_log()
            throws IOException {
        var url = home.deploy(
                home.project("raises", "api/hello.py", "import os\nWHERE = os.environ['NOT_SET']\n" + HELLO));

        var answer = Http.get(Http.join(url, "/api/hello"));

        assertThat(answer.statusCode()).isEqualTo(500);
        var id = answer.headers().firstValue("x-mayfly-request-id").orElseThrow();
        assertThat(answer.body()).isEqualTo("""
                api/hello could not start: KeyError: 'NOT_SET' (api/hello.py, line 2)
                mayfly logs raises --request %s

                function_start_failed (request %s)
                """.formatted(id, id));
        var logs = new String[1];
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            logs[0] = home.mayflyRun("logs", "raises", "--request", id).ok().out();
            return logs[0].contains("GET /api/hello 500");
        });
        assertThat(logs[0]).contains("""
                  Traceback (most recent call last):
                  File "api/hello.py", line 2, in <module>
                    WHERE = os.environ['NOT_SET']
                """);
        var invoked = home.mayflyRun("invoke", "raises", "/api/hello").failed();
        assertThat(mistakes.words(invoked.out())).isEqualTo("""
                api/hello could not start: KeyError: 'NOT_SET' (api/hello.py, line 2)
                mayfly logs raises --request REQUEST

                function_start_failed (request REQUEST)
                """);
    }

    @Test
    void where_nothing_is_the_real_paths_are_listed_in_the_form_that_is_accepted() throws IOException {
        var url = home.deploy(home.project("paths", "api/hello.py", HELLO, "api/users/[id].py", HELLO));

        var text = Http.get(url);
        var json =
                Http.send(Http.request(url).header("Accept", "application/json").build());
        var html = Http.send(
                Http.request(url).header("Accept", "text/html,*/*;q=0.8").build());

        assertThat(text.statusCode()).isEqualTo(404);
        assertThat(mistakes.words(text.body())).isEqualTo("""
                there is nothing at / of paths
                call one of its paths:
                  /api/hello
                  /api/users/[id]

                not_found (request REQUEST)
                """);
        assertThat(json.statusCode()).isEqualTo(404);
        assertThat(mistakes.words(json.body())).isEqualTo("""
                {"error":{"code":"not_found","message":"there is nothing at / of paths","fix":"call one of its paths",\
                "requestId":"REQUEST","paths":["/api/hello","/api/users/[id]"]}}
                """);
        assertThat(html.statusCode()).isEqualTo(404);
        assertThat(mistakes.words(html.body())).startsWith("<!doctype html>\n").endsWith("""
                <body><h1>404</h1>
                <pre>there is nothing at / of paths</pre>
                <pre>call one of its paths</pre>
                <ul>
                <li><a href="/api/hello">/api/hello</a></li>
                <li>/api/users/[id]</li>
                </ul>
                <p><small>not_found · request REQUEST</small></p></body></html>
                """);
        assertThat(mistakes.told(home.mayflyRun("invoke", "paths"), 1)).isEqualTo("""
                error: there is nothing at / of paths
                  fix: call one of its paths:
                       /api/hello
                       /api/users/[id]
                """);
    }
}
