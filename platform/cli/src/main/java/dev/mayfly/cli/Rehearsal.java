package dev.mayfly.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs every usual command once in one process, for the AOT caches of the command line and of the server it starts, and calls so many functions for
 * the first time that the server's cache says what to compile for that: each start alone would run interpreted, since starts are rare.
 */
final class Rehearsal {
    private static final int FUNCTIONS = 150;
    /** So that the next one finds a worker in the pool, most of the time. */
    private static final long PAUSE_MILLIS = 60;

    private static final String FUNCTION = """
            from http.server import BaseHTTPRequestHandler


            class handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    print("hello")
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"hello")
            """;

    private Rehearsal() {}

    /**
     * Plays it.
     *
     * @param arguments a folder to make the rehearsed project in
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var project = Path.of(arguments[0]);
        Files.createDirectories(project.resolve("api"));
        Files.writeString(project.resolve("api/hello.py"), FUNCTION);
        for (int i = 0; i < FUNCTIONS; i++) {
            Files.writeString(project.resolve("api/hello" + i + ".py"), FUNCTION);
        }
        Files.writeString(project.resolve("index.html"), "<p>hello</p>\n");
        Files.writeString(project.resolve("mayfly.yaml"), """
                functions:
                  "api/*.py":
                    idleTimeout: 1s
                """);
        int port = freePort();
        run(
                "version",
                "up --detach --name rehearsal --port " + port + " " + project,
                "deploy --name rehearsal " + project,
                "ls",
                "ls --json",
                "ps",
                "inspect rehearsal",
                "url rehearsal",
                "invoke rehearsal /api/hello");
        for (int i = 0; i < FUNCTIONS; i++) {
            call(port, "/api/hello" + i);
            call(port, "/api/hello" + i); // and once while it is there
            Thread.sleep(PAUSE_MILLIS);
        }
        run(
                "logs rehearsal",
                "usage",
                "coldstarts rehearsal",
                "env ls --project rehearsal",
                "domains ls",
                "doctor",
                "no-such-command",
                "rm rehearsal --yes",
                "down");
    }

    private static void run(String... lines) {
        for (var line : lines) {
            Main.run(line.split(" ", -1));
        }
    }

    /** As a browser does it for the first time: over a new connection. What it answers matters to nobody. */
    private static void call(int port, String path) throws IOException {
        try (var connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var request =
                    "GET " + path + " HTTP/1.1\r\nhost: rehearsal.localhost:" + port + "\r\nconnection: close\r\n\r\n";
            connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            connection.getInputStream().readAllBytes();
        }
    }

    /** Has the caches of this build made in the background where the script says that there are none; whether that works matters to nobody. */
    static void begin(Surroundings surroundings) {
        var train = surroundings.variable("MAYFLY_TRAIN");
        var setsid = Doctor.onPath(surroundings, "setsid");
        if (train.isEmpty() || setsid.isEmpty()) {
            return;
        }
        try {
            var run = Path.of(surroundings.variable("MAYFLY_RUN"));
            new ProcessBuilder(setsid.get().toString(), train, run.toString())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(run.resolve("train.log").toFile())
                    .start();
        } catch (IOException e) {
            // starts stay as slow as they are
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
