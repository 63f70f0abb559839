package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import java.nio.file.Path;

/**
 * What must be the same for two functions to be copies of one process that has loaded their dependencies.
 *
 * @param owner a team's project
 * @param egress where they may connect to: packages that have one process's memory in common could carry what one of them may not send to another
 *     that may
 * @param layer where the dependencies are: a place that names their content, so that other ones are another layer
 */
record Dependencies(String owner, Generic generic, Egress egress, Path layer) {
    /** The project's name, for people. */
    String project() {
        var parts = owner.split("/", -1);
        return parts.length < 2 ? owner : parts[1];
    }
}
