package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.provider.ToolRuns;

/** The failure of a build that needed the network where sandboxes have none. */
final class Unreachable {
    private Unreachable() {}

    /** @param message what failed, in the words of who tried */
    static RuntimeException failure(String message, ToolRuns.Obstacle obstacle) {
        var fix = obstacle.fix().isEmpty() ? "" : obstacle.fix().replaceFirst("\\.$", "") + "; or ";
        return BuildFailure.of(
                message + "\nBuilds run in sandboxes, which reach nothing outside on this server: " + obstacle.reason(),
                fix + "start the server with --allow-unisolated, if you trust all code that is deployed here");
    }
}
