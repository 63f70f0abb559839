package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Commands, settings and uploads that are wrong: each told in exactly these words and with its exit code, and nothing is left behind. */
class WrongCommandsTest {
    private static final String HELLO = Home.handler("self.say('hello')");
    private static final String MODE = "  functions mode: api/hello.py defines handler, Python 3.x\n";

    private static Mistakes mistakes;
    private static Home home;

    @BeforeAll
    static void start() throws IOException {
        mistakes = Mistakes.on(Map.of(), "--upload-limit", "1MiB");
        home = mistakes.home();
    }

    @AfterAll
    static void stop() throws IOException {
        mistakes.close();
    }

    @Test
    void an_unknown_key_of_mayfly_yaml_names_the_nearest() throws IOException {
        var typo = home.project(
                "typo", "api/hello.py", HELLO, "mayfly.yaml", "functions:\n  \"api/*.py\":\n    timeot: 3s\n");
        var broken = home.project("broken", "api/hello.py", HELLO, "mayfly.yaml", "functions:\n  a: [\n");

        assertThat(mistakes.refused(typo)).isEqualTo("""
                error: mayfly.yaml:3: unknown key timeot
                  fix: write timeout
                """);
        assertThat(mistakes.refused(broken)).isEqualTo("""
                error: mayfly.yaml:2 expected the node content, but found the end of the file
                  fix: correct the line
                """);
        mistakes.leftNothingOf("typo");
        mistakes.leftNothingOf("broken");
    }

    @Test
    void what_vercel_json_asks_for_and_nobody_honours_fails_by_name_unless_that_is_wished() throws IOException {
        var project = home.project(
                "wishes", "api/hello.py", HELLO, "vercel.json", "{\n\"crons\": [],\n\"redirects\": []\n}\n");

        assertThat(mistakes.refused(project)).isEqualTo("""
                error: vercel.json:2: crons is not supported yet
                  vercel.json:3: redirects is not supported yet
                  fix: remove them, or deploy with --ignore-unsupported to go without
                """);
        mistakes.leftNothingOf("wishes");
        var without = home.mayflyIn(project, "deploy", "--ignore-unsupported").ok();
        assertThat(mistakes.words(without.err())).isEqualTo("""
                warning: vercel.json:2: crons is not supported yet and was ignored
                warning: vercel.json:3: redirects is not supported yet and was ignored
                """ + MODE);
        assertThat(Http.get(Http.join(without.line(), "/api/hello")).body()).isEqualTo("hello");
    }

    @Test
    void an_upload_over_the_limit_is_refused() throws IOException {
        var project = home.project("heavy", "api/hello.py", HELLO);
        var noise = new byte[3 << 20];
        new Random(5).nextBytes(noise);
        Files.write(project.resolve("data.bin"), noise);

        assertThat(mistakes.refused(project)).isEqualTo("""
                error: the upload is larger than 1 MiB
                  fix: name in .mayflyignore what the functions do not need, or start the server with a larger --upload-limit
                """);
        mistakes.leftNothingOf("heavy");
        Files.writeString(project.resolve(".mayflyignore"), "data.bin\n");
        home.mayflyIn(project, "deploy").ok();
    }

    @Test
    void a_tar_with_anything_but_files_named_by_their_content_is_refused_and_nothing_of_it_stored() throws IOException {
        var before = blobs();

        for (var entry : Map.of(
                        tar("/etc/passwd", '0', "x"),
                        "tar entry: /etc/passwd (expected: 64 lower-case hexadecimal digits)",
                        tar("../../escape", '0', "x"),
                        "tar entry: ../../escape (expected: 64 lower-case hexadecimal digits)",
                        tar("a".repeat(64), '2', ""),
                        "tar entry " + "a".repeat(64) + ": not a regular file (expected: only regular files)",
                        tar("b".repeat(64), '1', ""),
                        "tar entry " + "b".repeat(64) + ": not a regular file (expected: only regular files)")
                .entrySet()) {
            var answer = upload(entry.getKey());

            assertThat(answer.statusCode()).isEqualTo(400);
            var error = Home.JSON.readTree(answer.body()).get("error");
            assertThat(error.get("code").asString()).isEqualTo("bad_request");
            assertThat(error.get("message").asString()).isEqualTo(entry.getValue());
        }
        var lie = upload(tar("c".repeat(64), '0', "not what its name says"));
        assertThat(lie.statusCode()).as(lie.body()).isEqualTo(400);
        assertThat(blobs()).isEqualTo(before);
        assertThat(home.folder.resolve("escape")).doesNotExist();
        assertThat(home.home().resolve("escape")).doesNotExist();
    }

    @Test
    void a_wrong_token_is_told_by_every_command() throws IOException {
        var project = home.project("token", "api/hello.py", HELLO);

        for (var command : new String[] {"ls", "deploy", "invoke token /"}) {
            var run =
                    home.sh("cd '" + project + "' && MAYFLY_TOKEN=x '" + Shell.ROOT.resolve("mayfly") + "' " + command);
            assertThat(mistakes.told(run, 1)).isEqualTo("""
                    error: MAYFLY_TOKEN is not valid here
                      fix: unset MAYFLY_TOKEN
                    """);
        }
        var json = home.sh("MAYFLY_TOKEN=x '" + Shell.ROOT.resolve("mayfly") + "' ls --json");
        assertThat(json.exit()).isEqualTo(1);
        assertThat(json.out()).isEqualTo("""
                {"error":{"code":"unauthorized","message":"MAYFLY_TOKEN is not valid here","fix":"unset MAYFLY_TOKEN"}}
                """);
        mistakes.leftNothingOf("token");
    }

    @Test
    void where_no_server_runs_the_command_that_starts_one_is_named() throws IOException {
        try (var nowhere = new Home()) {
            var run = nowhere.mayflyRun("ls", "--json").failed();

            assertThat(run.err()).isEqualTo("""
                    error: no server is running for ~/home
                      fix: mayfly up
                    """);
            assertThat(run.out()).isEqualTo("""
                    {"error":{"code":"failed","message":"no server is running for ~/home","fix":"mayfly up"}}
                    """);
            assertThat(nowhere.home()).doesNotExist();
        }
        var port = Home.freePort();
        assertThat(mistakes.told(home.mayflyRun("ls", "--server", "http://127.0.0.1:" + port), 1))
                .isEqualTo("""
                error: http://HOST:PORT does not answer
                  fix: check --server and MAYFLY_SERVER, or mayfly up
                """);
    }

    @Test
    void a_port_that_is_taken_and_a_home_that_is_taken() throws IOException {
        try (var other = new Home()) {
            var refused = other.mayflyRun("server", "--port", Integer.toString(home.port))
                    .failed();
            assertThat(refused.err().replaceAll("\\d{3,}", "N")).isEqualTo("""
                    error: port N is in use by pid N (java)
                      fix: mayfly server --port N
                    """);
        }
        var again = home.mayflyRun("server", "--port", Integer.toString(Home.freePort()))
                .failed();
        assertThat(mistakes.words(again.err()).replace(Long.toString(home.serverPid()), "PID"))
                .isEqualTo("""
                error: FOLDER/home is in use by another server, process PID
                  fix: mayfly down stops it; another MAYFLY_HOME runs beside it
                """);
    }

    @Test
    void a_project_that_is_not_there_leads_to_the_list() throws IOException {
        for (var command : new String[] {"url", "logs", "invoke", "usage", "coldstarts"}) {
            assertThat(mistakes.told(home.mayflyRun(command, "nobody"), 1)).isEqualTo("""
                    error: there is no project nobody
                      fix: mayfly ls
                    """);
        }
        for (var command : new String[][] {{"inspect", "nobody"}, {"rm", "nobody", "--yes"}}) {
            assertThat(mistakes.told(home.mayflyRun(command), 1)).isEqualTo("""
                    error: there is no project or deployment nobody
                      fix: mayfly ls
                    """);
        }
        var json = home.mayflyRun("url", "nobody", "--json").failed();
        assertThat(json.out()).isEqualTo("""
                {"error":{"code":"project_not_found","message":"there is no project nobody","fix":"mayfly ls"}}
                """);
        mistakes.leftNothingOf("nobody");
    }

    @Test
    void a_bad_name_and_a_wrong_command_line_exit_with_2() throws IOException {
        var project = home.project("named", "api/hello.py", HELLO);

        assertThat(mistakes.told(home.mayflyIn(project, "deploy", "--name", "Bad Name!"), 2))
                .isEqualTo("""
                error: project name: Bad Name! (expected: 1 to 50 of a-z, 0-9 and single '-', starting and ending with a letter or digit)
                  fix: --name bad-name
                """);
        assertThat(mistakes.told(home.mayflyRun("deply"), 2)).isEqualTo("""
                error: there is no command deply
                  fix: mayfly deploy
                """);
        assertThat(mistakes.told(home.mayflyRun("deploy", "--nope"), 2)).isEqualTo("""
                error: mayfly deploy has no option --nope
                  fix: mayfly deploy --help
                """);
        assertThat(mistakes.told(home.mayflyRun("ls", "more"), 2)).isEqualTo("""
                error: more is one word too many for mayfly ls
                  fix: mayfly ls --help
                """);
        var json = home.mayflyRun("deploy", "--nope", "--json");
        assertThat(json.exit()).isEqualTo(2);
        assertThat(json.out()).isEqualTo("""
                {"error":{"code":"usage","message":"mayfly deploy has no option --nope","fix":"mayfly deploy --help"}}
                """);
        assertThat(mistakes.told(home.mayflyRun("deploy", "not-here"), 1)).isEqualTo("""
                error: there is no FOLDER/projects/not-here
                  fix: mayfly deploy DIR, or mayfly deploy FILE
                """);
        mistakes.leftNothingOf("named");
        mistakes.leftNothingOf("bad-name");
    }

    private static List<String> blobs() throws IOException {
        try (var walk = Files.walk(home.home().resolve("artifacts/blobs"))) {
            return walk.filter(Files::isRegularFile)
                    .map(Object::toString)
                    .sorted()
                    .toList();
        }
    }

    private static HttpResponse<String> upload(byte[] tar) throws IOException {
        return Http.send(Http.request("http://127.0.0.1:" + home.port + "/mayfly/v1/blobs")
                .header("Authorization", "Bearer " + home.token())
                .header("Content-Type", "application/x-tar")
                .POST(BodyPublishers.ofByteArray(tar))
                .build());
    }

    /** One entry and the end mark, by the ustar interchange format of POSIX.1-1988. */
    private static byte[] tar(String name, char type, String content) {
        var data = content.getBytes(StandardCharsets.UTF_8);
        var header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644\0" + "0000000\0" + "0000000\0");
        put(header, 124, String.format(Locale.ROOT, "%011o\0%011o\0", data.length, 0));
        Arrays.fill(header, 148, 156, (byte) ' ');
        header[156] = (byte) type;
        put(header, 157, type == '0' ? "" : "/etc/passwd");
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xFF;
        }
        put(header, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
        var out = new ByteArrayOutputStream();
        out.writeBytes(header);
        out.writeBytes(Arrays.copyOf(data, (data.length + 511) / 512 * 512));
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    private static void put(byte[] header, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
