package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProveCommandTest {
    @TempDir
    private Path root = Path.of("");

    @Test
    void an_unknown_isolation_or_group_names_those_that_there_are() throws IOException {
        assertThat(new Typist(root).type("prove", "--isolation", "vm")).isEqualTo(new Typist.Outcome(2, "", """
                error: --isolation: vm (expected: linux or process)
                  fix: mayfly prove --help
                """));
        assertThat(new Typist(root).type("prove", "--only", "meters")).isEqualTo(new Typist.Outcome(2, "", """
                error: --only: meters (expected: isolation, limits, zero, meter, cold or kills)
                  fix: mayfly prove --help
                """));
    }

    @Test
    void another_machine_cannot_be_tried_from_here() throws IOException {
        var typist = new Typist(root).with("MAYFLY_SERVER", "http://10.0.0.5:7070");

        assertThat(typist.type("prove")).isEqualTo(new Typist.Outcome(2, "", """
                error: mayfly prove tries the machine it runs on, not http://10.0.0.5:7070
                  fix: leave out --server and MAYFLY_SERVER
                """));
    }

    @Test
    void without_python_there_is_nothing_to_compare_with() throws IOException {
        assertThat(new Typist(root).with("PATH", "/nowhere").type("prove")).isEqualTo(new Typist.Outcome(1, "", """
                error: there is no python3 on the PATH
                  fix: apt-get install python3
                """));
    }
}
