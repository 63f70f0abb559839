package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** What a command printed and how it ended. */
record Run(List<String> command, int exit, String out, String err) {
    Run ok() {
        assertThat(exit).as("%s\nstdout:\n%s\nstderr:\n%s", command, out, err).isZero();
        return this;
    }

    Run failed() {
        assertThat(exit).as("%s\nstdout:\n%s\nstderr:\n%s", command, out, err).isEqualTo(1);
        return this;
    }

    /** What was printed for programs, without the last line end. */
    String line() {
        return out.strip();
    }
}
