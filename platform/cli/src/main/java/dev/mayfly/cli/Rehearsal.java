package dev.mayfly.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs every usual command once in one process, for the AOT caches of the command line and of the server it starts. */
final class Rehearsal {
    private Rehearsal() {}

    /**
     * Plays it.
     *
     * @param arguments a folder to make the rehearsed project in
     */
    public static void main(String[] arguments) throws IOException {
        var project = Path.of(arguments[0]);
        Files.createDirectories(project.resolve("api"));
        Files.writeString(project.resolve("api/hello.py"), """
                from http.server import BaseHTTPRequestHandler


                class handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        print("hello")
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(b"hello")
                """);
        Files.writeString(project.resolve("index.html"), "<p>hello</p>\n");
        for (var line : List.of(
                "version",
                "up --detach --name rehearsal --port " + freePort() + " " + project,
                "deploy --name rehearsal " + project,
                "ls",
                "ls --json",
                "ps",
                "inspect rehearsal",
                "url rehearsal",
                "invoke rehearsal /api/hello",
                "logs rehearsal",
                "usage",
                "coldstarts rehearsal",
                "env ls --project rehearsal",
                "doctor",
                "no-such-command",
                "rm rehearsal --yes",
                "down")) {
            Main.run(line.split(" ", -1));
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
