package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/**
 * A hostile function against the boundary, from wherever its instance was started: each attempt fails in its sandbox, and the same attempt, made
 * outside of it by root, succeeds; so a barrier is told apart from a broken attempt.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HostileFunction {
    /** What cannot be had on every machine, for root neither; inside it must fail all the same. */
    private static final List<String> WITHOUT_CONTROL = List.of(
            "read_the_memory_of_the_kernel",
            "open_the_sysrq_trigger",
            "open_the_disk",
            "read_the_environment_of_pid_1");

    private static final boolean IPV6 = Files.exists(Path.of("/proc/net/if_inet6"));
    private static final Path PROGRAM = Shell.ROOT.resolve("platform/e2e/src/test/resources/attempts/api/attempt.py");

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final String abstractName =
            "mayfly-attempt-" + ThreadLocalRandom.current().nextInt(1_000_000);
    private final Map<Attempt, JsonNode> controls = new HashMap<>();
    private Rungs rungs;
    private final List<Place> places = new ArrayList<>();
    private TestHost beside;
    private Process neighbour;
    private ServerSocket onLoopback;
    private ServerSocket onLoopback6;
    private ServerSocket onCable;

    /** Where instances of a hostile function were started from. */
    private record Place(String rung, Home home, String url) {}

    /** A home whose server does not run yet, as the user that this is about. */
    abstract Home home(String serverOptions) throws IOException;

    @BeforeAll
    void start() throws IOException {
        rungs = closing(new Rungs(this::home));
        beside = closing(new TestHost());
        onLoopback = closing(new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})));
        onLoopback6 = closing(new ServerSocket());
        if (IPV6) {
            onLoopback6.bind(new InetSocketAddress(
                    InetAddress.getByAddress(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 0));
        }
        onCable = closing(new ServerSocket());
        onCable.bind(new InetSocketAddress(beside.ourAddress(), 0));
        for (var home : rungs.homes()) {
            var other = home.project(
                    "other",
                    "api/f.py",
                    Home.handler("self.say('other')"),
                    "mayfly.yaml",
                    ServerlessTest.settings("idleTimeout: 10m"));
            Http.get(Http.join(home.deploy(other), "/api/f"));
        }
        for (var rung : Rungs.ALL) {
            places.add(new Place(
                    rung,
                    rungs.home(rung),
                    rungs.deploy(rung, "attempts-" + rung, "api/attempt.py", Files.readString(PROGRAM))));
            rungs.ready(rung);
            rungs.cameFrom(rung, asked(places.getLast(), new Attempt("hold_a_capability", "")));
        }
        var home = rungs.homes().getFirst();
        neighbour = home.start(List.of("sleep", "600"));
        closing(neighbour::destroyForcibly);
        var abstractSocket = home.start(List.of(
                "python3",
                "-c",
                "import socket,sys;s=socket.socket(socket.AF_UNIX);s.bind('\\0" + abstractName
                        + "');s.listen(50);sys.stdin.read()"));
        closing(abstractSocket::destroyForcibly);
    }

    private <T extends AutoCloseable> T closing(T opened) {
        open.push(opened);
        return opened;
    }

    @AfterAll
    void stop() throws Exception {
        Exception failure = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private record Attempt(String name, String target) {}

    /** One attempt for each target that it makes sense with. */
    private List<Attempt> attempts(Home home) throws IOException {
        var run = runtimeDirectory(home);
        var targets = new ArrayList<Attempt>();
        targets.add(new Attempt(
                "read_a_file_of_the_host", home.home().resolve("token").toString()));
        targets.add(new Attempt(
                "read_a_file_of_the_host", home.home().resolve("mayfly.db").toString()));
        targets.add(new Attempt("read_a_file_of_the_host", codeOfOther(home).toString()));
        targets.add(new Attempt("list_a_folder_of_the_host", home.home().toString()));
        targets.add(new Attempt("list_a_folder_of_the_host", run.toString()));
        targets.add(new Attempt("write_a_folder", home.home().toString()));
        targets.add(new Attempt("climb_out_by_descriptors", run.toString()));
        targets.add(new Attempt("see_the_hosts_processes", Long.toString(home.serverPid())));
        targets.add(new Attempt("signal_a_process_of_the_host", Long.toString(home.serverPid())));
        for (var name :
                List.of("read_the_environment_of_another", "trace_another_process", "read_the_memory_of_another")) {
            targets.add(new Attempt(name, Long.toString(neighbour.pid())));
        }
        targets.add(new Attempt(
                "connect_to_a_unix_socket", run.resolve("launcher.sock").toString()));
        targets.add(new Attempt("connect_to_a_unix_socket", socketOfOther(run).toString()));
        targets.add(new Attempt("connect_to_an_abstract_socket", abstractName));
        targets.add(new Attempt("connect_by_tcp", "127.0.0.1:" + onLoopback.getLocalPort()));
        if (IPV6) {
            targets.add(new Attempt("connect_by_tcp", "[::1]:" + onLoopback6.getLocalPort()));
            targets.add(new Attempt("connect_by_tcp", "[::ffff:127.0.0.1]:" + onLoopback.getLocalPort()));
        }
        targets.add(new Attempt("connect_by_tcp", beside.ourAddress() + ":" + onCable.getLocalPort()));
        targets.add(new Attempt("connect_by_tcp", beside.address() + ":80"));
        targets.add(new Attempt("connect_by_tcp", TestHost.METADATA + ":80"));
        targets.add(new Attempt("ask_by_udp", beside.address() + ":80"));
        var status = "http://127.0.0.1:%d/mayfly/v1/projects %s".formatted(home.port, home.token());
        targets.add(new Attempt("ask_the_management", status));
        targets.add(new Attempt("ask_the_management", status.replace("127.0.0.1", "localhost")));
        for (var name : names()) {
            if (targets.stream().noneMatch(attempt -> attempt.name.equals(name))) {
                targets.add(new Attempt(name, ""));
            }
        }
        return targets;
    }

    private static List<String> names() throws IOException {
        var lines = Files.readAllLines(PROGRAM);
        var names = new ArrayList<String>();
        for (int i = 1; i < lines.size(); i++) {
            if (lines.get(i - 1).equals("@attempt")) {
                names.add(lines.get(i).replaceAll("def (\\w+)\\(.*", "$1"));
            }
        }
        return names;
    }

    @TestFactory
    Stream<DynamicNode> no_attempt_reaches_what_it_is_after() throws IOException {
        var all = new ArrayList<DynamicNode>();
        for (var place : places) {
            var attempts = attempts(place.home);
            assertThat(attempts.stream().filter(attempt -> !WITHOUT_CONTROL.contains(attempt.name)))
                    .hasSizeGreaterThan(40);
            var tests = attempts.stream()
                    .map(attempt -> DynamicTest.dynamicTest(
                            place.rung + ": " + attempt.name.replace('_', ' ') + " "
                                    + attempt.target.replaceAll(" .*", ""),
                            () -> fails(place, attempt)));
            var after = DynamicTest.dynamicTest(place.rung + ": all of them came from there", () -> allFrom(place));
            all.add(DynamicContainer.dynamicContainer(place.rung, Stream.concat(tests, Stream.of(after))));
        }
        return all.stream();
    }

    /** An instance that did not survive its attempts was followed by one from the same rung. */
    private static void allFrom(Place place) {
        var report = place.home.json("coldstarts", "attempts-" + place.rung).get("rungs");
        assertThat(report.valueStream()
                        .filter(each -> each.get("function").asString().equals("api/attempt"))
                        .map(each -> each.get("rung").asString()))
                .containsExactly(place.rung);
    }

    private void fails(Place place, Attempt attempt) {
        var inside = inside(place, attempt);
        assertThat(inside.get("reached").asBoolean()).as("inside: %s", inside).isFalse();
        assertThat(inside.get("detail").asString()).doesNotStartWith("SLOW");
        if (!WITHOUT_CONTROL.contains(attempt.name)) {
            var outside = controls.computeIfAbsent(attempt, each -> outside(place.home, each));
            assertThat(outside.get("reached").asBoolean())
                    .as("control, outside: %s", outside)
                    .isTrue();
        }
    }

    private static HttpResponse<String> asked(Place place, Attempt attempt) {
        var query = "?name=" + attempt.name + "&target=" + URLEncoder.encode(attempt.target, StandardCharsets.UTF_8);
        return Http.get(Http.join(place.url, "/api/attempt" + query));
    }

    private static JsonNode inside(Place place, Attempt attempt) {
        var answer = asked(place, attempt);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Home.JSON.readTree(answer.body());
    }

    /** By root, and by the Python of the system, whose `pty` and `socket` know all that is tried. */
    private static JsonNode outside(Home home, Attempt attempt) {
        var command = List.of("/usr/bin/python3", PROGRAM.toString(), attempt.name, attempt.target);
        var leaving = new ArrayList<>(List.of("bash", "-c", "exec 9</dev/null; exec \"$@\"", "bash"));
        leaving.addAll(command);
        var run = new Shell(home.environment())
                .run(home.projects, attempt.name.equals("hold_more_descriptors") ? leaving : command);
        return Home.JSON.readTree(run.ok().out());
    }

    @Test
    void what_a_setting_opens_is_reached_and_what_it_does_not_is_named_in_the_log() throws IOException {
        var place = places.getFirst();
        var home = place.home;
        var project = home.project(
                "opened",
                "api/attempt.py",
                Files.readString(PROGRAM),
                "mayfly.yaml",
                "functions:\n  \"api/attempt\":\n    egress: [" + beside.address() + "/32]\n");
        var there = home.deploy(project);
        var target = beside.address() + ":80";

        var opened = Http.get(Http.join(there, "/api/attempt?name=connect_by_tcp&target=" + target));
        var refused = inside(place, new Attempt("connect_by_tcp", target));

        assertThat(opened.body()).contains("\"reached\": true");
        assertThat(refused.get("detail").asString()).isEqualTo("ECONNREFUSED");
        await().untilAsserted(() -> assertThat(
                        home.mayflyRun("logs", "attempts-pool").ok().out())
                .contains(target + " refused: set egress: [" + beside.address() + "/32]"));
    }

    /** Where the server keeps the sockets of this home's instances. */
    private static Path runtimeDirectory(Home home) throws IOException {
        var key = Key.of(home.home());
        for (var place : List.of("/run", "/tmp")) {
            try (var found = Files.newDirectoryStream(Path.of(place), "mayfly-{,*-}" + key)) {
                for (var each : found) {
                    return each;
                }
            }
        }
        throw new AssertionError("this home has no runtime directory");
    }

    private static Path codeOfOther(Home home) throws IOException {
        try (var places = Stream.of(home.home().resolve("artifacts"), Path.of("/var/lib/mayfly"))
                .filter(Files::isDirectory)) {
            for (var place : places.toList()) {
                try (var files = Files.walk(place)) {
                    var found = files.filter(file -> file.endsWith("api/f.py")).findFirst();
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
        }
        throw new AssertionError("the code of the other function is nowhere");
    }

    /** The oldest: what is hostile came later, and may end before it was tried. */
    private static Path socketOfOther(Path run) throws IOException {
        try (var sockets = Files.walk(run)) {
            return sockets.filter(socket -> socket.endsWith("http.sock"))
                    .min(Comparator.comparingLong(socket -> socket.toFile().lastModified()))
                    .orElseThrow();
        }
    }
}
