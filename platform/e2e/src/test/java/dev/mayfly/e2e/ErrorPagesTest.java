package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What whoever opens the URL of a function that fails is shown: everything in development, in production nothing that its author did not answer. */
class ErrorPagesTest {
    private static final String HTML = "text/html,application/xhtml+xml,*/*;q=0.8";

    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("errors.md", 7);
    }

    @Test
    void what_a_function_said_of_its_failure_is_shown_where_the_server_is_told_to_and_nothing_of_it_otherwise()
            throws IOException {
        try (var home = new Home()) {
            home.mayflyStart(home.projects, "server", "--show-tracebacks");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(home.home().resolve("server.json")));
            var url = home.deploy(failures(home));
            development(home, url);
            home.mayflyRun("down").ok();

            home.startServer();
            production(url);
        }
    }

    private static void development(Home home, String url) {
        var raised = get(url, "/api/raises", "text/plain");
        assertThat(raised.statusCode()).isEqualTo(500);
        assertThat(raised.body())
                .contains("""
                    the function api/raises failed
                    """)
                .contains("""
                    --show-tracebacks:
                    Traceback (most recent call last):
                      File "api/raises.py", line 8, in do_GET
                    """)
                .contains("ValueError: </pre><script>alert(1)</script>·[31m \\udcff")
                .doesNotContain("\u001b");
        var inBrowser = get(url, "/api/raises", HTML);
        assertThat(inBrowser.body())
                .contains("Traceback (most recent call last):\n  File &quot;api/raises.py&quot;, line 8")
                .contains("&lt;script&gt;alert(1)")
                .doesNotContain("<script", "\u001b");
        var json =
                Home.JSON.readTree(get(url, "/api/raises", "application/json").body());
        var id = json.path("error").path("requestId").asString("");
        assertThat(json.path("error").path("traceback").asString(""))
                .startsWith("Traceback (most recent call last):\n  File \"api/raises.py\"")
                .endsWith("</script>\u001b[31m \\udcff");
        assertThat(home.mayflyRun("logs", "failures", "--request", id).ok().out())
                .contains("File \"api/raises.py\", line 8, in do_GET");

        assertThat(get(url, "/api/wsgi", "text/plain").body()).contains("function_failed", "KeyError: 'of wsgi'");
        assertThat(get(url, "/api/asgi", "text/plain").body()).contains("function_failed", "KeyError: 'of asgi'");
        assertThat(get(url, "/api/broken", "text/plain").body())
                .contains("function_start_failed", "File \"api/broken.py\", line 1, in <module>");
        assertThat(get(url, "/api/crashes", "text/plain").body()).contains("function_failed", "\nlast words\n");
        assertThat(get(url, "/api/late", "text/plain").body()).contains("function_timeout", "\nstill here\n");
        var huge = get(url, "/api/huge", "text/plain");
        assertThat(huge.body()).contains("…\n", "xxx", "function_failed").hasSizeBetween(30_000, 40_000);

        assertThat(get(url, "/api/nowhere", "text/plain").body()).doesNotContain("error output");
    }

    private static void production(String url) {
        for (var accept : List.of(HTML, "application/json", "text/plain")) {
            hasNothing(get(url, "/api/raises", accept));
        }
        for (var name : List.of("wsgi", "broken", "crashes")) {
            hasNothing(get(url, "/api/" + name, "application/json"));
        }
    }

    private static void hasNothing(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body())
                .contains("function_")
                .doesNotContain("Traceback", "traceback", "do_GET", "script", "of wsgi", "last words");
    }

    private static Path failures(Home home) throws IOException {
        return home.project(
                "failures",
                "api/raises.py",
                Home.handler("raise ValueError('</pre><script>alert(1)</script>\\x1b[31m \\udcff')"),
                "api/wsgi.py",
                "def app(environ, start_response):\n    raise KeyError('of wsgi')\n",
                "api/asgi.py",
                "async def app(scope, receive, send):\n    if scope['type'] == 'http':\n        raise KeyError('of asgi')\n",
                "api/broken.py",
                "raise RuntimeError('as it is loaded')\n" + Home.handler("pass"),
                "api/crashes.py",
                Home.handler("print('last words', file=sys.stderr)\nos._exit(3)"),
                "api/late.py",
                Home.handler("print('still here', file=sys.stderr)\ntime.sleep(60)"),
                "api/huge.py",
                Home.handler("raise ValueError('x' * (10 << 20))"),
                "mayfly.yaml",
                "functions:\n  api/late:\n    timeout: 700ms\n");
    }

    private static HttpResponse<String> get(String url, String path, String accept) {
        return Http.send(
                Http.request(Http.join(url, path)).header("Accept", accept).build());
    }
}
