package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A home in a temporary folder, with the command line that uses it. Closing it stops its server and proves that nothing is left. */
final class Home implements AutoCloseable {
    static final JsonMapper JSON = new JsonMapper();

    final Path folder;
    final Path projects;
    final int port;

    /** Where the ports of deployments begin: apart from other servers of this machine, which may take what a killed one leaves free. */
    private final int firstPort;

    private final String serverOptions;
    private final Shell shell;

    /** What turns a command into one of this home's user. */
    private final List<String> as;

    Home() throws IOException {
        this(Map.of());
    }

    Home(Map<String, String> more) throws IOException {
        this(more, List.of());
    }

    private Home(Map<String, String> more, List<String> as) throws IOException {
        this(more, as, "");
    }

    private Home(Map<String, String> more, List<String> as, String serverOptions) throws IOException {
        Shell.build();
        this.as = as;
        this.serverOptions = serverOptions;
        folder = Files.createTempDirectory("mayfly-e2e-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        projects = Files.createDirectory(folder.resolve("projects"));
        port = freePort();
        firstPort = 10_000 + ThreadLocalRandom.current().nextInt(20_000);
        var environment = new HashMap<>(more);
        environment.put("HOME", folder.toString());
        environment.put("MAYFLY_HOME", folder.resolve("home").toString());
        environment.putIfAbsent("MAYFLY_PORT", Integer.toString(port));
        environment.putAll(settings());
        shell = new Shell(environment);
    }

    /** A home of a user who is not root and owns nothing else; the test itself is root. */
    static Home ofOrdinaryUser() throws IOException {
        return ofOrdinaryUser("");
    }

    /** The same, with more for the command line of its server. */
    static Home ofOrdinaryUser(String serverOptions) throws IOException {
        var user = Integer.toString(ThreadLocalRandom.current().nextInt(300_000, 400_000));
        var as = List.of("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--");
        var home = new Home(Map.of(), as, serverOptions);
        for (var each : List.of(home.folder, home.projects)) {
            Files.setAttribute(each, "unix:uid", Integer.valueOf(user));
            Files.setAttribute(each, "unix:gid", Integer.valueOf(user));
        }
        return home;
    }

    boolean ofRoot() {
        return as.isEmpty();
    }

    /** A home with more for the command line of its server. */
    static Home withOptions(String serverOptions) throws IOException {
        return new Home(Map.of(), List.of(), serverOptions);
    }

    /** A home whose server runs. */
    static Home started() throws IOException {
        return new Home().startServer();
    }

    Home startServer() throws IOException {
        var log = folder.resolve("server.out").toFile();
        var builder = new ProcessBuilder(mayfly("server")).directory(folder.toFile());
        builder.environment().putAll(environment());
        builder.environment().put("HOME", folder.toString());
        builder.redirectOutput(log).redirectError(log).start();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Files.exists(home().resolve("server.json")));
        return this;
    }

    Map<String, String> environment() {
        var all = new HashMap<>(settings());
        all.put("MAYFLY_HOME", home().toString());
        all.put("MAYFLY_PORT", Integer.toString(port));
        return all;
    }

    /** No caches are made in the background, which would outlive the test. */
    private Map<String, String> settings() {
        return Map.of(
                "NO_COLOR",
                "1",
                "MAYFLY_AOT",
                "off",
                "MAYFLY_SERVER_OPTIONS",
                "--first-port " + firstPort + " " + serverOptions);
    }

    Path home() {
        return folder.resolve("home");
    }

    Run mayflyRun(String... arguments) {
        return shell.run(projects, mayfly(arguments));
    }

    Run mayflyIn(Path where, String... arguments) {
        return shell.run(where, mayfly(arguments));
    }

    Process mayflyStart(Path where, String... arguments) throws IOException {
        return shell.start(where, mayfly(arguments));
    }

    Process start(List<String> command) throws IOException {
        return shell.start(projects, command);
    }

    Run sh(String script) {
        return shell.run(projects, List.of("bash", "-c", script));
    }

    JsonNode json(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        return JSON.readTree(mayflyRun(all.toArray(String[]::new)).ok().out());
    }

    /** Writes a project's files: path, content, path, content… */
    Path project(String name, String... files) throws IOException {
        var root = projects.resolve(name);
        for (int i = 0; i < files.length; i += 2) {
            var file = root.resolve(files[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, files[i + 1]);
        }
        return root;
    }

    /** Deploys to production and answers the URL. */
    String deploy(Path project) {
        return mayflyIn(project, "deploy", "--prod").ok().line();
    }

    String token() throws IOException {
        return Files.readString(home().resolve("token")).strip();
    }

    long serverPid() throws IOException {
        return JSON.readTree(Files.readString(home().resolve("server.json")))
                .get("pid")
                .asLong();
    }

    /** Pids of everything that runs for functions of this home. */
    List<Long> instanceProcesses() {
        var pids = new ArrayList<Long>();
        for (var process : json("ps").get("processes")) {
            if (!process.path("instance").asString("").isEmpty()) {
                pids.add(process.get("pid").asLong());
            }
        }
        return pids;
    }

    void awaitZero() {
        await().atMost(Duration.ofSeconds(60)).until(() -> instanceProcesses().isEmpty());
    }

    /** A function's file: {@code class handler} with this body of {@code do_GET}. {@code ME} tells instances apart; in sandboxes pids do not. */
    static String handler(String body) {
        return """
                import json, os, sys, time
                from http.server import BaseHTTPRequestHandler

                ME = os.urandom(8).hex()

                class handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                %s
                    def say(self, text, status=200):
                        data = text.encode()
                        self.send_response(status)
                        self.send_header("Content-Length", str(len(data)))
                        self.end_headers()
                        self.wfile.write(data)
                """.formatted(body.indent(8).stripTrailing() + "\n");
    }

    @Override
    public void close() throws IOException {
        if (Files.exists(home().resolve("server.json"))) {
            long pid = serverPid();
            mayflyRun("down");
            await().atMost(Duration.ofSeconds(30))
                    .until(() ->
                            ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
        }
        assertThat(processesOfHome()).as("processes left by %s", home()).isEmpty();
        try (var walk = Files.walk(folder)) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                if (Files.isDirectory(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                    path.toFile().setWritable(true);
                }
            }
        }
        new ProcessBuilder("rm", "-rf", folder.toString())
                .inheritIO()
                .start()
                .onExit()
                .join();
    }

    /** Everything alive whose environment or command line names this home. */
    List<String> processesOfHome() throws IOException {
        var found = new ArrayList<String>();
        try (var pids = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var pid : pids) {
                try {
                    var text = Files.readString(pid.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1)
                            + Files.readString(pid.resolve("environ"), java.nio.charset.StandardCharsets.ISO_8859_1);
                    if (text.contains(home().toString())) {
                        found.add(pid.getFileName() + " " + text.substring(0, Math.min(text.length(), 120)));
                    }
                } catch (IOException gone) {
                    // the process ended, or is another user's
                }
            }
        }
        return found;
    }

    /** Below those that Linux gives to clients, any of which would else have it at the moment when a server starts. */
    static int freePort() {
        while (true) {
            int port = 10_000 + ThreadLocalRandom.current().nextInt(20_000);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // another
            }
        }
    }

    private List<String> mayfly(String... arguments) {
        var command = new ArrayList<>(as);
        command.add(Shell.ROOT.resolve("mayfly").toString());
        command.addAll(List.of(arguments));
        return command;
    }
}
