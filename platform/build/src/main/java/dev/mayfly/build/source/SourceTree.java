package dev.mayfly.build.source;

import dev.mayfly.model.DataSize;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.SourceFile;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The files of an upload, once their paths and links are known to stay within the project and to agree with each other. */
public final class SourceTree {
    private final NavigableMap<String, SourceFile> files;
    private final Links links;

    private SourceTree(NavigableMap<String, SourceFile> files) {
        this.files = files;
        this.links = new Links(files);
    }

    /**
     * Checks an upload.
     *
     * @throws dev.mayfly.model.ProblemException build_failed or payload_too_large, naming the file at fault
     */
    public static SourceTree of(List<SourceFile> sent, Bounds bounds) {
        if (sent.size() > bounds.files()) {
            throw tooLarge(
                    String.format(
                            Locale.ROOT,
                            "the project has %,d files (expected: at most %,d)",
                            sent.size(),
                            bounds.files()),
                    "name what functions do not need in .mayflyignore");
        }
        var files = new TreeMap<String, SourceFile>();
        for (SourceFile file : sent) {
            SourcePath.fault(file.path()).ifPresent(fault -> {
                throw BuildFailure.of(
                        "file " + SourcePath.shown(file.path()) + " " + fault, "rename or leave out the file");
            });
            if (files.put(file.path(), file) != null) {
                throw BuildFailure.of("file " + file.path() + " was sent twice", "send each file once");
            }
        }
        checkFolders(files);
        checkSize(files.values(), bounds);
        var tree = new SourceTree(files);
        tree.links.check();
        return tree;
    }

    /** All of it, sorted by path. */
    public Collection<SourceFile> files() {
        return files.values();
    }

    /** The paths, sorted. */
    public Collection<String> paths() {
        return files.keySet();
    }

    /** The file at a path, through links; empty when there is none. */
    public Optional<SourceFile> file(String path) {
        return links.resolve(path).map(files::get).filter(file -> file.blob() != null);
    }

    /** Whether the path is a file, through links. */
    public boolean has(String path) {
        return file(path).isPresent();
    }

    /** The files below a folder, which may be empty for all. */
    public Collection<SourceFile> below(String folder) {
        return folder.isEmpty()
                ? files()
                : files.subMap(folder + "/", true, folder + "0", false).values();
    }

    /** Whether there is anything below a folder. */
    public boolean hasFolder(String folder) {
        return !below(folder).isEmpty();
    }

    public long bytes() {
        return files.values().stream().mapToLong(SourceFile::size).sum();
    }

    private static void checkFolders(Map<String, SourceFile> files) {
        for (String path : files.keySet()) {
            for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
                var folder = path.substring(0, slash);
                if (files.containsKey(folder)) {
                    throw BuildFailure.of(
                            folder + " is sent as a file and, by " + path + ", as a folder", "send one of the two");
                }
            }
        }
    }

    private static void checkSize(Collection<SourceFile> files, Bounds bounds) {
        long total = 0;
        for (SourceFile file : files) {
            total = Math.addExact(total, Math.min(file.size(), Long.MAX_VALUE / bounds.files() / 2));
        }
        if (total > bounds.bytes()) {
            var largest = files.stream()
                    .sorted(Comparator.comparingLong(SourceFile::size).reversed())
                    .limit(5)
                    .map(file -> "  " + new DataSize(file.size()) + "  " + file.path())
                    .collect(Collectors.joining("\n"));
            throw tooLarge(
                    "the project is " + new DataSize(total) + " (expected: at most " + new DataSize(bounds.bytes())
                            + "); its largest files:\n" + largest,
                    "name what functions do not need in .mayflyignore");
        }
    }

    private static RuntimeException tooLarge(String message, String fix) {
        return new Problem(ErrorCode.PAYLOAD_TOO_LARGE, message, fix).asException();
    }

    /** How large a project may be. */
    public record Bounds(int files, long bytes) {
        public static final Bounds DEFAULT = new Bounds(50_000, 1L << 30);

        public Bounds {
            if (files < 1 || bytes < 1) {
                throw new IllegalArgumentException("bounds: " + files + " files, " + bytes + " bytes (expected: >= 1)");
            }
        }
    }
}
