package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a deploy sends: the files of a folder, without what never belongs to a deployment and without what the project's own ignore files
 * name; or one program alone.
 *
 * @param root the folder, or the folder of the file
 * @param name what the folder or file is called
 * @param skipped what stayed behind by the built-in rules, for the builder's advice
 * @param secrets files of variables that stayed behind
 */
record Source(Path root, String name, List<LocalFile> files, List<String> skipped, List<Path> secrets) {
    private static final List<String> IGNORE_FILES = List.of(".vercelignore", ".mayflyignore");

    /** Single files that are programs by their names; others are by their mode. */
    private static final Pattern PROGRAM = Pattern.compile("(.+)\\.(py|js|mjs|cjs|rb|pl|sh)");

    /** Reads a folder, or a file that is a program. */
    static Source read(Path path) {
        try {
            if (Files.isDirectory(path)) {
                var walk = new Walk(path, rules(path));
                walk.folder(path, "");
                return new Source(path, fileName(path), walk.files, walk.skipped, walk.secrets);
            }
            var program = PROGRAM.matcher(fileName(path));
            if (Files.isRegularFile(path) && (program.matches() || executable(path))) {
                var file = new LocalFile(fileName(path), path, Files.size(path), executable(path), null);
                var folder = path.toAbsolutePath().getParent();
                return new Source(
                        folder == null ? path : folder,
                        program.matches() ? program.group(1) : fileName(path),
                        List.of(file),
                        List.of(),
                        List.of());
            }
        } catch (AccessDeniedException e) {
            throw new Failure("cannot read " + e.getFile() + " (permission denied)", "chmod -R u+rX " + path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new Failure(
                Files.exists(path) ? path + " is neither a folder nor a program" : "there is no " + path,
                "mayfly deploy DIR, or mayfly deploy FILE");
    }

    /** The last part of a path; for the root of the file system, a slash. */
    static String fileName(Path path) {
        var name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? "/" : name.toString();
    }

    private static boolean executable(Path file) throws IOException {
        return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_EXECUTE);
    }

    private static IgnoreRules rules(Path root) throws IOException {
        var lines = new ArrayList<String>();
        for (var name : IGNORE_FILES) {
            var file = root.resolve(name);
            if (Files.isRegularFile(file)) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return new IgnoreRules(lines);
    }

    private static final class Walk {
        private final Path root;
        private final IgnoreRules rules;
        private final List<LocalFile> files = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private final List<Path> secrets = new ArrayList<>();

        Walk(Path root, IgnoreRules rules) {
            this.root = root;
            this.rules = rules;
        }

        void folder(Path folder, String prefix) throws IOException {
            for (var file : children(folder)) {
                var path = prefix + file.getFileName();
                var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                switch (NeverSent.check(file, attributes)) {
                    case SENT -> accept(file, path, attributes);
                    case SILENT -> {}
                    case TOLD -> skipped.add(path);
                    case SECRET -> {
                        skipped.add(path);
                        secrets.add(file);
                    }
                }
            }
        }

        private void accept(Path file, String path, BasicFileAttributes attributes) throws IOException {
            if (rules.ignores(path, attributes.isDirectory())) {
                return;
            }
            if (attributes.isDirectory()) {
                folder(file, path + "/");
            } else if (attributes.isSymbolicLink()) {
                files.add(new LocalFile(path, file, 0, false, linkTarget(file, path)));
            } else if (!attributes.isRegularFile()) {
                throw new Failure(path + " is neither a file nor a folder", "add " + path + " to .mayflyignore");
            } else if (!Files.isReadable(file)) {
                throw new Failure(
                        "cannot read " + path + " (permission denied)",
                        "chmod u+r " + path + ", or add it to .mayflyignore");
            } else {
                files.add(new LocalFile(path, file, attributes.size(), executable(file), null));
            }
        }

        /** Relative to the link's folder. A link that leads out of the project would mean another file on another machine. */
        private String linkTarget(Path file, String path) throws IOException {
            var written = Files.readSymbolicLink(file);
            var folder = file.toAbsolutePath().normalize().resolveSibling("");
            var target = folder.resolve(written).normalize();
            var top = root.toAbsolutePath().normalize();
            boolean inside = target.startsWith(top)
                    && (!Files.exists(file) || file.toRealPath().startsWith(root.toRealPath()));
            if (!inside) {
                throw new Failure(
                        path + " is a link out of the project, to " + written,
                        "copy what it points to into the project, or add " + path + " to .mayflyignore");
            }
            return folder.relativize(target).toString();
        }

        private static List<Path> children(Path folder) throws IOException {
            var children = new ArrayList<Path>();
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
                stream.forEach(children::add);
            }
            children.sort(null);
            return children;
        }
    }
}
