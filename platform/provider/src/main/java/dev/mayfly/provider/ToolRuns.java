package dev.mayfly.provider;

import dev.mayfly.model.Limits;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs the tools of builds, such as an installer of packages, where they reach nothing but what they are given. */
public interface ToolRuns {
    /**
     * Runs a tool until it ends, with everything it started. Cancel by interrupting; nothing of it is left then.
     *
     * @param watch is asked now and then whether to end it
     * @param lines gets its output, one line after the other, while this waits
     * @throws IOException when it could not be run, in words
     */
    Outcome run(Tool tool, Watch watch, Consumer<String> lines) throws IOException, InterruptedException;

    /** What keeps tools from reaching anything outside; empty: nothing does. */
    Optional<Obstacle> obstacle();

    /**
     * Why there is no way out.
     *
     * @param fix what would make one; empty when nothing is known
     */
    record Obstacle(String reason, String fix) {}

    /**
     * A Python as a tool finds it.
     *
     * @throws IOException when it cannot be given to one, in words
     */
    Language language(Interpreter python) throws IOException;

    /**
     * A language inside.
     *
     * @param executable its program
     * @param mounts what it needs to be given
     * @param environment what it needs to be told, with a PATH
     */
    record Language(String executable, List<Mount> mounts, Map<String, String> environment) {}

    /**
     * What is to be run.
     *
     * @param command program, by its path inside, and arguments
     * @param environment complete
     * @param cwd folder inside
     * @param user number of the user whose the writable folders are, outside; null: the server's own
     * @param limits memory, cpu, pids, tmp, egress and timeout count
     * @param fileSize most bytes of one file that it writes; 0: no limit
     * @param allow CIDRs, or CIDR:PORT, that it reaches besides
     */
    record Tool(
            List<String> command,
            Map<String, String> environment,
            String cwd,
            List<Mount> mounts,
            @Nullable Integer user,
            Limits limits,
            long fileSize,
            List<String> allow) {}

    /** @param target inside, below {@code /var/task}, {@code /opt} or {@code /build} */
    record Mount(Path source, String target, boolean writable) {}

    /**
     * How it ended.
     *
     * @param status its exit code, or 128 + signal
     * @param late whether it was ended for taking too long
     * @param over whether it was ended because its watch said so
     */
    record Outcome(int status, boolean outOfMemory, boolean late, boolean over) {}

    /** Looks at what a tool uses. */
    interface Watch {
        /** Whether it is too much. */
        boolean over() throws IOException;
    }
}
