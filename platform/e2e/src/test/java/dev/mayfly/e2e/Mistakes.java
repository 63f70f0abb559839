package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A home whose server is started with options, for tests of what is told about mistakes, word by word, and of what they leave behind.
 *
 * @param said what the server printed, once it has ended
 */
record Mistakes(Home home, CompletableFuture<String> said) implements AutoCloseable {
    /** @param more of the server's environment; pip asks no index and reads nobody's settings, so that its words are the same everywhere */
    static Mistakes on(Map<String, String> more, String... options) throws IOException {
        var environment = new HashMap<>(more);
        environment.put("PIP_NO_INDEX", "1");
        environment.put("PIP_CONFIG_FILE", "/dev/null");
        environment.put("PIP_FIND_LINKS", "");
        environment.put("MAYFLY_AOT", "off");
        var home = new Home(environment);
        var command = new ArrayList<>(List.of("server"));
        command.addAll(List.of(options));
        var server = home.mayflyStart(home.projects, command.toArray(String[]::new));
        var said = Shell.read(server.getInputStream()).thenCombine(Shell.read(server.getErrorStream()), String::concat);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(home.home().resolve("server.json")));
        return new Mistakes(home, said);
    }

    /** Deploys what cannot be deployed. */
    String refused(Path project, String... options) {
        var arguments = new ArrayList<>(List.of("deploy"));
        arguments.addAll(List.of(options));
        return told(home.mayflyIn(project, arguments.toArray(String[]::new)), 1);
    }

    /** What a command that prints no data told people, all of it. */
    String told(Run run, int exit) {
        assertThat(run.exit()).as("%s: %s", run.command(), run.err()).isEqualTo(exit);
        assertThat(run.out()).isEmpty();
        return words(run.err());
    }

    /** Without what differs from run to run. How much is uploaded depends on what was before. */
    String words(String text) {
        return text.replaceAll("(?m)^  Uploading .*\n", "")
                .replace(home.folder.toString(), "FOLDER")
                .replaceAll("127\\.0\\.0\\.1:\\d+", "HOST:PORT")
                .replaceAll("\\b[0-9a-f]{16}\\b", "REQUEST")
                .replaceAll("Python 3\\.\\d+\\.\\d+", "Python 3.x");
    }

    /** Neither a project nor anything unfinished. */
    void leftNothingOf(String project) throws IOException {
        assertThat(home.json("ls").get("projects").findValuesAsString("name")).doesNotContain(project);
        for (var place : List.of("artifacts", "builds")) {
            try (var walk = Files.walk(home.home().resolve(place))) {
                assertThat(walk.map(path -> path.getFileName().toString()))
                        .noneMatch(
                                name -> name.startsWith(".") || name.startsWith("build-") || name.startsWith("part-"));
            }
        }
    }

    @Override
    public void close() throws IOException {
        home.close();
        assertThat(said.join()).doesNotContain("Exception");
    }
}
