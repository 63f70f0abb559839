package dev.mayfly.build.tool;

import dev.mayfly.model.DataSize;
import dev.mayfly.provider.ToolRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Ends a tool that fills the server's disk: by what lies in its folders, and, since a deleted file takes room too, by what is left. */
final class DiskWatch implements ToolRuns.Watch {
    private static final long SPARE = 512L << 20;

    /** Looking takes at most this part of the time. */
    private static final int PART = 4;

    private final List<Path> folders;
    private final long most;
    private final Path disk;
    private final long spare;
    private long nextLook = System.nanoTime();
    private String reason = "";

    /** @param folders of the tool, all on the disk of the first one */
    DiskWatch(List<Path> folders, long most) throws IOException {
        this.folders = folders;
        this.most = most;
        this.disk = folders.getFirst();
        this.spare = Math.min(SPARE, free() / 2);
    }

    @Override
    public boolean over() throws IOException {
        if (free() < spare) {
            reason = "ended, because the server's disk is nearly full [Errno 28]";
            return true;
        }
        long begin = System.nanoTime();
        if (begin - nextLook < 0) {
            return false;
        }
        if (DiskUse.exceeds(folders, most)) {
            reason = "ended, because a build may have " + new DataSize(most) + " of files";
            return true;
        }
        nextLook = System.nanoTime() + (System.nanoTime() - begin) * PART;
        return false;
    }

    /** Why it said so. */
    String reason() {
        return reason;
    }

    private long free() throws IOException {
        return Files.getFileStore(disk).getUsableSpace();
    }
}
