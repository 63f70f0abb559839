package dev.mayfly.store.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;

/**
 * When something was last used, kept as its time of modification.
 *
 * @param grace for how long that keeps it from being swept
 */
record Freshness(Duration grace, Clock clock) {
    /** With no grace at all. */
    Freshness none() {
        return new Freshness(Duration.ZERO, clock);
    }

    void touch(Path path) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(clock.instant()));
    }

    /** Whether it is there; notes that it was used, unless that was noted not long ago. */
    boolean refresh(Path path) throws IOException {
        try {
            if (age(path).compareTo(grace.dividedBy(4)) >= 0) {
                touch(path);
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    boolean isFresh(Path path) throws IOException {
        return age(path).compareTo(grace) < 0;
    }

    private Duration age(Path path) throws IOException {
        return Duration.between(Files.getLastModifiedTime(path).toInstant(), clock.instant());
    }
}
