package dev.mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A server as a process of its own, for what starts and stops one: {@code server --port N}, with {@code --port-search} on any. */
final class FakeServerMain {
    private FakeServerMain() {}

    /**
     * Serves until it is told to stop.
     *
     * @param arguments as the {@code mayfly} script gets them
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var typed = List.of(arguments);
        int port = typed.contains("--port-search") ? 0 : Integer.parseInt(typed.get(typed.indexOf("--port") + 1));
        var home = Path.of(System.getenv("MAYFLY_HOME"));
        if (Files.exists(home.resolve("broken"))) {
            System.err.println("error: database: damaged (expected: SQLite)\n  fix: restore it from a copy");
            System.exit(1);
        }
        long pid = ProcessHandle.current().pid();
        try (var server = new FakeServer(port)) {
            server.answer(
                            "GET /server",
                            Json.write(java.util.Map.of(
                                    "pid",
                                    pid,
                                    "weakness",
                                    "isolation none: functions are plain processes",
                                    "weaknessFix",
                                    "")))
                    .answer("POST /server/stop", 202, java.util.Map.of(), "{}")
                    .answer("POST /blobs/missing", "{\"missing\":[]}")
                    .answer("GET /projects/hello/functions", "{\"functions\":[]}")
                    .answer(
                            "POST /projects/hello/deployments",
                            "{\"type\":\"ready\",\"deployment\":{\"production\":true},\"project\":{\"name\":\"hello\",\"url\":\""
                                    + server.url() + "/hello\"}}\n");
            Files.writeString(home.resolve("token"), FakeServer.TOKEN);
            var written = home.resolve("server.json.new");
            Files.writeString(written, Json.write(java.util.Map.of("url", server.url(), "pid", pid)));
            Files.move(written, home.resolve("server.json"));
            while (server.requests().stream()
                    .noneMatch(request -> request.path().equals("/server/stop"))) {
                Thread.sleep(5);
            }
            Files.delete(home.resolve("server.json"));
        }
    }
}
