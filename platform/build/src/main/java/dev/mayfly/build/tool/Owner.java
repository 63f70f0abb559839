package dev.mayfly.build.tool;

import dev.mayfly.model.ProjectName;

/**
 * Whose a cache is: one project, and not the next one of the same name.
 *
 * @param createdAt milliseconds since 1970; 0: the project does not exist before its first deployment is made
 */
public record Owner(ProjectName project, long createdAt) {
    /** Whether there is a project, so that what is kept for it goes with it. */
    public boolean exists() {
        return createdAt != 0;
    }

    /** As the name of a file. */
    @Override
    public String toString() {
        return project.value() + "@" + createdAt;
    }
}
