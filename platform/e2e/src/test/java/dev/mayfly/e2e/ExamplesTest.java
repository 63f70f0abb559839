package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The folders of {@code examples/}, deployed and called as their README says. */
class ExamplesTest {
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @Test
    void hello_greets() {
        var url = deploy("python-hello");

        assertThat(Http.get(Http.join(url, "/api/hello")).body()).isEqualTo("Hello, world!\n");
        assertThat(Http.get(Http.join(url, "/api/hello?name=Ada")).body()).isEqualTo("Hello, Ada!\n");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> home.mayflyRun("logs", "python-hello").ok().out().contains("greeting Ada"));
    }

    @Test
    void a_script_that_starts_its_own_server_is_served_unmodified() {
        var run = home.mayflyIn(Shell.ROOT, "deploy", "examples/python-script", "--prod")
                .ok();

        assertThat(run.err()).contains("script");
        var answer = Http.get(Http.join(run.line(), "/any/path?q=1"));
        assertThat(answer.body()).isEqualTo("path: /any/path?q=1\nmethod: GET\n");
        assertThat(Http.get(Http.join(run.line(), "/again")).body()).contains("/again");
    }

    @Test
    void a_single_file_can_be_deployed() {
        var run = home.mayflyIn(Shell.ROOT, "deploy", "examples/python-script/server.py", "--name", "one-file")
                .ok();

        assertThat(Http.get(Http.join(run.line(), "/x")).body()).startsWith("path: /x");
    }

    @Test
    void a_function_calls_the_json_api_of_another() {
        var cities = deploy("python-cities");
        assertThat(Http.get(Http.join(cities, "/")).body()).contains("<h1>Cities</h1>");
        assertThat(Http.get(Http.join(cities, "/api/cities/oslo")).body()).contains("Norway");
        assertThat(Http.get(Http.join(cities, "/api/cities/nowhere")).statusCode())
                .isEqualTo(404);
        var requests = deploy("python-requests");
        home.mayflyRun("env", "set", "-p", "python-requests", "CITIES_URL=" + cities)
                .ok();

        var answer = Http.get(Http.join(requests, "/api/capital?city=perth"));

        assertThat(answer.body()).isEqualTo("Perth is in Australia and has 2,193,000 people.\n");
    }

    @Test
    void flask_serves_routes_json_and_a_stream() throws Exception {
        var url = deploy("python-flask");

        assertThat(Http.get(url).body()).startsWith("A notebook");
        var made = Http.post(Http.join(url, "/notes"), "application/json", "{\"text\": \"buy milk\"}");
        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(Http.get(Http.join(url, "/notes")).body()).contains("buy milk");
        assertThat(Http.post(Http.join(url, "/notes"), "application/json", "[]").statusCode())
                .isEqualTo(400);
        assertThat(Http.get(Http.join(url, "/count/3")).body()).isEqualTo("1\n2\n3\n");
        assertThat(Http.get(Http.join(url, "/nowhere")).statusCode()).isEqualTo(404);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> home.mayflyRun("logs", "python-flask").ok().out().contains("a note of 8 characters"));
    }

    @Test
    void fastapi_serves_routes_json_a_stream_and_background_tasks() {
        var url = deploy("python-fastapi");

        var placed = Http.post(Http.join(url, "/orders"), "application/json", "{\"item\": \"tea\", \"count\": 2}");
        assertThat(placed.statusCode()).isEqualTo(201);
        assertThat(Http.get(Http.join(url, "/orders/1")).body()).contains("tea");
        assertThat(Http.post(Http.join(url, "/orders"), "application/json", "{}")
                        .statusCode())
                .isEqualTo(422);
        var ticks = Http.getLater(Http.join(url, "/ticks/3")).join();
        assertThat(ticks.body()).isEqualTo("tick 1\ntick 2\ntick 3\n");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> home.mayflyRun("logs", "python-fastapi").ok().out().contains("order 1 is packed"));
    }

    @Test
    void the_printed_url_works_with_plain_requests_from_a_shell_and_inside_a_function() throws IOException {
        var url = deploy("python-hello");
        home.sh(
                        "/usr/bin/python3 -m pip install -q --target pkgs requests==2.32.5 || python3 -m pip install -q --target pkgs requests==2.32.5")
                .ok();

        var shell = home.sh(
                "PYTHONPATH=pkgs python3 -c \"import requests; print(requests.get('" + url + "api/hello').text)\"");

        assertThat(shell.ok().out()).startsWith("Hello, world!");
        var caller = home.deploy(home.project(
                "caller",
                "api/call.py",
                Home.handler("import urllib.request\nself.say(urllib.request.urlopen('" + url
                        + "api/hello').read().decode())")));
        assertThat(Http.get(Http.join(caller, "/api/call")).body()).isEqualTo("Hello, world!\n");
    }

    @Test
    void a_node_server_is_found_on_the_port_it_chose_itself() {
        var url = deploy("node-server");

        assertThat(Http.get(Http.join(url, "/?name=Ada")).body()).startsWith("Hello, Ada, from Node v");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> home.mayflyRun("logs", "node-server").ok().out().contains("listening on port 3000"));
    }

    @Test
    void a_program_in_shell_and_perl_sees_a_world_of_its_own() {
        var url = deploy("provided-shell");

        var answer = Http.get(Http.join(url, "/some/path"));

        assertThat(answer.body()).startsWith("Hello from sh on ").contains("path: /some/path\n", "user: mayfly\n");
    }

    @Test
    void a_script_of_any_language_is_served_whatever_port_it_names() throws IOException {
        var file = home.project("lesson", "lesson.pl", """
                use strict; use IO::Socket::INET;
                my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 4567, Listen => 5, ReuseAddr => 1) or die $!;
                while (my $client = $server->accept) {
                  my $line = <$client>;
                  while (my $header = <$client>) { last if $header =~ /^\\r?$/ }
                  my $body = "perl saw $line";
                  print $client "HTTP/1.0 200 OK\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n" . $body;
                  close $client;
                }
                """).resolve("lesson.pl");

        var url = home.mayflyRun("deploy", file.toString(), "--prod").ok().line();

        assertThat(Http.get(Http.join(url, "/a?b=c")).body()).startsWith("perl saw GET /a?b=c HTTP/1.1");
        assertThat(Http.get(Http.join(url, "/again")).statusCode()).isEqualTo(200);
    }

    private static String deploy(String example) {
        return home.mayflyIn(Shell.ROOT, "deploy", "examples/" + example, "--prod")
                .ok()
                .line();
    }
}
