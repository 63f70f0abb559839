package dev.mayfly.build.source;

import dev.mayfly.model.SourceFile;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The symbolic links of an upload, followed in the mind and never on a disk. */
record Links(Map<String, SourceFile> files) {
    /** As many as Linux follows in one path. */
    private static final int MOST = 40;

    /** @throws dev.mayfly.model.ProblemException when a link leads out of the tree, or in circles */
    void check() {
        for (SourceFile file : files.values()) {
            var target = file.link();
            if (target != null) {
                if (target.isEmpty() || target.startsWith("/") || target.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
                    throw fault(
                            file, "leads to " + SourcePath.shown(target) + ", which is not a path within the project");
                }
                walk(file.path(), file);
            }
        }
    }

    /** The path after following every link in it; empty when it leads nowhere. */
    Optional<String> resolve(String path) {
        if (files.containsKey(path) && files.get(path).link() == null) {
            return Optional.of(path);
        }
        try {
            var real = walk(path, null);
            return files.containsKey(real) ? Optional.of(real) : Optional.empty();
        } catch (IllegalStateException e) {
            return Optional.empty();
        }
    }

    private String walk(String path, @Nullable SourceFile blamed) {
        var ahead = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
        var walked = new ArrayDeque<String>();
        int followed = 0;
        while (!ahead.isEmpty()) {
            var name = ahead.pop();
            if (name.isEmpty() || ".".equals(name)) {
                continue;
            }
            if ("..".equals(name)) {
                if (walked.pollLast() == null) {
                    throw fault(blamed, "leads out of the project");
                }
                continue;
            }
            walked.addLast(name);
            var here = files.get(String.join("/", walked));
            if (here != null && here.link() != null) {
                if (++followed > MOST) {
                    throw fault(blamed, "leads in circles");
                }
                walked.removeLast();
                Arrays.asList(here.link().split("/", -1)).reversed().forEach(ahead::push);
            }
        }
        return String.join("/", walked);
    }

    private static RuntimeException fault(@Nullable SourceFile link, String what) {
        return link == null
                ? new IllegalStateException(what)
                : BuildFailure.of(
                        "link " + link.path() + " " + what, "point the link into the project, or leave it out");
    }
}
