package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many deploys in a row, then all removed. */
class ChurnTest {
    @Test
    void deploys_in_a_row_and_rm_of_all_leave_disk_and_processes_where_they_were() throws IOException {
        churn(12);
    }

    @Test
    @Tag("soak")
    void fifty_deploys_in_a_row_and_rm_of_all() throws IOException {
        churn(50);
    }

    private static void churn(int deploys) throws IOException {
        try (var home = Home.started()) {
            var project = home.project("churn", "api/v.py", Home.handler("self.say('0')"));
            home.deploy(project);
            home.mayflyRun("rm", "churn", "--yes").ok();
            var before = files(home);
            for (int i = 0; i < deploys; i++) {
                home.project(
                        "churn",
                        "api/v.py",
                        Home.handler("self.say('" + i + "')"),
                        "big.txt",
                        ("line " + i + "\n").repeat(50_000));
                var url = home.deploy(project);
                assertThat(Http.get(Http.join(url, "/api/v")).body()).isEqualTo(Integer.toString(i));
            }
            assertThat(home.json("inspect", "churn").get("deployments")).hasSize(deploys);

            home.mayflyRun("rm", "churn", "--yes").ok();

            assertThat(home.json("ls").get("projects")).isEmpty();
            assertThat(home.instanceProcesses()).isEmpty();
            assertThat(files(home)).isEqualTo(before);
        }
    }

    /** Artifact files with their sizes; databases keep their pages for reuse. */
    private static String files(Home home) throws IOException {
        var text = new StringBuilder();
        var root = home.home().resolve("artifacts");
        if (Files.exists(root)) {
            try (var walk = Files.walk(root)) {
                for (var path : walk.filter(Files::isRegularFile).sorted().toList()) {
                    text.append(root.relativize(path))
                            .append(' ')
                            .append(Files.size(path))
                            .append('\n');
                }
            }
        }
        return text.toString();
    }
}
