package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeployTest {
    private static final String READY = """
            {"type":"step","text":"Found api/hello.py"}
            {"type":"output","text":"Collecting requests"}
            {"type":"warning","text":"regions is ignored here"}
            {"type":"ready","deployment":{"id":"abcdefghjk","url":"http://127.0.0.1:7102/","production":PRODUCTION},\
            "project":{"name":"hello","url":"http://127.0.0.1:7101/"}}
            """;

    @TempDir
    private Path root = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private FakeServer server;

    @SuppressWarnings("NullAway.Init")
    private Typist typist;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        typist = new Typist(root).servedBy(server.url(), FakeServer.TOKEN);
        typist.file("api/hello.py", "hello").file("same.py", "hello").file("index.html", "<p>");
        serverLacks("hello", "<p>");
        server.answer("POST /blobs", "{\"stored\":2}");
        builds("true");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void serverLacks(String... contents) {
        var digests = java.util.Arrays.stream(contents)
                .map(text -> Digest.of(text).hex())
                .toList();
        server.answer("POST /blobs/missing", Json.write(Map.of("missing", digests)));
    }

    private void builds(String production) {
        server.answer("POST /projects/hello/deployments", READY.replace("PRODUCTION", production));
    }

    private Map<String, byte[]> uploaded() throws IOException {
        var uploads = server.requests().stream()
                .filter(request -> request.path().equals("/blobs"))
                .toList();
        assertThat(uploads).hasSize(1);
        return TarWriterTest.read(uploads.getFirst().body());
    }

    @Test
    void the_url_is_all_that_goes_to_standard_output() {
        var outcome = typist.type("deploy");
        assertThat(outcome).isEqualTo(new Typist.Outcome(0, "http://127.0.0.1:7101/\n", """
                  Uploading 2 files, 8 B
                  Found api/hello.py
                  │ Collecting requests
                warning: regions is ignored here
                """));
    }

    @Test
    void a_preview_has_its_own_url() {
        builds("false");
        assertThat(typist.type("deploy").out()).isEqualTo("http://127.0.0.1:7102/\n");
    }

    @Test
    void contents_the_server_has_are_not_sent_again() throws IOException {
        serverLacks("<p>");
        typist.type("deploy");
        assertThat(uploaded()).containsOnlyKeys(Digest.of("<p>").hex());
    }

    @Test
    void every_content_is_sent_once_under_its_digest() throws IOException {
        typist.type("deploy");
        var sent = uploaded();
        assertThat(sent).hasSize(2);
        sent.forEach((name, content) -> assertThat(Digest.of(content).hex()).isEqualTo(name));
        assertThat(sent.values())
                .extracting(content -> new String(content, StandardCharsets.UTF_8))
                .containsExactlyInAnyOrder("hello", "<p>");
    }

    @Test
    void nothing_is_uploaded_when_the_server_has_it_all() {
        serverLacks();
        var outcome = typist.type("deploy");
        assertThat(outcome.err()).doesNotContain("Uploading");
        assertThat(server.requests()).noneMatch(request -> request.path().equals("/blobs"));
    }

    @Test
    void what_was_asked_for_reaches_the_builder() throws IOException {
        typist.file(".venv/pyvenv.cfg", "");
        typist.type("deploy", "--prod", "--set", "memory=256MiB", "--ignore-unsupported");
        var request = server.request("POST", "/projects/hello/deployments").json();
        assertThat(request.flag("production")).isTrue();
        assertThat(request.flag("ignoreUnsupported")).isTrue();
        assertThat(request.object("settings").text("memory")).isEqualTo("256MiB");
        assertThat(request.texts("skipped")).containsExactly(".venv");
        assertThat(request.objects("files"))
                .extracting(file -> file.text("path"))
                .containsExactly("api/hello.py", "index.html", "same.py");
        assertThat(request.objects("files").getFirst().text("sha256"))
                .isEqualTo(Digest.of("hello").hex());
    }

    @Test
    void variables_that_stay_behind_are_told() throws IOException {
        typist.file(".env", "A=1\nB=2\n# C\nexport D=4\n")
                .file(".env.example", "A=\n")
                .file(".env.local", "X=1\n");
        server.refuse("GET /projects/hello/env", 404, "project_not_found", "there is no project hello", "mayfly ls");
        assertThat(typist.type("deploy").err()).startsWith("""
                3 variables not sent: `mayfly env import .env`
                1 variable not sent: `mayfly env import .env.local`
                """);
    }

    @Test
    void variables_that_the_project_has_are_not_told() throws IOException {
        typist.file(".env", "A=1\nB=2\n").file(".env.local", "A=1\n");
        server.answer("GET /projects/hello/env", "{\"names\":[\"A\"]}");
        assertThat(typist.type("deploy").err())
                .startsWith("1 variable not sent: `mayfly env import .env`\n")
                .doesNotContain(".env.local");
    }

    @Test
    void a_failed_build_tells_the_servers_words_and_prints_no_url() {
        server.answer("POST /projects/hello/deployments", """
                {"type":"step","text":"Reading"}
                {"type":"error","error":{"code":"build_failed","message":"nothing to deploy\\nlooked for api/**/*.py",\
                "fix":"add api/hello.py","requestId":"1"}}
                """);
        assertThat(typist.type("deploy")).isEqualTo(new Typist.Outcome(1, "", """
                  Uploading 2 files, 8 B
                  Reading
                error: nothing to deploy
                  looked for api/**/*.py
                  fix: add api/hello.py
                """));
    }

    @Test
    void a_server_that_dies_in_the_middle_of_a_build_is_told() {
        server.answer("POST /projects/hello/deployments", "{\"type\":\"step\",\"text\":\"Reading\"}\n");
        var outcome = typist.type("deploy");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).endsWith("""
                error: the server stopped in the middle of the build
                  fix: mayfly doctor, then deploy again
                """);
    }

    @Test
    void an_upload_over_the_limit_is_the_servers_word() {
        server.refuse(
                "POST /blobs",
                413,
                "payload_too_large",
                "upload: 8 B (expected: <= 4 B)",
                "add what is big to .mayflyignore");
        assertThat(typist.type("deploy").err()).endsWith("""
                error: upload: 8 B (expected: <= 4 B)
                  fix: add what is big to .mayflyignore
                """);
    }

    @Test
    void one_file_is_a_project_of_its_own() throws IOException {
        typist.file("My_Script.py", "script");
        server.answer("POST /projects/my-script/deployments", READY.replace("PRODUCTION", "true"));
        assertThat(typist.type("deploy", "My_Script.py").code()).isZero();
        var request = server.request("POST", "/projects/my-script/deployments").json();
        assertThat(request.objects("files"))
                .extracting(file -> file.text("path"))
                .containsExactly("My_Script.py");
    }

    @Test
    void a_given_name_is_remembered_by_the_folder() throws IOException {
        server.answer("POST /projects/other/deployments", READY.replace("PRODUCTION", "true"));
        server.answer("GET /projects/other", "{\"name\":\"other\",\"url\":\"http://127.0.0.1:7105/\"}");
        typist.type("deploy", "--name", "other");
        assertThat(typist.type("url").out()).isEqualTo("http://127.0.0.1:7105/\n");
        assertThat(Files.readString(typist.folder().resolve(".mayfly/project"))).isEqualTo("other\n");
    }

    @Test
    void a_name_that_cannot_be_one_is_answered_with_the_nearest() {
        assertThat(typist.type("deploy", "--name", "My App")).isEqualTo(new Typist.Outcome(2, "", """
                error: project name: My App (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)
                  fix: --name my-app
                """));
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void what_is_not_there_cannot_be_deployed() {
        assertThat(typist.type("deploy", "nosuch")).isEqualTo(new Typist.Outcome(1, "", """
                error: there is no %s
                  fix: mayfly deploy DIR, or mayfly deploy FILE
                """.formatted(
                        typist.folder().resolve("nosuch"))));
    }

    @Test
    void a_home_directory_is_no_project() {
        assertThat(typist.type("deploy", "..").err())
                .isEqualTo("""
                error: %s is not a project's folder
                  fix: cd to the folder that holds the code
                """.formatted(typist.folder().getParent()));
    }

    @Test
    void json_says_it_all() {
        var answer = Json.object(typist.type("deploy", "--json").out());
        assertThat(answer.text("url")).isEqualTo("http://127.0.0.1:7101/");
        assertThat(answer.object("deployment").text("id")).isEqualTo("abcdefghjk");
        assertThat(List.of(answer.object("project").text("name"))).containsExactly("hello");
    }
}
